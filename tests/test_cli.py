"""The command line: options, environment variables and env files become settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import cli as flask_cli

from devtui import __version__, cli
from devtui.events import AppFailed, Error
from devtui.settings import Settings

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh folder, and an environment without anything that counts."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("FLASK_", "DEVTUI_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    put_back(before)


def put_back(environment: dict[str, str]) -> None:
    """Undo what an env file has set, which may be anything."""
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, bool, bool]]:
    """What would have been run: settings, plain, JSON."""
    calls: list[tuple[Settings, bool, bool]] = []

    def run(settings: Settings, plain: bool, as_json: bool, interpreter: None) -> int:
        calls.append((settings, plain, as_json))
        return 7

    monkeypatch.setattr(cli, "run", run)
    return calls


@pytest.fixture
def settings_of(started: list[tuple[Settings, bool, bool]]) -> Callable[..., Settings]:
    """The settings that a command line makes."""

    def settings_of(*arguments: str, **environment: str) -> Settings:
        started.clear()
        before = dict(os.environ)
        result = CliRunner().invoke(cli.command, list(arguments), env=environment)
        put_back(before)
        assert result.exit_code == 7, result.output
        return started[0][0]

    return settings_of


@pytest.fixture
def refused(started: list[tuple[Settings, bool, bool]]) -> Callable[..., str]:
    """What a command line that is refused is told."""

    def refused(*arguments: str, **environment: str) -> str:
        result = CliRunner().invoke(cli.command, list(arguments), env=environment)
        assert result.exit_code == 2, result.output
        assert not started
        return result.output

    return refused


SettingsOf = Callable[..., Settings]
Refused = Callable[..., str]


def test_what_is_served_without_any_option(settings_of: SettingsOf, tmp_path: Path) -> None:
    settings = settings_of()
    assert (settings.app, settings.folder) == (None, tmp_path)
    assert (settings.host, settings.port) == ("127.0.0.1", 5000)
    assert (settings.debug, settings.reload, settings.debugger) == (True, True, True)
    assert settings.threaded
    assert (settings.cert, settings.key, settings.env_file) == (None, None, None)
    assert settings.extra_files == settings.exclude_patterns == ()


@pytest.mark.parametrize(
    ("arguments", "environment", "app"),
    [
        (["hello"], {}, "hello"),
        (["-A", "hello"], {}, "hello"),
        (["--app", 'hello:create_app("dev", flag=True)'], {}, 'hello:create_app("dev", flag=True)'),
        (["typed", "--app", "option"], {}, "typed"),
        ([], {"FLASK_APP": "flask"}, "flask"),
        ([], {"FLASK_APP": "flask", "DEVTUI_APP": "ours"}, "ours"),
        (["typed"], {"FLASK_APP": "flask"}, "typed"),
        (["-A", "option"], {"FLASK_APP": "flask"}, "option"),
    ],
)
def test_which_app_is_meant(
    settings_of: SettingsOf, arguments: list[str], environment: dict[str, str], app: str
) -> None:
    assert settings_of(*arguments, **environment).app == app


@pytest.mark.parametrize(
    ("arguments", "environment", "port"),
    [
        (["-p", "8000"], {}, 8000),
        (["--port", "0"], {}, 0),
        ([], {"FLASK_RUN_PORT": "1"}, 1),
        ([], {"FLASK_RUN_PORT": "1", "DEVTUI_PORT": "2"}, 2),
        (["-p", "3"], {"FLASK_RUN_PORT": "1", "DEVTUI_PORT": "2"}, 3),
    ],
)
def test_which_port_is_meant(
    settings_of: SettingsOf, arguments: list[str], environment: dict[str, str], port: int
) -> None:
    assert settings_of(*arguments, **environment).port == port


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("0.0.0.0", "0.0.0.0"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("unix:///tmp/app.sock", "unix:///tmp/app.sock"),
    ],
)
def test_which_host_is_meant(settings_of: SettingsOf, given: str, host: str) -> None:
    assert settings_of("-h", given).host == host
    assert settings_of(FLASK_RUN_HOST=given).host == host


@pytest.mark.parametrize(
    ("arguments", "environment", "debug_reload_debugger"),
    [
        ([], {}, (True, True, True)),
        (["-h", "localhost"], {}, (True, True, True)),
        (["-h", "unix:///x"], {}, (True, True, True)),
        (["-h", "0.0.0.0"], {}, (False, False, False)),
        (["-h", "example.com"], {}, (False, False, False)),
        (["-h", "0.0.0.0", "--debug"], {}, (True, True, True)),
        (["-h", "0.0.0.0"], {"FLASK_DEBUG": "1"}, (True, True, True)),
        (["--no-debug"], {"FLASK_DEBUG": "1"}, (False, False, False)),
        ([], {"FLASK_DEBUG": "0"}, (False, False, False)),
        ([], {"FLASK_DEBUG": "False"}, (False, False, False)),
        ([], {"FLASK_DEBUG": "no"}, (False, False, False)),
        ([], {"FLASK_DEBUG": ""}, (True, True, True)),
        ([], {"DEVTUI_DEBUG": "0", "FLASK_DEBUG": "1"}, (False, False, False)),
        (["--no-reload"], {}, (True, False, True)),
        (["--no-debugger"], {}, (True, True, False)),
        (["--no-debug", "--reload"], {}, (False, True, False)),
        ([], {"FLASK_RUN_RELOAD": "0"}, (True, False, True)),
        (["-h", "0.0.0.0", "--debugger"], {}, (False, False, True)),
    ],
)
def test_who_gets_a_debugger(
    settings_of: SettingsOf,
    arguments: list[str],
    environment: dict[str, str],
    debug_reload_debugger: tuple[bool, bool, bool],
) -> None:
    settings = settings_of(*arguments, **environment)
    assert (settings.debug, settings.reload, settings.debugger) == debug_reload_debugger


def test_files_and_patterns(settings_of: SettingsOf, tmp_path: Path) -> None:
    (tmp_path / "a.toml").touch()
    (tmp_path / "data").mkdir()
    settings = settings_of(
        "--extra-files", f"a.toml{os.pathsep}data{os.pathsep}", "--exclude-patterns", "*/gen_*"
    )
    assert settings.extra_files == (str(tmp_path / "a.toml"), str(tmp_path / "data"))
    assert settings.exclude_patterns == ("*/gen_*",)
    patterns = f"*/a{os.pathsep}*/b"
    assert settings_of(FLASK_RUN_EXCLUDE_PATTERNS=patterns).exclude_patterns == ("*/a", "*/b")


def test_certificates(settings_of: SettingsOf, tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    (tmp_path / "c.pem").touch()
    (tmp_path / "k.pem").touch()
    settings = settings_of("--key", "k.pem", "--cert", "c.pem")
    assert (settings.cert, settings.key) == (str(tmp_path / "c.pem"), str(tmp_path / "k.pem"))
    assert settings_of("--cert", "ADHOC").cert == "adhoc"
    assert not settings_of("--without-threads").threaded


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-p", "65536"], "65535"),
        (["-p", "-1"], "65535"),
        (["-p", "http"], "'http' is not a valid integer"),
        (["-h", "unix://"], "unix://PATH"),
        (["-h", ""], "give an address"),
        (["--plain", "--json"], "give one of them"),
        (["--cert", "missing.pem"], "give a certificate's path, or adhoc"),
        (["--cert", "there"], "--key PATH"),
        (["--key", "there"], "--cert PATH --key PATH"),
        (["--cert", "adhoc", "--key", "there"], "--cert PATH --key PATH"),
        (["--cert", "there", "--key", "missing"], "give the private key's path"),
        (["--extra-files", "missing"], "'missing' does not exist in"),
        (["-e", "missing.env"], "missing.env"),
        (["hello", "--demo"], "leave out APP, or leave out --demo"),
        (["-A", "hello", "--demo"], "leave out APP, or leave out --demo"),
        (["hello", "more"], "unexpected extra argument"),
        (["--nonsense"], "No such option"),
    ],
)
def test_what_is_refused_says_what_to_type(
    refused: Refused, tmp_path: Path, arguments: list[str], told: str
) -> None:
    (tmp_path / "there").touch()
    assert told in " ".join(refused(*arguments).split())


def test_variables_are_checked_too(refused: Refused) -> None:
    assert "'--port': 'http' is not a valid integer" in refused(DEVTUI_PORT="http")


def test_env_files_may_say_what_to_serve(settings_of: SettingsOf, tmp_path: Path) -> None:
    pytest.importorskip("dotenv")
    (tmp_path / ".flaskenv").write_text("FLASK_APP=from_file\nFLASK_RUN_PORT=1\nSECRET=x\n")
    (tmp_path / "more.env").write_text("FLASK_RUN_PORT=2\n")
    assert settings_of().app == "from_file"
    settings = settings_of("-e", "more.env")
    assert settings.env_file == str(tmp_path / "more.env")
    assert (settings.app, settings.port) == ("from_file", 2)


def test_a_server_starts_with_what_was_there_before_the_env_files(
    settings_of: SettingsOf, tmp_path: Path
) -> None:
    """It reads them itself, again at each reload, so they must not be in its way."""
    pytest.importorskip("dotenv")
    (tmp_path / ".env").write_text("COLOR=red\n")
    environment = dict(settings_of(SIZE="big").environment)
    assert "COLOR" not in environment
    assert environment["SIZE"] == "big"
    assert environment["PATH"] == os.environ["PATH"]


def test_the_front_ends(started: list[tuple[Settings, bool, bool]]) -> None:
    for arguments, plain, as_json in [([], False, False), (["--plain"], True, False)]:
        CliRunner().invoke(cli.command, arguments)
        assert started[-1][1:] == (plain, as_json)
    CliRunner().invoke(cli.command, [], env={"DEVTUI_JSON": "1"})
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
    assert cli._front_end(plain, as_json).__name__ == chosen


def test_no_screen_where_it_could_not_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual draws on stderr, which may be sent to a file: the terminal would stay empty."""
    monkeypatch.setenv("TERM", "xterm")
    for name, terminal in (("stdin", True), ("stdout", True), ("stderr", False)):
        monkeypatch.setattr(sys, name, SimpleNamespace(isatty=lambda terminal=terminal: terminal))
    assert cli._front_end(False, False).__name__ == "run_plain"


