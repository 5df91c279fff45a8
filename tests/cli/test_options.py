"""The options: how the command line, variables and env files become settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import click
import pytest
from click.testing import CliRunner, Result

from devtui.cli import options
from devtui.config.settings import Settings


@pytest.fixture(autouse=True)
def surroundings(plain_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a new folder, and an environment without our variables."""
    monkeypatch.chdir(tmp_path)


def read(arguments: tuple[str, ...], environment: dict[str, str]) -> tuple[Result, list[Settings]]:
    """Run a command with these options; return the result and the settings."""
    made: list[Settings] = []

    @click.command()
    @options.with_options
    @click.pass_context
    def command(ctx: click.Context, /, **values: Any) -> None:
        made.append(options.settings_of(ctx, values))

    with mock.patch.dict(os.environ):  # an env file may set anything
        return CliRunner().invoke(command, list(arguments), env=environment), made


@pytest.fixture
def settings_of() -> Callable[..., Settings]:
    """Return the settings of a command line."""

    def settings_of(*arguments: str, **environment: str) -> Settings:
        result, (settings,) = read(arguments, environment)
        assert result.exit_code == 0, result.output
        return settings

    return settings_of


@pytest.fixture
def refused() -> Callable[..., str]:
    """Return the error message of an invalid command line."""

    def refused(*arguments: str, **environment: str) -> str:
        result, made = read(arguments, environment)
        assert result.exit_code == 2, result.output
        assert not made
        return result.output

    return refused


SettingsOf = Callable[..., Settings]
Refused = Callable[..., str]


def test_the_settings_without_any_option(settings_of: SettingsOf, tmp_path: Path) -> None:
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
        ([], {"FLASK_DEBUG": "off"}, (False, False, False)),
        (["-h", "0.0.0.0"], {"FLASK_DEBUG": "OFF"}, (False, False, False)),
        (["-h", "0.0.0.0"], {"FLASK_DEBUG": "n"}, (False, False, False)),
        (["-h", "0.0.0.0"], {"FLASK_DEBUG": " F "}, (False, False, False)),
        (["-h", "0.0.0.0"], {"FLASK_DEBUG": "On"}, (True, True, True)),
        (["-h", "0.0.0.0"], {"FLASK_DEBUG": "t"}, (True, True, True)),
        ([], {"FLASK_DEBUG": ""}, (True, True, True)),
        ([], {"FLASK_RUN_DEBUG": "0"}, (False, False, False)),
        (["-h", "0.0.0.0"], {"FLASK_RUN_DEBUG": "1", "FLASK_DEBUG": "0"}, (True, True, True)),
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


def test_a_word_that_is_neither_yes_nor_no_does_not_turn_the_debugger_on(refused: Refused) -> None:
    assert "FLASK_DEBUG is 'perhaps', which is neither yes nor no: set it to 1 or 0." in refused(
        FLASK_DEBUG="perhaps"
    )


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
    (tmp_path / "secure.py").write_text("1 / 0")
    assert settings_of("--cert", "secure.context").cert == "secure.context"
    assert settings_of("--cert", "secure:context").key is None
    assert not settings_of("--without-threads").threaded


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-p", "65536"], "65535"),
        (["-p", "-1"], "65535"),
        (["-p", "http"], "'http' is not a valid integer"),
        (["-h", "unix://"], "unix://PATH"),
        (["-h", ""], "give an address"),
        (["--cert", "missing.pem"], "give the path of a certificate, or adhoc"),
        (["--cert", "there"], "--key PATH"),
        (["--cert", "nowhere.context"], "give the path of a certificate, or adhoc"),
        (["--cert", "json.context", "--key", "there"], "--cert PATH --key PATH"),
        (["--key", "there"], "--cert PATH --key PATH"),
        (["--cert", "adhoc", "--key", "there"], "--cert PATH --key PATH"),
        (["--cert", "there", "--key", "missing"], "give the path of the private key"),
        (["-e", "missing.env"], "missing.env"),
        (["hello", "more"], "unexpected extra argument"),
        (["--nonsense"], "No such option"),
    ],
)
def test_an_error_says_what_to_type(
    refused: Refused, tmp_path: Path, arguments: list[str], told: str
) -> None:
    (tmp_path / "there").touch()
    assert told in " ".join(refused(*arguments).split())


def test_variables_are_checked_too(refused: Refused) -> None:
    assert "'--port': 'http' is not a valid integer" in refused(DEVTUI_PORT="http")


def test_env_files_may_name_the_app(settings_of: SettingsOf, tmp_path: Path) -> None:
    pytest.importorskip("dotenv")
    (tmp_path / ".flaskenv").write_text("FLASK_APP=from_file\nFLASK_RUN_PORT=1\nSECRET=x\n")
    (tmp_path / "more.env").write_text("FLASK_RUN_PORT=2\n")
    assert settings_of().app == "from_file"
    settings = settings_of("-e", "more.env")
    assert settings.env_file == str(tmp_path / "more.env")
    assert (settings.app, settings.port) == ("from_file", 2)


def test_a_server_starts_with_the_environment_without_env_files(
    settings_of: SettingsOf, tmp_path: Path
) -> None:
    """It reads the files itself at each reload, so older values must not hide newer ones."""
    pytest.importorskip("dotenv")
    (tmp_path / ".env").write_text("COLOR=red\n")
    environment = dict(settings_of(SIZE="big").environment)
    assert "COLOR" not in environment
    assert environment["SIZE"] == "big"
    assert environment["PATH"] == os.environ["PATH"]


def test_trusted_hosts(settings_of: SettingsOf, refused: Refused) -> None:
    assert settings_of().trusted_hosts == ()
    several = settings_of("--trusted-hosts", "app.test, .dev.example,[::1],fe80::1%eth0,10.0.0.1")
    assert several.trusted_hosts == (
        "app.test",
        ".dev.example",
        "[::1]",
        "fe80::1%eth0",
        "10.0.0.1",
    )
    assert settings_of(DEVTUI_TRUSTED_HOSTS="app.test").trusted_hosts == ("app.test",)
    for wrong in ("http://app.test", "app.test:5000", "a..b", ".", "a/b", "*.app.test", "::1::"):
        assert "without scheme and port" in refused("--trusted-hosts", wrong)
