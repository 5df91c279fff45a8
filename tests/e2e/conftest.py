"""Fixtures of the end-to-end tests: the real program in a terminal, and a check for leftovers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.browser import (
    browser,
    keeping_page,
    keeping_tab,
    own_page,
    page,
    playwright,
    tab,
)
from tests.support.terminal.starter import devtui, free_port

# pytest finds fixtures that are imported here
__all__ = [
    "browser",
    "devtui",
    "free_port",
    "keeping_page",
    "keeping_tab",
    "own_page",
    "page",
    "playwright",
    "tab",
]

from tests.support.projects import APPS


@pytest.fixture
def project(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Return a function that writes a project's files by relative path and returns the folder."""

    def write(files: Mapping[str, str]) -> Path:
        folder = tmp_path / "project"
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    return write


@pytest.fixture
def apps(tmp_path: Path) -> Path:
    """Copy the small applications of `tests/apps`, so a test may edit them."""
    folder = tmp_path / "apps"
    shutil.copytree(APPS, folder, ignore=shutil.ignore_patterns("__pycache__", "instance"))
    return folder
