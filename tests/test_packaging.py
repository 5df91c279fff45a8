"""What the README's first command installs works alone, and tests import what theirs installs."""

from __future__ import annotations

import ast
import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import pytest

from tests.support import environments, readme
from tests.support.client import get
from tests.support.processes import free_port
from tests.support.terminal.terminal import Terminal

if sys.version_info >= (3, 11):
    import tomllib as toml
else:
    import tomli as toml

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
    # Most of what is installed is never imported: compiling it is a third of the work. By the name
    # of --no-compile it would be switched on: pip takes what that option sets.
    kept["PIP_COMPILE"] = "0"
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


# -- what tests need ------------------------------------------------------------------------------

# Debuggers that are tried where they are there, what has an environment of its own, what only
# type checkers know, and what only Python 3.10 needs.
ELSEWHERE = {"IPython", "ipdb", "pudb", "mcp", "_typeshed", "tomli"}
# Modules that a test writes beside a program of `tests/apps`, and some that are not to be found.
BESIDE = {"app", "inzip", "lone", "mod", "not_there", "nowhere", "pkg", "space", "warning"}


def imported(tree: ast.AST) -> Iterator[str]:
    """The packages that a file imports, or without which one of its tests is skipped."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "pytest.importorskip"
            and isinstance(name := node.args[0], ast.Constant)
        ):
            yield str(name.value).partition(".")[0]


def test_what_tests_import_is_installed_with_them() -> None:
    """The README's command itself is run by `.ci/run`, and then all tests in what it has made."""
    own = {"devtui", "tests", *(path.stem for path in (ROOT / "tests" / "apps").rglob("*"))}
    project = toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    group = [re.split(r"[^\w.-]", one)[0] for one in project["dependency-groups"]["test"]]
    given = {normal(name) for name in environments.needed(("devtui", *group))}
    of_package = metadata.packages_distributions()
    missing = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in (ROOT / "tests").rglob("*.py")
        if not file.is_relative_to(ROOT / "tests" / "apps" / "benchmarks")  # environments of theirs
        for name in imported(ast.parse(file.read_text(encoding="utf-8")))
        if name not in sys.stdlib_module_names | own | ELSEWHERE | BESIDE
        and given.isdisjoint(map(normal, of_package.get(name, [])))
    }
    assert not missing


def normal(name: str) -> str:
    """A package's name as the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()
