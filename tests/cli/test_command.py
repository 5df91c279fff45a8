"""The command line: the front ends, conflicting options, and the final message."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from flask import cli as flask_cli

from devtui import __version__, flask_plugin
from devtui.cli import command
from devtui.config.settings import Settings
from devtui.events import AppFailed, Error
from devtui.session.served_app import ServedApp


@pytest.fixture(autouse=True)
def surroundings(plain_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a new folder, and an environment without our variables."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, bool, bool]]:
    """Record what would run: settings, plain, JSON."""
    calls: list[tuple[Settings, bool, bool]] = []

    def run(settings: Settings, plain: bool, as_json: bool, interpreter: None) -> int:
        calls.append((settings, plain, as_json))
        return 7

    monkeypatch.setattr(command, "run", run)
    return calls


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--plain", "--json"], "use one of them"),
        (["hello", "--demo"], "leave out APP or --demo"),
        (["-A", "hello", "--demo"], "leave out APP or --demo"),
    ],
)
def test_conflicting_options(
    started: list[tuple[Settings, bool, bool]], arguments: list[str], told: str
) -> None:
    result = CliRunner().invoke(command.command, arguments)
    assert result.exit_code == 2, result.output
    assert told in " ".join(result.output.split())
    assert not started


def test_the_front_ends(started: list[tuple[Settings, bool, bool]]) -> None:
    for arguments, plain, as_json in [([], False, False), (["--plain"], True, False)]:
        CliRunner().invoke(command.command, arguments)
        assert started[-1][1:] == (plain, as_json)
    CliRunner().invoke(command.command, [], env={"DEVTUI_JSON": "1"})
    assert started[-1][1:] == (False, True)


@pytest.mark.parametrize(
    ("plain", "as_json", "terminal", "term", "chosen"),
    [
        (False, True, True, "xterm", "run_json"),
        (True, False, True, "xterm", "run_plain"),
        (False, False, False, "xterm", "run_plain"),
        (False, False, True, "dumb", "run_plain"),
        (False, False, True, None, "run_plain"),
        (False, False, True, "xterm", "run_dashboard"),
    ],
)
def test_which_front_end_is_chosen(
    monkeypatch: pytest.MonkeyPatch,
    plain: bool,
    as_json: bool,
    terminal: bool,
    term: str | None,
    chosen: str,
) -> None:
    class Stream:
        def isatty(self) -> bool:
            return terminal

    monkeypatch.setattr(sys, "stdout", Stream())
    monkeypatch.setattr(sys, "stdin", Stream())
    monkeypatch.setattr(sys, "stderr", Stream())
    if term is None:
        monkeypatch.delenv("TERM", raising=False)
    else:
        monkeypatch.setenv("TERM", term)
    assert command.front_end_for(plain, as_json).__name__ == chosen


def test_no_screen_on_a_terminal_that_cannot_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual draws on stderr: if that is a file, the terminal stays empty."""
    monkeypatch.setenv("TERM", "xterm")
    for name, terminal in (("stdin", True), ("stdout", True), ("stderr", False)):
        monkeypatch.setattr(sys, name, SimpleNamespace(isatty=lambda terminal=terminal: terminal))
    assert command.front_end_for(False, False).__name__ == "run_plain"


def test_the_version_and_the_help() -> None:
    version = CliRunner().invoke(command.command, ["--version"])
    assert (version.exit_code, version.output) == (0, f"devtui, version {__version__}\n")
    shown = CliRunner().invoke(command.command, ["--help"])
    assert shown.exit_code == 0
    for option in command.command.params:
        assert all(name in shown.output for name in option.opts if name.startswith("--"))


def test_the_flask_command_takes_flask_s_app(
    started: list[tuple[Settings, bool, bool]], tmp_path: Path
) -> None:
    group: Any = flask_cli.FlaskGroup()
    group.add_command(flask_plugin.tui)
    result = CliRunner().invoke(group, ["--app", "hello:app", "tui", "-p", "0", "--plain"])
    assert result.exit_code == 7, result.output
    settings, plain, _ = started[0]
    assert (settings.app, settings.port, plain) == ("hello:app", 0, True)
    result = CliRunner().invoke(group, ["--app", "hello", "--no-debug", "tui", "other"])
    assert result.exit_code == 7, result.output
    assert (started[1][0].app, started[1][0].debug) == ("other", False)


def test_flask_lists_the_command_and_shows_its_help() -> None:
    group: Any = flask_cli.FlaskGroup()
    group.add_command(flask_plugin.tui)
    assert "in devtui, the terminal dashboard" in CliRunner().invoke(group, ["--help"]).output
    shown = CliRunner().invoke(group, ["tui", "--help"], prog_name="flask").output
    assert shown.startswith("Usage: flask tui [OPTIONS] [APP]")
    assert "--port" in shown


def test_other_commands_of_flask_do_not_import_devtui() -> None:
    """Flask imports every plugin for each command, such as `flask routes`."""
    code = """\
import sys, flask.cli
before = set(sys.modules)
import devtui.flask_plugin
print(*sorted(set(sys.modules) - before))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["devtui", "devtui.flask_plugin", "devtui.version"]


class Failed:
    """A session whose newest load may have failed."""

    def __init__(self, failure: AppFailed | None) -> None:
        self.served = ServedApp(in_code=False)
        if failure is not None:
            self.served.heard(failure)


def failure(reload: bool) -> AppFailed:
    error = Error(exceptions=(), text="Traceback\n  \x1b]0;evil\x07\nValueError: no\n")
    return AppFailed(reload=reload, message="no", error=error, duration_ms=1.0)


def test_the_first_load_s_error_is_the_last_word(capsys: pytest.CaptureFixture[str]) -> None:
    status = command.report_failure(Failed(failure(reload=False)))  # type: ignore[arg-type]
    assert status == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "Traceback\n  \\x1b]0;evil\\x07\nValueError: no\n"


@pytest.mark.parametrize("session", [Failed(None), Failed(failure(reload=True))])
def test_no_other_error_is(session: Failed, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.report_failure(session) == 0  # type: ignore[arg-type]
    assert capsys.readouterr().err == ""
