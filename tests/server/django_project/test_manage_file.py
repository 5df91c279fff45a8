"""Which settings `manage.py` names is read in it; nothing of it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtui.server.django_project import manage_file
from tests.support.projects import app_source

USUAL = app_source("django_project/manage.py")


@pytest.mark.parametrize(
    ("source", "settings"),
    [
        (USUAL, "mysite.settings"),
        # As Django 1.x wrote it.
        (
            "import os, sys\nif __name__ == '__main__':\n"
            "    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'old.settings')\n",
            "old.settings",
        ),
        ("import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'set.here'\n", "set.here"),
        (
            "import os, sys\nif 'test' in sys.argv:\n"
            "    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.testing')\nelse:\n"
            "    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.dev')\n",
            "a.dev",
        ),
        (
            "import os, sys\nif 'test' in sys.argv:\n"
            "    os.environ['DJANGO_SETTINGS_MODULE'] = 'a.testing'\n"
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.dev')\n",
            "a.dev",
        ),
        (
            "import os\ntry:\n    import dotenv\nexcept ImportError:\n    pass\n"
            "with open(os.devnull):\n"
            "    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'inside.settings')\n",
            "inside.settings",
        ),
        ("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', name())\n", None),
        ("print('the settings are in DJANGO_SETTINGS_MODULE'\n", None),
        ("raise SystemExit('a manage.py of Flask-Script')\n", None),
    ],
)
def test_the_settings_module(tmp_path: Path, source: str, settings: str | None) -> None:
    (tmp_path / "manage.py").write_text(source)
    assert manage_file.settings_module(str(tmp_path)) == settings
    assert manage_file.is_in(str(tmp_path)) is ("DJANGO" in source)


def test_a_folder_without_it_is_no_project(tmp_path: Path) -> None:
    assert not manage_file.is_in(str(tmp_path))
    (tmp_path / "manage.py").mkdir()
    assert manage_file.settings_module(str(tmp_path)) is None
