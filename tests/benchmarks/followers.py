"""Development servers whose pages follow saves, and the same page for each of them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.projects import app_source

REPOSITORY = Path(__file__).parents[2]

PACKAGES = (
    "flask", "livereload", "django", "django-browser-reload", "uvicorn", "websockets", "starlette",
    "jinja2", "arel",
)  # fmt: skip

_FLASK = """\
from flask import Flask, render_template
from part import TEXT

app = Flask(__name__)

@app.get("/")
def index():
    return render_template("page.html", text=TEXT)
"""
_LIVERELOAD = app_source("benchmarks/livereload_server.py")
_DJANGO = app_source("benchmarks/browser_reload_settings.py")
_URLS = """\
from django.shortcuts import render
from django.urls import include, path
from part import TEXT

urlpatterns = [
    path("", lambda request: render(request, "page.html", {"text": TEXT})),
    path("__reload__/", include("django_browser_reload.urls")),
]
"""
_AREL = app_source("benchmarks/arel_app.py")


@dataclass(frozen=True)
class Follower:
    """A server with its command, in which `{port}` stands for the port, and its files.

    `tag` is what its pages need.
    """

    name: str
    command: tuple[str, ...]
    files: dict[str, str]
    tag: str = ""

    def template(self, text: str) -> str:
        """The template of the page, with this text in a paragraph."""
        return (
            "<!doctype html><html><head><title>x</title>"
            '<link rel="stylesheet" href="/static/site.css"></head>'
            f"<body><h1>{{{{ text }}}}</h1><p>{text}</p>{self.tag}</body></html>"
        )


FOLLOWERS = (
    Follower(
        "Flask, livereload",
        ("python", "serve.py", "{port}"),
        {"app.py": _FLASK, "serve.py": _LIVERELOAD},
    ),
    Follower(
        "Django, django-browser-reload",
        ("django-admin", "runserver", "--settings", "settings", "--pythonpath", ".", "{port}"),
        {"settings.py": _DJANGO, "urls.py": _URLS},
    ),
    Follower(
        "uvicorn, arel",
        ("uvicorn", "--reload", "--port", "{port}", "app:app"),
        {"app.py": _AREL},
        "{{ hot_reload.script(url_for('hot-reload')) | safe }}",
    ),
)
DEVTUI = Follower("devtui", ("devtui", "--plain", "-p", "{port}", "app"), {"app.py": _FLASK})


def make_venv(folder: Path) -> Path:
    """The `bin` folder of an environment with all of them, which is made if it is missing."""
    programs = folder / "bin"
    if not (programs / "devtui").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(programs / "python"), "-m", "pip", "install", "-q"]
        subprocess.run([*pip, *PACKAGES, "-e", str(REPOSITORY)], check=True)
    return programs
