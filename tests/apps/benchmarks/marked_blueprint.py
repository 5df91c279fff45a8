"""A blueprint with one view."""

from flask import Blueprint

MARK = 100

marked = Blueprint("marked", __name__)


@marked.route("/marked/")
def answer():
    return f"mark-{MARK}-"
