"""The evaluated code is kept for the project, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devtui.config.state_file import MAX_BYTES, ProjectFile
from devtui.dashboard.errors.kept_history import MAX_KEPT, KeptHistory


@pytest.fixture
def file(tmp_path: Path) -> ProjectFile:
    return ProjectFile(tmp_path / "project", "evaluated")


def test_it_comes_back_as_it_was(file: ProjectFile) -> None:
    entries = ["a = 1", "for i in a:\n    print(i)\n", "'\u2028 \x1b'", "ä\udc80"]
    KeptHistory(file).write(entries)
    assert KeptHistory(file).read() == entries
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_made_by_reading(file: ProjectFile, state_folder: Path) -> None:
    assert KeptHistory(file).read() == []
    assert not state_folder.exists()


def test_the_newest_are_kept(file: ProjectFile) -> None:
    KeptHistory(file).write([str(number) for number in range(MAX_KEPT + 50)])
    assert KeptHistory(file).read()[0] == "50"
    KeptHistory(file).write(["x" * (MAX_BYTES // 3)] * 5 + ["last"])
    found = KeptHistory(file).read()
    assert len(found) == 3
    assert found[-1] == "last"


def test_foreign_lines_are_left_out(file: ProjectFile) -> None:
    KeptHistory(file).write(["one"])
    file.path.write_text('[1]\nnot json\n"two"\n' + "[" * 5_000 + "\n")
    assert KeptHistory(file).read() == ["two"]


def test_what_cannot_be_read_is_told_and_left_alone(file: ProjectFile) -> None:
    KeptHistory(file).write(["one"])
    file.path.unlink()
    os.mkfifo(file.path)
    history = KeptHistory(file)
    assert history.read() == []
    assert "not a regular file" in history.problem
    history.write(["two"])
    assert file.path.is_fifo()
