from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from devtui.config.env_files import EnvFileError, EnvFiles, read
from tests.support.projects import write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder two levels below the one with the files that Flask finds by searching up."""
    below = tmp_path / "project" / "web"
    below.mkdir(parents=True)
    return below


@pytest.fixture
def without_dotenv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dotenv", None)


def test_no_files_say_nothing(folder: Path) -> None:
    assert read(None, str(folder), {}) == EnvFiles({}, (), None)


def test_no_files_say_nothing_without_dotenv_either(folder: Path, without_dotenv: None) -> None:
    assert read(None, str(folder), {}) == EnvFiles({}, (), None)


def test_a_given_file_wins_over_env_and_that_over_flaskenv(folder: Path) -> None:
    (folder / ".flaskenv").write_text("A=flaskenv\nB=flaskenv\nC=flaskenv\nD=flaskenv\n")
    (folder / ".env").write_text("B=env\nC=env\n")
    (folder / "mine.env").write_text("C=mine\nexport E='quoted # text'\n")
    found = read("mine.env", str(folder), {"D": "there already"})
    assert found.values == {"A": "flaskenv", "B": "env", "C": "mine", "E": "quoted # text"}
    assert found.files == tuple(str(folder / name) for name in (".flaskenv", ".env", "mine.env"))
    assert found.notice is None


def test_each_file_is_found_by_walking_up(folder: Path) -> None:
    (folder.parent / ".env").write_text("A=near\n")
    (folder.parent.parent / ".env").write_text("A=far\n")
    (folder.parent.parent / ".flaskenv").write_text("B=far\n")
    (folder / ".env").mkdir()  # a folder of that name, as virtual environments are called
    assert read(None, str(folder), {}).values == {"A": "near", "B": "far"}


def test_values_are_text_as_python_dotenv_reads_it(folder: Path) -> None:
    (folder / ".env").write_text("NAME=Zoë\nBOTH=${NAME}!\nNO_VALUE\n", encoding="utf-8")
    assert read(None, str(folder), {}).values == {"NAME": "Zoë", "BOTH": "Zoë!"}


@pytest.mark.parametrize(
    ("skip", "load_defaults", "expected"),
    [
        (None, True, {"A", "G"}),
        (None, False, {"G"}),
        ("", True, {"A", "G"}),
        ("1", True, {"G"}),
        ("yes", True, {"G"}),
        ("0", False, {"A", "G"}),
        ("False", True, {"A", "G"}),
        ("no", True, {"A", "G"}),
    ],
)
def test_the_default_files_can_be_skipped(
    skip: str | None, load_defaults: bool, expected: set[str], folder: Path
) -> None:
    (folder / ".env").write_text("A=1\n")
    (folder / "given").write_text("G=1\n")
    environ = {} if skip is None else {"FLASK_SKIP_DOTENV": skip}
    found = read("given", str(folder), environ, load_defaults=load_defaults)
    assert set(found.values) == expected


def test_files_without_dotenv_are_reported(folder: Path, without_dotenv: None) -> None:
    (folder / ".env").write_text("A=1\n")
    found = read(None, str(folder), {})
    assert (found.values, found.files) == ({}, ())
    assert found.notice is not None
    assert str(folder / ".env") in found.notice
    assert "pip install python-dotenv" in found.notice


def test_skipped_files_without_dotenv_are_not_reported(folder: Path, without_dotenv: None) -> None:
    (folder / ".env").write_text("A=1\n")
    assert read(None, str(folder), {"FLASK_SKIP_DOTENV": "1"}) == EnvFiles({})


def test_a_given_file_needs_dotenv(folder: Path, without_dotenv: None) -> None:
    (folder / "given").write_text("A=1\n")
    with pytest.raises(EnvFileError, match=r"needs python-dotenv; .*pip install"):
        read("given", str(folder), {})


def test_a_given_file_may_be_a_pipe(folder: Path) -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, b"SECRET=x\n")
        os.close(writing)
        assert read(f"/dev/fd/{reading}", str(folder), {}).values == {"SECRET": "x"}
    finally:
        os.close(reading)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing.env", r"env file '.*missing\.env' does not exist"), (".", r"is a folder")],
)
def test_a_given_file_that_does_not_exist_is_reported(name: str, reason: str, folder: Path) -> None:
    with pytest.raises(EnvFileError, match=reason):
        read(name, str(folder), {})


@pytest.mark.parametrize("name", [".env", "given"])
def test_a_file_that_is_not_text_is_reported(name: str, folder: Path) -> None:
    (folder / name).write_bytes(b"A=\xff\n")
    with pytest.raises(
        EnvFileError, match=rf"cannot read the env file '.*{name}': it is not UTF-8 at byte 2"
    ):
        read("given" if name == "given" else None, str(folder), {})


def test_a_null_character_is_reported(folder: Path) -> None:
    (folder / ".env").write_bytes(b"A=a\0b\n")
    with pytest.raises(EnvFileError, match=r"'A' in .* contains a null character"):
        read(None, str(folder), {})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_reported(folder: Path) -> None:
    (folder / ".env").write_text("A=1\n")
    (folder / ".env").chmod(0)
    with pytest.raises(EnvFileError, match=r"cannot read the env file .*: Permission denied"):
        read(None, str(folder), {})


@pytest.mark.parametrize("name", ["a=b", "\x1b[31m=", "="])
def test_an_invalid_name_of_a_variable_is_reported(folder: Path, name: str) -> None:
    (folder / ".env").write_text(f"'{name}'=value\n")
    with pytest.raises(EnvFileError, match="is not a valid name of a variable"):
        read(None, str(folder), {})


def test_ordinary_env_files_are_not_too_slow(tmp_path: Path) -> None:
    pytest.importorskip("dotenv", reason="python-dotenv is not installed")
    lines = [
        f"NAME_{n}{' ' * 60}=  value{' ' * 100}# ${{OTHER_{n}}} and ${{MORE:-x}}"
        for n in range(500)
    ]
    write(tmp_path, {".env": "\n".join(lines)})
    assert len(read(None, str(tmp_path), {}).values) == 500


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("a" + " " * 60_000 + "x", "thousands of spaces in a row"),
        ("${" * 30_000, "thousands of '${' without a '}'"),
    ],
)
def test_one_that_takes_minutes_to_read_is_refused(tmp_path: Path, value: str, reason: str) -> None:
    pytest.importorskip("dotenv", reason="python-dotenv is not installed")
    write(tmp_path, {".env": f"A={value}"})
    with pytest.raises(EnvFileError, match=re.escape(reason)):
        read(None, str(tmp_path), {})


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([f"A{n}=1" for n in range(3_000)], "more than 2,000 variables"),
        (["A=1"] * 3_000, "more than 2,000 variables"),
        (["#"] * 1_000_000, "more than 20,000 variables and comments"),
        (["a b"] * 3_000, "more than 100 of its lines are not variables"),
        (["A0=xxxxxxxx", *(f"A{n + 1}=${{A{n}}}${{A{n}}}" for n in range(40))], "characters"),
        (["A=xxxxxxxx", *["A=${A}${A}"] * 40], "characters"),
        (["A=xxxxxxxx", *["A=${B:-${A}${A}}${A}${A}"] * 40], "characters"),
        ([f"A={'x' * 9000}", *(f"A{n}={'${A}' * 60}" for n in range(40))], "characters"),
        ([f"A{n}={'${HUGE}' * 10}" for n in range(40)], "characters"),
    ],
    ids=[
        "many",
        "one often",
        "comments",
        "no variables",
        "doubled",
        "itself",
        "with defaults",
        "repeated",
        "the environment's",
    ],
)
def test_one_that_fills_the_memory_is_refused(
    tmp_path: Path, lines: list[str], reason: str
) -> None:
    pytest.importorskip("dotenv", reason="python-dotenv is not installed")
    write(tmp_path, {".env": "\n".join(lines)})
    with pytest.raises(EnvFileError, match=reason):
        read(None, str(tmp_path), {"HUGE": "x" * 20_000})


def test_variables_in_values_are_replaced(tmp_path: Path) -> None:
    pytest.importorskip("dotenv", reason="python-dotenv is not installed")
    write(tmp_path, {".env": "A=1\nB=${A}2\nA=${B}3\nC=${NOWHERE:-4}${A}\n"})
    assert read(None, str(tmp_path), {}).values == {"A": "123", "B": "12", "C": "4123"}


OLD = "def dotenv_values(dotenv_path): return {}\n"


@pytest.mark.parametrize(
    ("library", "what"),
    [
        (OLD, "AttributeError"),
        (
            "def dotenv_values(stream): raise AttributeError('no StringIO in six')\n",
            "AttributeError",
        ),
        ("", "AttributeError"),  # another library of that name
        ("import six_moves_nowhere\n", "six_moves_nowhere"),
        ("def dotenv_values(:\n", "SyntaxError"),
        ("raise RuntimeError('a\\nb')\n", "RuntimeError: a b"),
    ],
)
def test_an_old_or_broken_dotenv_is_reported_in_a_sentence(
    library: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "dotenv.py").write_text(library)
    (tmp_path / ".env").write_text("A=1\n")
    monkeypatch.delitem(sys.modules, "dotenv", raising=False)
    monkeypatch.syspath_prepend(tmp_path / "lib")
    found = read(None, str(tmp_path), {})
    assert found.values == {}
    assert found.notice is not None
    assert "too old or broken" in found.notice
    assert what in found.notice
    assert "--upgrade python-dotenv" in found.notice
    assert "\n" not in found.notice
    with pytest.raises(EnvFileError, match=r"cannot read the env file .* too old or broken"):
        read(".env", str(tmp_path), {})
    monkeypatch.delitem(sys.modules, "dotenv", raising=False)
