"""The start of the program: when it starts a server process, and that none is left."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from devtui import __main__, __version__
from devtui.session import session  # whose modules have the real one, whatever a test does
from devtui.session.processes import spawn
from devtui.session.processes.spawn import Interpreter

__all__ = ["session"]

Devtui = Callable[..., int]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Interpreter]]:
    """Record the server processes that the program starts; they are real."""
    found: list[Interpreter] = []

    class Recorded(Interpreter):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            found.append(self)

    monkeypatch.setattr(spawn, "Interpreter", Recorded)
    yield found
    for interpreter in found:
        interpreter.discard()


@pytest.fixture
def devtui(started: list[Interpreter], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Devtui:
    """Return a function that runs the program in an empty folder and returns its status."""
    for name in list(os.environ):
        if name.startswith(("FLASK_", "DEVTUI_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["devtui", *arguments])
        with pytest.raises(SystemExit) as ended:
            __main__.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return run


def test_help_and_version_start_no_server_process(
    devtui: Devtui, started: list[Interpreter], capsys: pytest.CaptureFixture[str]
) -> None:
    assert devtui("--version") == 0
    assert capsys.readouterr().out == f"devtui, version {__version__}\n"
    assert devtui("--help") == 0
    assert "Usage: devtui" in capsys.readouterr().out
    assert started == []


def test_completing_in_a_shell_starts_no_server_process(
    devtui: Devtui,
    started: list[Interpreter],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COMP_WORDS", "devtui --por")
    monkeypatch.setenv("COMP_CWORD", "1")
    monkeypatch.setenv("_DEVTUI_COMPLETE", "bash_complete")
    assert devtui() == 0
    assert "--port" in capsys.readouterr().out
    monkeypatch.setenv("_DEVTUI_COMPLETE", "zsh_source")
    assert devtui() == 0
    assert "compdef" in capsys.readouterr().out
    assert started == []


def test_who_starts_no_server_process(devtui: Devtui, started: list[Interpreter]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert devtui("--who", "--port", str(listener.getsockname()[1])) == 1
    assert started == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nonsense"], "--nonsense"),
        (["--port", "99999"], "'--port': 99999"),
        (["--env-file", "missing.env"], "missing.env"),
        (["--stop"], "--who"),
    ],
    ids=["option", "port", "env file", "stop"],
)
def test_a_usage_error_leaves_no_process_behind(
    devtui: Devtui,
    started: list[Interpreter],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert devtui(*arguments) == 2
    (interpreter,) = started
    assert interpreter.child.returncode is not None
    assert not psutil.pid_exists(interpreter.child.pid)
    told = capsys.readouterr()
    assert told.out == ""
    errors = [line for line in told.err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert message in errors[0]
    assert "Traceback" not in told.err


def test_an_error_of_ours_leaves_no_process_behind(
    devtui: Devtui, started: list[Interpreter], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("devtui.cli.command.command", fail)
    monkeypatch.setattr(sys, "argv", ["devtui"])
    with pytest.raises(KeyboardInterrupt):
        __main__.main()
    (interpreter,) = started
    assert interpreter.child.returncode is not None


def test_the_first_server_process_gets_what_the_program_was_given(
    devtui: Devtui, started: list[Interpreter], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets the environment without the env files, and the arguments that the app sees."""
    given: list[Any] = []
    before = Interpreter.__init__

    def note(self: Interpreter, *arguments: Any) -> None:
        given.extend(arguments)
        before(self, *arguments)

    monkeypatch.setattr(Interpreter, "__init__", note)
    Path(".env").write_text("FROM_FILE=1\n")
    monkeypatch.setenv("THERE", "1")
    assert devtui("--nonsense") == 2
    generation, environment, arguments, python = given
    assert generation == 1
    assert environment["THERE"] == "1"
    assert "FROM_FILE" not in environment
    assert arguments == ["devtui", "--nonsense"]
    assert python is None
