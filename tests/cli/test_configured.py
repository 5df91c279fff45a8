"""Config files: which counts, what they set, and what is said about a mistake."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from devtui.cli import command
from devtui.cli.config_values import TYPED_ONLY
from devtui.cli.run_in_code import preferences_for
from devtui.config.settings import Settings
from devtui.events import Main
from tests.support.projects import write

Read = Callable[..., Settings]


@pytest.fixture
def project(plain_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the user's own folder for configs beside it."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    return folder


@pytest.fixture
def read(project: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Return the settings that a command line starts with."""

    def read(*arguments: str, front_end: list[bool] | None = None, **environment: str) -> Settings:
        made: list[Settings] = []

        def run(settings: Settings, plain: bool, as_json: bool, interpreter: Any) -> int:
            made.append(settings)
            if front_end is not None:
                front_end[:] = [plain, as_json]
            return 0

        monkeypatch.setattr(command, "run", run)
        result = CliRunner().invoke(command.command, list(arguments), env=environment)
        assert result.exit_code == 0, result.output
        return made[0]

    return read


def said(*arguments: str) -> str:
    """Return the error of a command line that is refused."""
    result = CliRunner().invoke(command.command, list(arguments))
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    lines: list[str] = result.output.splitlines()
    assert len(lines) == 1, lines
    return lines[0].removeprefix("Error: ")


ALL = f"""\
python = "{sys.executable}"
control = false
app = "shop:app"
host = "::1"
port = 8001
debug = false
reload = true
debugger = true
standby = false
live = true
live-console = true
trace = true
trusted-hosts = ["app.test", ".dev.example"]
with-threads = false
cert = "cert.pem"
key = "key.pem"
extra-files = ["a.yaml", "/b.yaml"]
exclude-patterns = ["*/gen/*", "*.tmp"]
grace = 2
env-file = "dev.env"
plain = true
json = false
"""


def test_every_option_can_be_set(read: Read, project: Path) -> None:
    write(project, {"devtui.toml": ALL, "cert.pem": "", "key.pem": "", "dev.env": "", "sub/x": ""})
    os.chdir("sub")
    front_end: list[bool] = []
    settings = read(front_end=front_end)
    assert front_end == [True, False]
    assert (settings.app, settings.folder) == ("shop:app", project)
    assert (settings.host, settings.port, settings.grace) == ("::1", 8001, 2.0)
    assert (settings.debug, settings.reload, settings.debugger) == (False, True, True)
    assert not settings.standby
    assert settings.live
    assert settings.live_console
    assert settings.records_calls  # without debug mode too
    assert not settings.control
    assert not settings.threaded
    assert settings.trusted_hosts == ("app.test", ".dev.example")
    assert settings.cert == str(project / "cert.pem")
    assert settings.key == str(project / "key.pem")
    assert settings.env_file == str(project / "dev.env")
    assert settings.extra_files == (str(project / "a.yaml"), "/b.yaml")
    assert settings.exclude_patterns == ("*/gen/*", "*.tmp")
    options = {
        name.removeprefix("--")
        for param in command.command.params
        if isinstance(param, click.Option)
        for name in param.opts
        if name.startswith("--")
    }
    assert {line.partition(" ")[0] for line in ALL.splitlines()} == options - TYPED_ONLY


