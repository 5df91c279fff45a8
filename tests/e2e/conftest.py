"""What the end-to-end tests share: the real program in a terminal, and who is left after it."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import processes
import pytest
from starter import Devtui

APPS = Path(__file__).parents[1] / "apps"


@pytest.fixture
def devtui(tmp_path: Path) -> Iterator[Devtui]:
    """Starts the program; after the test no process of it is left and its ports are free."""
    with ExitStack() as stack:
        starter = Devtui(uuid.uuid4().hex, tmp_path, stack)
        yield starter
    try:
        starter.assert_gone()
    finally:
        processes.end(processes.marked(starter.mark))


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    return processes.free_port()


@pytest.fixture
def project(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Writes a project's files, by their relative paths, and returns its folder."""

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
    """A copy of the small applications of `tests/apps`, which a test may edit."""
    folder = tmp_path / "apps"
    shutil.copytree(APPS, folder, ignore=shutil.ignore_patterns("__pycache__", "instance"))
    return folder
