"""Applications that others wrote, next to two of ours, each with a view that can be saved."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.peers import HEAVY, USER_MODULES, WSGI
from tests.benchmarks.programs import environment
from tests.support.projects import app_source

MODULE = "import json\nimport os\n\n" + "".join(
    f"def f{number}(x):\n    return x + {number}\n\n" for number in range(50)
)
DJANGO_VIEW = """\
from django.http import HttpResponse

MARK = 100


def marked(request):
    return HttpResponse(f"mark-{MARK}-")
"""
DRF_VIEW = """\
from rest_framework.decorators import api_view
from rest_framework.response import Response

MARK = 100


@api_view(["GET"])
def marked(request):
    return Response(f"mark-{MARK}-")
"""
OSCAR_SETTINGS = app_source("benchmarks/oscar_settings.py")
OSCAR_URLS = app_source("benchmarks/oscar_urls.py")
PGADMIN_CONFIG = """\
import os
SERVER_MODE = False
DATA_DIR = os.path.join(os.path.dirname(__file__), "data")
LOG_FILE = os.path.join(DATA_DIR, "log")
SQLITE_PATH = os.path.join(DATA_DIR, "pgadmin4.db")
SESSION_DB_PATH = os.path.join(DATA_DIR, "sessions")
STORAGE_DIR = os.path.join(DATA_DIR, "storage")
"""
SUPERSET_CONFIG = """\
import os

from marked import marked

FOLDER = os.path.dirname(os.path.abspath(__file__))
SECRET_KEY = "of no secret, for a measurement alone"
SQLALCHEMY_DATABASE_URI = f"sqlite:///{FOLDER}/superset.db"
BLUEPRINTS = [marked]
"""
FLASK_VIEW = app_source("benchmarks/marked_blueprint.py")


@dataclass(frozen=True)
class App:
    """An application: how to make it, and how to serve it; `{port}` stands for the port.

    `file` is saved with another `MARK`, which `target` then returns. `least` is how many times
    faster devtui has to be.
    """

    name: str
    packages: tuple[str, ...]
    make: Callable[[Path, Path], None]
    plain: tuple[str, ...]
    app: str
    target: str
    file: str
    least: float


FAB_CONFIG = """\
import os