def test_the_version_and_the_help() -> None:
    version = CliRunner().invoke(cli.command, ["--version"])
    assert (version.exit_code, version.output) == (0, f"devtui, version {__version__}\n")
    shown = CliRunner().invoke(cli.command, ["--help"])
    assert shown.exit_code == 0
    for option in cli.command.params:
        assert all(name in shown.output for name in option.opts if name.startswith("--"))


def test_the_flask_command_takes_flask_s_app(
    started: list[tuple[Settings, bool, bool]], tmp_path: Path
) -> None:
    group: Any = flask_cli.FlaskGroup()
    group.add_command(cli.flask_command, "tui")
    result = CliRunner().invoke(group, ["--app", "hello:app", "tui", "-p", "0", "--plain"])
    assert result.exit_code == 7, result.output
    settings, plain, _ = started[0]
    assert (settings.app, settings.port, plain) == ("hello:app", 0, True)
    result = CliRunner().invoke(group, ["--app", "hello", "--no-debug", "tui", "other"])
    assert result.exit_code == 7, result.output
    assert (started[1][0].app, started[1][0].debug) == ("other", False)


class Failed:
    """As much of a session as the last word needs."""

    def __init__(self, failure: AppFailed | None) -> None:
        self.failure = failure
        self.settings = Settings()


def failure(reload: bool) -> AppFailed:
    error = Error(exceptions=(), text="Traceback\n  \x1b]0;evil\x07\nValueError: no\n")
    return AppFailed(reload=reload, message="no", error=error, duration_ms=1.0)


def test_the_first_load_s_error_is_the_last_word(capsys: pytest.CaptureFixture[str]) -> None:
    status = cli._report_failure(Failed(failure(reload=False)))  # type: ignore[arg-type]
    assert status == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "Traceback\n  \\x1b]0;evil\\x07\nValueError: no\n"


@pytest.mark.parametrize("session", [Failed(None), Failed(failure(reload=True))])
def test_no_other_error_is(session: Failed, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli._report_failure(session) == 0  # type: ignore[arg-type]
    assert capsys.readouterr().err == ""