def test_what_wins(read: Read, project: Path, tmp_path: Path) -> None:
    write(tmp_path, {"own/devtui/config.toml": 'port = 1\nhost = "::1"\ntheme = "light"\n'})
    assert read().port == 1
    write(tmp_path, {"pyproject.toml": "[tool.devtui]\nport = 2\ngrace = 9\n"})
    assert read().port == 2
    write(project, {"pyproject.toml": "[tool.other]\nname = 'devtui'\n"})
    assert read().port == 2
    write(project, {"pyproject.toml": "[tool.devtui]\nport = 3\n"})
    settings = read()
    assert (settings.port, settings.host, settings.grace) == (3, "::1", 0.5)
    write(project, {"devtui.toml": "port = 4\n"})
    settings = read()
    assert settings.port == 4
    assert settings.preferences is not None
    assert settings.preferences.theme == "light"
    (notice,) = settings.preferences.notices
    assert notice.startswith("devtui.toml is in force, and [tool.devtui] in pyproject.toml is not")
    write(project, {"other.toml": "port = 5\n"})
    assert read("--config", "other.toml").port == 5
    assert read(DEVTUI_CONFIG="other.toml").port == 5
    assert read("--config", "other.toml", DEVTUI_PORT="6").port == 6
    assert read(FLASK_RUN_PORT="7").port == 7
    assert read("-p", "8", DEVTUI_PORT="6").port == 8


@pytest.mark.parametrize("config", ["", "port = 1\n"])
def test_a_mistake_in_a_variable_names_the_variable(project: Path, config: str) -> None:
    write(project, {"devtui.toml": config} if config else {})

    def refused(*arguments: str, **environment: str) -> str:
        result = CliRunner().invoke(command.command, list(arguments), env=environment)
        assert result.exit_code == 2, result.output
        return result.output

    told = refused(DEVTUI_PORT="", FLASK_RUN_PORT="70000")
    assert "value for 'FLASK_RUN_PORT': 70000 is not in the range" in told
    assert "'--port': 70000 is not in the range" in refused("-p", "70000", DEVTUI_PORT="1")


def test_what_is_typed_wins_over_a_contrary_setting(read: Read, project: Path) -> None:
    write(project, {"devtui.toml": ALL, "cert.pem": "", "key.pem": "", "dev.env": ""})
    front_end: list[bool] = []
    settings = read("--json", "--cert", "adhoc", "here", front_end=front_end, FLASK_DEBUG="1")
    assert front_end == [False, True]
    assert (settings.cert, settings.key) == ("adhoc", None)
    assert (settings.app, settings.folder) == ("here", project)
    assert settings.debug


def test_the_example_reads_no_config_of_the_folder(
    read: Read, project: Path, tmp_path: Path
) -> None:
    write(project, {"devtui.toml": "port = what?\n"})
    write(tmp_path, {"own/devtui/config.toml": 'theme = "nord"\n'})
    refused = CliRunner().invoke(command.command, ["--demo", "--config", "devtui.toml"])
    assert refused.exit_code == 2
    assert "leave out --config or --demo" in refused.output
    settings = read("--demo")
    assert settings.port == 5000
    assert settings.preferences is not None
    assert settings.preferences.theme == "nord"


