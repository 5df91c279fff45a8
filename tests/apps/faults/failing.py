"""An app that fails at one path, and answers at all others."""

from flask import Flask, request

app = Flask(__name__)

@app.route("/fail")
def fail():
    raise ValueError("here")

@app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
@app.route("/<path:path>", methods=["GET", "POST"])
def other(path):
    return f"the app's own: /{path}"
