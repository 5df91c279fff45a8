import functools
import sqlite3

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from werkzeug.security import check_password_hash, generate_password_hash

from flaskr.database import connection

bp = Blueprint("auth", __name__, url_prefix="/auth")


@bp.before_app_request
def load_user():
    g.user = (
        connection().execute("SELECT * FROM user WHERE id = ?", [session["user"]]).fetchone()
        if "user" in session
        else None
    )


def login_required(view):
    @functools.wraps(view)
    def guarded(**arguments):
        if g.user is None:
            return redirect(url_for("auth.login"))
        return view(**arguments)

    return guarded


@bp.route("/register", methods=["GET", "POST"])
def register():
    if request.method == "POST":
        name, password = request.form["name"], request.form["password"]
        hashed = generate_password_hash(password, "pbkdf2:sha256:1000")
        try:
            with connection() as db:
                db.execute("INSERT INTO user (name, password_hash) VALUES (?, ?)", [name, hashed])
        except sqlite3.IntegrityError:
            flash(f"The name {name} is taken.")
        else:
            return redirect(url_for("auth.login"))
    return render_template("auth/form.html", title="Register")


@bp.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        found = connection().execute("SELECT * FROM user WHERE name = ?", [request.form["name"]])
        user = found.fetchone()
        if user and check_password_hash(user["password_hash"], request.form["password"]):
            session.clear()
            session["user"] = user["id"]
            return redirect(url_for("blog.index"))
        flash("The name or the password is wrong.")
    return render_template("auth/form.html", title="Log in")


@bp.post("/logout")
def logout():
    session.clear()
    return redirect(url_for("blog.index"))
