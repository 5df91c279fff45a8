"""The servers that are measured, the apps that they serve, and where they are installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PACKAGES = (
    "flask", "watchdog<7", "uvicorn", "gunicorn", "waitress", "inotify", "django", "dash", "pandas",
    "cryptography",
)  # fmt: skip
USER_MODULES = 20

HEAVY = "import dash\nimport dash.dash_table\nimport pandas\n"
WSGI = """\
from flask import Flask
{heavy}from part import TEXT
{modules}
app = Flask(__name__)

@app.get("/")
def index():
    return TEXT
"""
ASGI = """\
{heavy}from part import TEXT
{modules}
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": TEXT.encode()}})
"""
DJANGO = {
    "settings.py": "DEBUG = True\nSECRET_KEY = 'x'\nROOT_URLCONF = 'urls'\nALLOWED_HOSTS = ['*']\n",
    "urls.py": (
        "{heavy}from django.http import HttpResponse\nfrom django.urls import path\n"
        "from part import TEXT\n{modules}\n"
        "urlpatterns = [path('', lambda request: HttpResponse(TEXT))]\n"
    ),
}


@dataclass(frozen=True)
class Peer:
    """A server with a reloader; its command as it is typed, but `{port}` stands for the port."""

    name: str
    command: tuple[str, ...]


PEERS = (
    Peer("flask run --debug, stat",
         ("flask", "--app", "wsgi", "run", "--debug", "-p", "{port}", "--reloader-stat")),
    Peer("flask run --debug, watchdog 6",
         ("flask", "--app", "wsgi", "run", "--debug", "-p", "{port}")),
    Peer("uvicorn --reload", ("uvicorn", "--reload", "--port", "{port}", "asgi:app")),
    Peer("gunicorn --reload, inotify",
         ("gunicorn", "--reload", "--reload-engine", "inotify", "-b", "127.0.0.1:{port}",
          "wsgi:app")),
    Peer("Django runserver",
         ("django-admin", "runserver", "--settings", "settings", "--pythonpath", ".", "{port}")),
)  # fmt: skip
DEVTUI = Peer("devtui", ("devtui", "--plain", "-p", "{port}", "wsgi"))
FLASK_WATCHDOG = PEERS[1].name

# flask --debug has no option for the kind of its reloader.
STAT = "import sys, werkzeug._reloader as r\nr.reloader_loops['auto'] = r.StatReloaderLoop\n"


@contextmanager
def project(kind: str) -> Iterator[Path]:
    """A folder with the same app for each kind of server."""
    folder = Path(tempfile.mkdtemp(prefix="devtui-reload-"))
    names = [f"mod{number}" for number in range(USER_MODULES if kind == "heavy" else 0)]
    blanks = {
        "heavy": HEAVY if kind == "heavy" else "",
        "modules": "".join(f"import {name}\n" for name in names),
    }
    files = {"wsgi.py": WSGI, "asgi.py": ASGI, **DJANGO}
    for name, text in files.items():
        (folder / name).write_text(text.format(**blanks) if "{heavy}" in text else text)
    for name in names:
        body = "".join(f"def f{number}(x):\n    return x + {number}\n\n" for number in range(50))
        (folder / f"{name}.py").write_text(f"import json\nimport os\n\n{body}")
    (folder / "part.py").write_text("TEXT = 'n'\n")
    (folder / "stat").mkdir()
    (folder / "stat" / "sitecustomize.py").write_text(STAT)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_venv(folder: Path) -> Path:
    """The interpreter of the environment in the folder, which is made if it is missing."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(python), "-m", "pip", "install", "-q"]
        # pip generates the scripts of the programs, and those of an old pip import more.
        subprocess.run([*pip, "-U", "pip"], check=True)
        subprocess.run([*pip, *PACKAGES, "-e", str(REPOSITORY)], check=True)
    return python
