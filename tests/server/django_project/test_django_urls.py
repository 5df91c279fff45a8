"""A Django project imports its URLs with the load, as under `runserver`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import APPS, app_source

pytest.importorskip("django", reason="Django is not installed")

PROBE = app_source("django_project/importing_urls.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(APPS / "djangosite", tmp_path / "djangosite")
    return tmp_path


def probe(folder: Path, app: str = "djangosite.wsgi") -> Any:
    command = [sys.executable, "-c", PROBE, app, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    answer = subprocess.run(
        command, cwd=folder, env=environment, check=True, capture_output=True, timeout=60
    )
    return json.loads(answer.stdout)


def test_the_views_are_imported_with_the_load(folder: Path) -> None:
    assert probe(folder) == [False, True, ""]


def test_a_broken_view_fails_the_load(folder: Path) -> None:
    (folder / "djangosite" / "views.py").write_text("import nowhere\n")
    assert probe(folder) == [False, False, "ModuleNotFoundError"]


def test_a_project_without_urls_has_none(folder: Path) -> None:
    settings = folder / "djangosite" / "settings.py"
    settings.write_text(settings.read_text().replace("ROOT_URLCONF", "OTHER"))
    assert probe(folder) == [False, False, ""]


@pytest.mark.parametrize(
    "source",
    [
        "def app(environ, start_response): return []\n",
        "import django\ndef app(environ, start_response): return []\n",
        "from django.core.wsgi import get_wsgi_application\n"
        "def app(environ, start_response): return []\n",
        "from django.conf import settings\nsettings.configure(ROOT_URLCONF='nowhere')\n"
        "import django; django.setup()\ndef app(environ, start_response): return []\n",
    ],
)
def test_an_app_that_is_no_django_project_imports_nothing(folder: Path, source: str) -> None:
    (folder / "other.py").write_text(source)
    assert probe(folder, "other") == [False, False, ""]