FOLDER = os.path.dirname(os.path.abspath(__file__))
SECRET_KEY = "of no secret, for a measurement alone"
SQLALCHEMY_DATABASE_URI = f"sqlite:///{FOLDER}/app.db"
"""
FAB_APP = app_source("benchmarks/appbuilder_app.py")
FAB_VIEW = app_source("benchmarks/appbuilder_view.py")


def _run(python: Path, folder: Path, *words: str) -> None:
    command = [str(python), *words]
    subprocess.run(command, cwd=folder, env=environment(), check=True, stdout=subprocess.DEVNULL)


def _change(file: Path, pattern: str, by: str) -> None:
    text, count = re.subn(pattern, lambda _: by, file.read_text(), count=1)
    assert count, f"{file} has no {pattern!r}"
    file.write_text(text)


def _small(folder: Path, python: Path) -> None:
    _of_ours(folder, heavy="", modules=0)


def _heavy(folder: Path, python: Path) -> None:
    _of_ours(folder, heavy=HEAVY, modules=USER_MODULES)


def _of_ours(folder: Path, heavy: str, modules: int) -> None:
    names = [f"mod{number}" for number in range(modules)]
    imports = "".join(f"import {name}\n" for name in names)
    (folder / "wsgi.py").write_text(WSGI.format(heavy=heavy, modules=imports))
    for name in names:
        (folder / f"{name}.py").write_text(MODULE)
    (folder / "part.py").write_text('MARK = 100\nTEXT = f"mark-{MARK}-"\n')


def _django(folder: Path, python: Path) -> None:
    _run(python, folder, "-m", "django", "startproject", "project", ".")
    _run(python, folder, "manage.py", "startapp", "shop")
    (folder / "shop" / "views.py").write_text(DRF_VIEW)
    urls = folder / "project" / "urls.py"
    imports = "from django.urls import path\nfrom shop import views"
    _change(urls, r"from django.urls import path", imports)
    _change(urls, r"urlpatterns = \[", 'urlpatterns = [\n    path("marked/", views.marked),')
    apps = 'INSTALLED_APPS = [\n    "rest_framework",\n    "shop",'
    _change(folder / "project" / "settings.py", r"INSTALLED_APPS = \[", apps)
    _run(python, folder, "manage.py", "migrate")


def _wagtail(folder: Path, python: Path) -> None:
    _run(python, folder, str(python.parent / "wagtail"), "start", "project", ".")
    (folder / "search" / "views.py").write_text(DJANGO_VIEW.replace("marked(", "search("))
    _run(python, folder, "manage.py", "migrate")


def _oscar(folder: Path, python: Path) -> None:
    _run(python, folder, "-m", "django", "startproject", "project", ".")
    _run(python, folder, "manage.py", "startapp", "shop")
    (folder / "shop" / "views.py").write_text(DJANGO_VIEW)
    (folder / "project" / "urls.py").write_text(OSCAR_URLS)
    with (folder / "project" / "settings.py").open("a") as settings:
        settings.write(OSCAR_SETTINGS)
    _run(python, folder, "manage.py", "migrate")


def _pgadmin(folder: Path, python: Path) -> None:
    find = "import importlib.util as u; print(*u.find_spec('pgadmin4').submodule_search_locations)"
    found = subprocess.check_output([str(python), "-c", find], text=True).strip()
    subprocess.run(["cp", "-r", f"{found}/.", str(folder)], check=True)
    (folder / "config_local.py").write_text(PGADMIN_CONFIG)
    (folder / "data").mkdir()
    returned = 'MARK = 100\n    return f"mark-{MARK}-"'
    _change(folder / "pgadmin" / "misc" / "__init__.py", r'return "PING"', returned)
    _run(python, folder, "setup.py", "setup-db")


def _fab(folder: Path, python: Path) -> None:
    (folder / "app").mkdir()
    (folder / "config.py").write_text(FAB_CONFIG)
    (folder / "app" / "__init__.py").write_text(FAB_APP)
    (folder / "app" / "views.py").write_text(FAB_VIEW)


def _mlflow(folder: Path, python: Path) -> None:
    find = "import importlib.util as u; print(*u.find_spec('mlflow').submodule_search_locations)"
    found = subprocess.check_output([str(python), "-c", find], text=True).strip()
    subprocess.run(["cp", "-r", found, str(folder / "mlflow")], check=True)
    returned = 'MARK = 100\n    return f"mark-{MARK}-"'
    _change(folder / "mlflow" / "server" / "__init__.py", r'return "OK", 200', returned)


def _superset(folder: Path, python: Path) -> None:
    (folder / "superset_config.py").write_text(SUPERSET_CONFIG)
    (folder / "marked.py").write_text(FLASK_VIEW)
    _run(python, folder, "-m", "flask", "--app", SUPERSET, "db", "upgrade")


SUPERSET = "superset.app:create_app()"
MANAGE = ("manage.py", "runserver", "{port}")


def _flask(app: str) -> tuple[str, ...]:
    return ("-m", "flask", "--app", app, "run", "--debug", "-p", "{port}")


APPS = (
    App("hello", ("flask",), _small, _flask("wsgi"), "wsgi", "/", "part.py", 5.0),
    App("heavy", ("flask", "dash", "pandas"), _heavy, _flask("wsgi"), "wsgi", "/", "part.py", 5.0),
    App("Django admin and DRF", ("django", "djangorestframework"), _django, MANAGE,
        "project.wsgi:application", "/marked/?format=json", "shop/views.py", 10.0),
    App("Wagtail", ("wagtail",), _wagtail, MANAGE,
        "project.wsgi:application", "/search/", "search/views.py", 10.0),
    App("django-oscar", ("django-oscar[sorl-thumbnail]", "django<5.3"), _oscar, MANAGE,
        "project.wsgi:application", "/marked/", "shop/views.py", 5.0),
    App("Flask-AppBuilder", ("flask-appbuilder",), _fab, _flask("app"),
        "app", "/marked/", "app/views.py", 5.0),
    App("MLflow", ("mlflow",), _mlflow, _flask("mlflow.server:app"),
        "mlflow.server:app", "/health", "mlflow/server/__init__.py", 5.0),
    # Newer versions of the last two packages do not work with it, or see no save there.
    App("Superset", ("apache-superset", "flask-caching<2.4", "watchdog<7"), _superset,
        _flask(SUPERSET), SUPERSET, "/marked/", "marked.py", 2.0),
    App("pgAdmin 4", ("pgadmin4",), _pgadmin, _flask("pgAdmin4:app"),
        "pgAdmin4:app", "/misc/ping", "pgadmin/misc/__init__.py", 1.5),
)  # fmt: skip
