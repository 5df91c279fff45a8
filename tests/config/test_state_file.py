"""A project's file in the user's folder for state."""

import os
import stat
from pathlib import Path

import pytest

from devtui.config.state_file import MAX_BYTES, ProjectFile, StateFileError


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectFile:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return ProjectFile(tmp_path / "my shop", "hidden")


def test_nothing_is_made_by_reading(file: ProjectFile, tmp_path: Path) -> None:
    assert file.read() == ""
    assert not (tmp_path / "state").exists()


def test_what_was_written_is_read_and_is_for_the_user_alone(file: ProjectFile) -> None:
    file.write("one\n")
    file.write("ä\n")
    assert file.read() == "ä\n"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.path.parent.parent.stat().st_mode) == 0o700
    assert os.listdir(file.path.parent) == ["hidden"]


def test_each_project_has_its_own(file: ProjectFile, tmp_path: Path) -> None:
    file.write("mine")
    assert ProjectFile(tmp_path / "other", "hidden").read() == ""
    assert ProjectFile(tmp_path / "x" / ".." / "my shop", "hidden").read() == "mine"
    assert file.path.parent.name.startswith("my_shop-")


def test_a_relative_folder_in_the_variable_does_not_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("HOME", str(tmp_path))
    path = ProjectFile(tmp_path, "hidden").path
    assert path.is_relative_to(tmp_path / ".local" / "state" / "devtui")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x" * (MAX_BYTES + 1), "it has more than 65,536 bytes"),
        (b"\xff\xfe", "it is not in UTF-8"),
    ],
)
def test_a_broken_file_says_why(file: ProjectFile, content: bytes, why: str) -> None:
    file.write("")
    file.path.write_bytes(content)
    with pytest.raises(StateFileError, match=f"was not read: {why}"):
        file.read()


def test_what_is_no_plain_file_is_not_read(file: ProjectFile) -> None:
    file.write("")
    file.path.unlink()
    os.mkfifo(file.path)
    with pytest.raises(StateFileError, match="it is not a regular file"):
        file.read()
    file.path.unlink()
    file.path.mkdir()
    with pytest.raises(StateFileError, match="was not read"):
        file.read()


def test_a_file_of_somebody_else_is_not_read(
    file: ProjectFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write("one")
    monkeypatch.setattr("devtui.config.trust.trusted_users", lambda: {77_777})
    with pytest.raises(StateFileError, match="it belongs to somebody else"):
        file.read()
    with pytest.raises(StateFileError, match="belongs to somebody else"):
        file.write("two")


def test_a_text_that_could_not_be_read_again_is_not_written(file: ProjectFile) -> None:
    file.write("one\n")
    with pytest.raises(StateFileError, match="not written: it would have more than 65,536 bytes"):
        file.write("ä" * (MAX_BYTES // 2 + 1))
    assert file.read() == "one\n"
    file.write("ä" * (MAX_BYTES // 2))
    assert file.read()


def test_a_folder_that_cannot_be_made_says_why(file: ProjectFile) -> None:
    file.path.parent.parent.parent.write_text("a file in the place of the folder")
    assert file.read() == ""
    with pytest.raises(StateFileError, match="was not written: "):
        file.write("one")