MISTAKES = [
    ("port = 70000", "line 1, port: 70000 is not in the range 0<=x<=65535."),
    (
        '\nport = "5000"',
        'line 2: port must be a whole number, not the text "5000": write port = 5000',
    ),
    ("debug = 1", "line 1: debug must be true or false, not the number 1."),
    ('debug = "True"', 'not the text "True": write debug = true'),
    ("grace = true", "line 1: grace must be a number, not true."),
    ("host = 1", "line 1: host must be a text in quotes, not the number 1."),
    ("cert = 2020-01-01", "line 1: cert must be a text in quotes, not a date or time."),
    ("extra-files = [\n'a',\n1]", "line 3: extra-files must be a list of texts, not the number 1."),
    ("prot = 5000", 'line 1: there is no setting "prot": did you mean port?'),
    ("env_file = 'x'", "did you mean env-file?"),
    ("zzz = 1", "see devtui --help."),
    ("plain = true\njson = true", "line 2, json: plain and json exclude each other"),
    ("python = 'nothing/here'", "line 1, python: There is no Python 'nothing/here'"),
    ("key = 'x.pem'", 'line 1, key: it needs the file of a certificate: write cert = "PATH" too.'),
    ("cert = 'adhoc'\nkey = 'x'", "line 2, key: it needs the file of a certificate"),
    ("no-debug = true", "line 1: write debug = false in place of no-debug."),
    ("without-threads = true", "write with-threads = false in place of without-threads."),
    ("who = true", "line 1: who is not a setting: type devtui --who"),
    ("env-file = 'no.env'", "line 1, env-file: The env file "),
    ("cert = 'no.pem'", "line 1, cert: 'no.pem' is not a file"),
    ("trusted-hosts = ['http://x']", "line 1, trusted-hosts: 'http://x' is not a host"),
    ("theme = dark", 'line 1: dark is not a TOML value: write theme = "dark"'),
    ("debug = True", "line 1: True is not a TOML value: write debug = true"),
    ("port = 1\nx = [1,\n2", "line 3: this is not TOML: unclosed array."),
    ("port = 1\nport = 2", "line 2: this is not TOML: "),
    ("theme = 'nrod'", 'line 1: there is no theme "nrod": did you mean nord?'),
    ("theme = '???'", "use one of light, dark, devtui-dark"),
    ("hidden = '/x'", 'hidden must be a list of rules, such as ["a", "b"], not the text "/x".'),
    ("hidden = [\n'/static/*', 'x']", "line 2: 'x' is not a rule. Type a path"),
    ("keys-preset = 'emacs'", 'line 1: there is no set of keys "emacs": use "default" or "vim".'),
    ("keys = 'vim'", "line 1: keys must be a table of commands"),
    ("[keys]\n\nrestrat = 'x'", 'line 3: there is no command "restrat": did you mean restart?'),
    ("[keys]\nrestart = 1", "line 2: restart must be a key, or a list of keys"),
    ("[keys]\nrestart = 'ctlr+r'", 'line 2: "ctlr+r" is not a key: did you mean ctrl+r?'),
    ("[keys]\nrestart = ''", 'line 2: "" is not a key: write a character'),
    ("[keys]\nrestart = 'tab'", "line 2: tab moves between panes and inputs: take another key."),
    ("[keys]\nrestart = 'ctrl+m'", "line 2: a terminal sends ctrl+m as enter"),
    ("[keys]\nleave = []", "line 2: leave needs a key."),
    ("[keys]\nerror-copy = 'c'", "write copy, which sets it everywhere."),
    (
        "[keys]\nrestart = 'k'",
        "line 2: k is the key of holders (who holds the port; stop it): take another key for "
        "restart, or give holders another one.",
    ),
    (
        "[keys]\nopen = 'l'",
        "line 2: l is the key of locals (a frame's local variables): take another key for open",
    ),
    ("keys-preset = 'vim'\nkeys.restart = 'j'", "line 2: j is the key of down"),
    ("keys.restart = 'a'\nkeys.port = 'a'", "(devtui.toml, line"),
    ("commands = 1", "line 1: commands must be tables: write [[commands]] for each."),
    ("[[commands]]\nkey = 'a'\nname = 'x'", 'line 1: this command has no run: write run = "...".'),
    ("[[commands]]\nkye = 'a'", 'line 2: a command has no "kye": did you mean key?'),
]
COMMAND = "[[commands]]\nkey = {key!r}\nname = 'x'\nrun = {run!r}\n"
MISTAKES += [
    (COMMAND.format(key="k", run="ls"), "line 1: k is the key of holders"),
    (COMMAND.format(key="l", run="ls"), "line 1: l is the key of locals"),
    (COMMAND.format(key="a", run="ls") * 2, "line 6: the key \"a\" runs 'x' already"),
    (COMMAND.format(key="f5", run="ls") + COMMAND.format(key="F5", run="ls"), 'the key "F5" runs'),
    (COMMAND.format(key="R", run="ls") + COMMAND.format(key="shift+r", run="ls"), "runs 'x'"),
    (COMMAND.format(key="a", run="ls {path}"), "line 4: {path} is not a placeholder"),
    (COMMAND.format(key="a", run="ls '{file}'"), "line 4: {file} stands in quotes"),
    (COMMAND.format(key="a", run=" "), "line 4: run must be a line for the shell"),
    (COMMAND.format(key="a", run="ls") + "in = 'log'", 'in is "log": use "terminal" or'),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_a_mistake_is_one_sentence_with_file_and_line(
    project: Path, text: str, expected: str
) -> None:
    write(project, {"devtui.toml": text})
    sentence = said()
    assert sentence.startswith("devtui.toml, line ")
    assert expected in sentence
    nested = text.replace("[[", "[[tool.devtui.").replace("[keys", "[tool.devtui.keys")
    (project / "devtui.toml").unlink()
    write(project, {"pyproject.toml": f"[tool.devtui]\n{nested}"})
    assert said().startswith("pyproject.toml, line ")


def test_a_heading_of_pyproject_toml_in_a_file_of_our_own(project: Path) -> None:
    for heading in ("tool.devtui", "tool.devtui.keys", "devtui"):
        write(project, {"devtui.toml": f"port = 1\n[{heading}]\nrestart = 'f5'\n"})
        assert said() == (
            "devtui.toml, line 2: the settings stand at the top of this file: write port = 8000 or "
            "[keys], without tool.devtui before it."
        )


def test_a_python_that_is_not_there_does_not_matter_if_another_is_typed(
    read: Read, project: Path
) -> None:
    write(project, {"devtui.toml": "python = '.venv'\n"})
    assert read("--python", sys.executable).python is None
    assert read(DEVTUI_PYTHON=sys.executable).python is None


def test_a_cert_needs_its_key(project: Path) -> None:
    write(project, {"devtui.toml": "cert = 'c.pem'", "c.pem": ""})
    assert (
        said() == 'devtui.toml, line 1, cert: cert and key belong together: write key = "PATH" too.'
    )


def test_files_that_cannot_be_read(project: Path, tmp_path: Path) -> None:
    (project / "devtui.toml").write_bytes(b"port = 1\napp = '\xff'")
    assert said() == "devtui.toml, line 2: the file is not UTF-8: save it as UTF-8."
    (project / "devtui.toml").write_bytes(b"\xef\xbb\xbfport = 1\n")
    assert said() == "devtui.toml, line 1: TOML has no byte order mark: save the file without one."
    (project / "devtui.toml").write_text("a = " + "[" * 5000)
    assert "devtui.toml" in said()
    (project / "devtui.toml").write_text("#" * 2_000_000)
    assert "it is larger than" in said()
    (project / "devtui.toml").unlink()
    write(project, {"pyproject.toml": "[tool]\ndevtui = 1\n"})
    assert said().startswith("pyproject.toml, line 2: tool.devtui must be a table")
    assert "cannot read nowhere.toml" in said("--config", "nowhere.toml")
    write(project, {"pyproject.toml": "[tool.other]\n"})
    assert "has no table [tool.devtui]" in said("--config", "pyproject.toml")


def test_help_and_version_work_whatever_the_file_says(project: Path) -> None:
    write(project, {"devtui.toml": "what?"})
    for option in ("--help", "--version"):
        assert CliRunner().invoke(command.command, [option]).exit_code == 0
    write(project, {"devtui.toml": "port = 8123"})
    assert "8123" in CliRunner().invoke(command.command, ["--help"]).output


def test_a_broken_pyproject_of_no_concern_is_left_alone(read: Read, project: Path) -> None:
    write(project, {"pyproject.toml": "what?"})
    assert read().port == 5000


def test_a_program_gets_the_dashboards_part(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = Main("path", str(project / "app.py"))
    write(project, {"app.py": "", "devtui.toml": 'theme = "nord"\nport = 1\n'})
    assert preferences_for(main).theme == "nord"
    write(project, {"devtui.toml": 'keys.restart = "tab"'})
    with pytest.raises(SystemExit) as left:
        preferences_for(main)
    assert left.value.code == 2
    assert "line 1: tab moves between panes" in capsys.readouterr().err
