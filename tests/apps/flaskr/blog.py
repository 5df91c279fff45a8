from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for

from flaskr.auth import login_required
from flaskr.database import connection

bp = Blueprint("blog", __name__)

POSTS = "SELECT post.*, user.name FROM post JOIN user ON user.id = post.author_id"


@bp.get("/")
def index():
    posts = connection().execute(f"{POSTS} ORDER BY post.id DESC").fetchall()
    return render_template("blog/index.html", posts=posts)


@bp.route("/create", methods=["GET", "POST"])
@login_required
def create():
    if request.method == "POST" and _is_complete():
        with connection() as db:
            db.execute(
                "INSERT INTO post (author_id, title, body) VALUES (?, ?, ?)",
                [g.user["id"], request.form["title"], request.form["body"]],
            )
        return redirect(url_for("blog.index"))
    return render_template("blog/form.html", title="New post", post=request.form)


@bp.route("/<int:number>/edit", methods=["GET", "POST"])
@login_required
def edit(number):
    post = _own_post(number)
    if request.method == "POST" and _is_complete():
        with connection() as db:
            db.execute(
                "UPDATE post SET title = ?, body = ? WHERE id = ?",
                [request.form["title"], request.form["body"], number],
            )
        return redirect(url_for("blog.index"))
    return render_template("blog/form.html", title="Edit", post=post)


@bp.post("/<int:number>/delete")
@login_required
def delete(number):
    _own_post(number)
    with connection() as db:
        db.execute("DELETE FROM post WHERE id = ?", [number])
    return redirect(url_for("blog.index"))


def _own_post(number):
    post = connection().execute(f"{POSTS} WHERE post.id = ?", [number]).fetchone()
    if post is None:
        abort(404, "There is no such post.")
    if post["author_id"] != g.user["id"]:
        abort(403)
    return post


def _is_complete():
    complete = bool(request.form["title"].strip())
    if not complete:
        flash("A post needs a title.")
    return complete
