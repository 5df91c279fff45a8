"""The README's commands in a fresh virtual environment, and what they install works alone."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import readme
from tests.support.client import get
from tests.support.processes import free_port
from tests.support.terminal.terminal import Terminal

ROOT = Path(__file__).parents[1]
FILES = ("devtui", "tests", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")

install = pytest.mark.install
minutes = pytest.mark.timeout(600)


def environment(venv: Path, **extra: str) -> dict[str, str]:
    """The variables after `. venv/bin/activate`, and none for Python or pytest.

    Before the environment is made, `python3` is the interpreter that runs these tests.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST", "DEVTUI", "FLASK", "VIRTUAL_ENV"))
    }
    programs = (str(venv / "bin"), os.path.dirname(sys.executable), kept.get("PATH", os.defpath))
    path = os.pathsep.join(programs)
    # Most of what is installed for the tests is never imported: compiling it is half of the work.
    kept["PIP_NO_COMPILE"] = "1"
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(venv), **extra}


def run(command: str, cwd: Path, env: Mapping[str, str]) -> str:
    """Run a shell command to its good end, and return its output."""
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, f"$ {command}\n{done.stdout}"
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the checkout, with nothing in it that only this machine made."""
    folder = tmp_path / "clone"
    folder.mkdir()
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in FILES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignore)
        elif source.exists():
            shutil.copyfile(source, folder / name)
    return folder


@pytest.fixture
def venv(clone: Path) -> Path:
    """The virtual environment that the README's commands make."""
    return clone / ".venv"


def test_the_readmes_blocks_are_read() -> None:
    text = "```sh\n$ one\n# no\ntwo 2\n\n```\n```python\nthree\n```\n```console\nfour\n```\n"
    assert readme.commands(text) == ["one", "two 2", "four"]


@install
@minutes
def test_the_first_command_installs_what_works_alone(
    clone: Path, venv: Path, tmp_path: Path
) -> None:
    command = readme.command_with("--demo")
    assert command.startswith("python3 -m venv .venv && ")
    port = free_port()
    env = {**environment(venv), "DEVTUI_PORT": str(port)}
    shell = ["/bin/sh", "-c", command]
    with Terminal(shell, cwd=clone, environment=env, size=(120, 40)) as terminal:
        terminal.wait_for(f"http://127.0.0.1:{port}", timeout=400)
        terminal.wait_for(re.compile("serving", re.I))
        assert get(f"http://127.0.0.1:{port}/").status == 200
        terminal.press("q")
        terminal.expect_exit(0)
        terminal.restored()
    # pip has built a wheel and installed that, alone and with what it asks for.
    (record,) = venv.rglob("devtui-*.dist-info/RECORD")
    names = {row[0] for row in csv.reader(record.read_text(encoding="utf-8").splitlines())}
    files = {path.relative_to(clone).as_posix() for path in (clone / "devtui").rglob("*.*")}
    assert files <= names
    assert {"devtui/py.typed", "devtui/demo/example.py"} <= files
    assert not [name for name in names if name.startswith("tests/")]
    shutil.rmtree(clone / "devtui")
    assert "devtui" in run("devtui --version", tmp_path, env)
    # Flask is not among what it brings along, and is not needed.
    run("! python -c 'import flask' && devtui --help", tmp_path, env)


@install
@minutes
def test_the_second_command_installs_what_tests_need(clone: Path, venv: Path) -> None:
    # The tests themselves are run by whoever runs this one; here each must only be importable.
    addopts = "--collect-only -q -p no:cacheprovider"
    out = run(readme.command_with("pytest"), clone, environment(venv, PYTEST_ADDOPTS=addopts))
    assert "tests collected" in out
