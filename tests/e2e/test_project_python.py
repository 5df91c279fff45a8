"""devtui in an environment of its own runs the app with the project's Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support import environments, processes
from tests.support.client import request
from tests.support.projects import app_source, write
from tests.support.terminal.starter import next_event
from tests.support.terminal.terminal import Terminal, clean_environment

APP = app_source("interpreters/environment.py")


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has devtui alone, as `uv tool install` makes it."""
    return environments.make(tmp_path_factory.mktemp("tool") / "env", "devtui")


def clean(**extra: str) -> dict[str, str]:
    found = clean_environment()
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH"):
        found.pop(name, None)
    return {**found, **extra}


@contextmanager
def session(
    tool: Path, folder: Path, *arguments: str, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """Run `devtui --json` of the tool's environment, and end it."""
    process = subprocess.Popen(
        [tool.with_name("devtui"), "--json", "-p", "0", *arguments],
        cwd=folder,
        env=clean(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=processes.DEADLINE)


def seen(url: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request(url, "GET", "/").body)
    return found


def assert_nothing_leaks(facts: dict[str, Any], tool: Path, venv: Path) -> None:
    assert facts["prefix"] == str(venv)
    assert not [path for path in facts["path"] if str(tool.parents[1]) in path]
    assert not {"devtui", "textual", "msgspec", "werkzeug"} & set(facts["names"])
    assert not {"devtui", "textual", "msgspec", "werkzeug"} & set(facts["modules"])
    assert not facts["textual"]
    assert facts["werkzeug"] is None
    assert facts["server"].startswith("Werkzeug/")
    assert "VIRTUAL_ENV" not in facts["variables"]
    assert "DEVTUI_HANDED_OVER" not in facts["variables"]


def test_the_environment_above_the_folder_runs_the_app_and_nothing_leaks(
    tool: Path, tmp_path: Path
) -> None:
    """The first process, and the one that was started ahead for the reload."""
    venv = tmp_path / ".venv"
    python = environments.make(venv)
    folder = tmp_path / "src"
    write(folder, {"hello.py": APP})
    with session(tool, folder, "hello") as process:
        assert next_event(process, "server_started")["python"] == str(python)
        url = next_event(process, "serving")["url"]
        assert_nothing_leaks(seen(url), tool, venv)
        next_event(process, "request_finished")
        for number in (2, 3):
            ahead = psutil.Process(process.pid).children
            assert processes.eventually(lambda ahead=ahead: len(ahead()) == 2)
            write(folder, {"hello.py": APP.replace("first", f"number {number}")})
            assert next_event(process, "server_started")["python"] == str(python)
            assert next_event(process, "reloaded")["standby"]
            facts = seen(url)
            assert facts["says"] == f"number {number}"
            assert_nothing_leaks(facts, tool, venv)


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
def test_an_active_environment_wins_over_a_folder(
    tool: Path, tmp_path: Path, variable: str
) -> None:
    environments.make(tmp_path / ".venv")
    active = tmp_path / "active"
    python = environments.make(active)
    (active / "conda-meta").mkdir()
    write(tmp_path, {"hello.py": APP})
    with session(tool, tmp_path, "hello", **{variable: str(active)}) as process:
        assert next_event(process, "server_started")["python"] == str(python)
        facts = seen(next_event(process, "serving")["url"])
        assert facts["prefix"] == str(active)
        assert facts["variables"][variable] == str(active)
        assert facts["variables"].get("VIRTUAL_ENV") == (
            str(active) if variable == "VIRTUAL_ENV" else None
        )


def test_an_active_environment_of_devtui_does_not_show_through(tool: Path, tmp_path: Path) -> None:
    """Somebody has activated it, and names another Python; that has a strange devtui, too."""
    python = environments.make(tmp_path / "other")
    (site,) = (tmp_path / "other").glob("lib/python3*/site-packages")
    write(site, {"devtui/__init__.py": "raise SystemExit('a namesake')\n"})
    write(tmp_path, {"hello.py": APP})
    ours = tool.parents[1]
    path = os.pathsep.join([str(ours / "bin"), os.environ["PATH"]])
    named = ("--python", str(python), "hello")
    with session(tool, tmp_path, *named, VIRTUAL_ENV=str(ours), PATH=path) as process:
        assert next_event(process, "server_started")["python"] == str(python)
        facts = seen(next_event(process, "serving")["url"])
        assert str(ours) not in facts["variables"]["PATH"]
        assert facts["modules"].remove("devtui") is None  # that one
        assert_nothing_leaks(facts, tool, tmp_path / "other")


def test_the_header_names_it(tool: Path, tmp_path: Path) -> None:
    environments.make(tmp_path / ".venv")
    write(tmp_path, {"hello.py": APP})
    command = [str(tool.with_name("devtui")), "-p", "0", "hello"]
    variables = {"VIRTUAL_ENV": "", "CONDA_PREFIX": "", "XDG_STATE_HOME": str(tmp_path / "state")}
    with Terminal(command, cwd=tmp_path, environment=variables, size=(120, 30)) as terminal:
        terminal.wait_for("SERVING")
        terminal.wait_for("python .venv")
        terminal.press("q")
        terminal.expect_exit(0)


def test_the_environment_s_own_devtui_takes_over(tool: Path, tmp_path: Path) -> None:
    python = environments.make(tmp_path / "venv", "devtui")
    write(tmp_path, {"hello.py": APP})
    with session(tool, tmp_path, "hello") as process:
        assert next_event(process, "server_started")["python"] == ""
        facts = seen(next_event(process, "serving")["url"])
        assert facts["prefix"] == str(tmp_path / "venv")
        assert "devtui" in facts["names"]
        assert "DEVTUI_HANDED_OVER" not in facts["variables"]
        assert Path(f"/proc/{process.pid}/cmdline").read_bytes().startswith(os.fsencode(python))


def test_a_project_without_an_environment_hears_what_to_type(tool: Path, tmp_path: Path) -> None:
    write(tmp_path, {"hello.py": "import flask\n", "uv.lock": "", "pyproject.toml": ""})
    with session(tool, tmp_path, "hello:app('a b')") as process:
        message = next_event(process, "app_failed")["message"]
        assert "No module named 'flask'. devtui has found no environment of this project" in message
        assert message.endswith(
            """uv run --with devtui devtui --json -p 0 'hello:app('"'"'a b'"'"')'"""
        )
        assert process.wait(processes.DEADLINE) == 1


def another_python() -> str:
    """An interpreter of another version; skip the test without one."""
    ours = f"python3.{sys.version_info.minor}"
    names = [f"python3.{minor}" for minor in range(8, 20)]
    found = [shutil.which(name) for name in names if name != ours]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv").glob("versions/*/bin")
    found += [str(path / name) for path in pyenv for name in names if (path / name).exists()]
    for python in filter(None, found):
        if os.path.basename(python) == ours:
            continue
        done = subprocess.run([python, "-c", "import venv, ensurepip"], check=False, timeout=30)
        if done.returncode == 0:
            return python
    pytest.skip("there is no Python of another version on this machine")


def test_another_version_of_python_hears_what_to_type(tool: Path, tmp_path: Path) -> None:
    environments.make(tmp_path / ".venv", python=another_python())
    write(tmp_path, {"hello.py": APP})
    with session(tool, tmp_path, "hello") as process:
        _, told = process.communicate(timeout=processes.DEADLINE)
        assert process.returncode == 1
    assert "so it cannot add what is missing there. Type: " in told
    assert told.rstrip().endswith("uv pip install --python .venv/bin/python devtui")
    assert "Traceback" not in told
