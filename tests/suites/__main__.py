"""Run a library's own tests twice, without the hooks and with them, and compare each test.

    python -m tests.suites NAME... [--folder FOLDER]

It installs the library and takes its tests from the package index, in a folder that is kept if you
name one. Tests of databases get a server of their own. It says how many tests passed, failed and
were skipped, and which of them came out differently: none should.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pymysql

from tests.support.databases import mariadb_server, postgres_server

ROOT = Path(__file__).parents[2]
PLUGIN = Path(__file__).with_name("recorded_tests.py")
SECONDS = 1800

# How `runtests.py` of Django tells of a test, whose docstring may be between its name and this.
_OF_UNITTEST = re.compile(
    r"^(\w+ \([\w.]+\)).*(?:\n(?!test).*)?? \.\.\. (ok|FAIL|ERROR|skipped|expected failure)",
    re.MULTILINE,
)

Outcomes = Mapping[str, str]
"""What became of each test: passed, failed, error or skipped."""


class Suite(NamedTuple):
    """Where the tests of a library are, and how they are run."""

    library: str  # as pip knows it; empty for Python's own tests
    installed: tuple[str, ...]
    arguments: tuple[str, ...]  # pytest's, or a program of unittest's with its own
    server: str = ""
    prepare: Callable[[Path, int], dict[str, str]] = lambda folder, port: {}


def _for_pymysql(folder: Path, port: int) -> dict[str, str]:
    names = _databases(port)
    given = [
        {"host": "127.0.0.1", "port": port, "user": "root", "passwd": "", "local_infile": True}
        | {"db": name, "use_unicode": True}
        for name in names
    ]
    (folder / "pymysql" / "tests" / "databases.json").write_text(json.dumps(given))
    return {}


def _for_mysqlclient(folder: Path, port: int) -> dict[str, str]:
    options = {"host": "127.0.0.1", "port": port, "user": "root", "database": _databases(port)[0]}
    lines = [f"{key} = {value}" for key, value in options.items()]
    lines = ["[MySQLdb-tests]", *lines, "default-character-set = utf8mb4"]
    (folder / "tests" / "default.cnf").write_text("\n".join(lines))
    return {}


def _for_django(engine: str, user: str) -> Callable[[Path, int], dict[str, str]]:
    def prepare(folder: Path, port: int) -> dict[str, str]:
        given = {"ENGINE": f"django.db.backends.{engine}", "HOST": "127.0.0.1", "PORT": port}
        databases = {name: {**given, "USER": user, "NAME": name} for name in ("default", "other")}
        plain = (folder / "tests" / "test_sqlite.py").read_text()
        settings = folder / "tests" / "test_server.py"
        settings.write_text(f"{plain}\nDATABASES = {databases!r}\n")
        return {}

    return prepare


def _databases(port: int) -> tuple[str, str]:
    names = "test1", "test2"
    with pymysql.connect(host="127.0.0.1", port=port, user="root") as connection:
        for name in names:
            connection.cursor().execute(f"create database if not exists {name}")
    return names


def _for_psycopg2(folder: Path, port: int) -> dict[str, str]:
    names = {"": "postgres", "_HOST": "127.0.0.1", "_PORT": str(port), "_USER": "devtui"}
    return {f"PSYCOPG2_TESTDB{key}": value for key, value in names.items()}


_SQLALCHEMY = (
    "test/engine", "test/sql/test_query.py", "test/sql/test_resultset.py",
    "test/orm/test_query.py", "test/orm/test_session.py", "test/orm/test_unitofwork.py",
    "test/ext/asyncio", "--db", "sqlite", "--db", "aiosqlite",
)  # fmt: skip

_BACKENDS = "tests/runtests.py", "backends", "--parallel", "1", "-v", "2"

SUITES = {
    "python-sqlite3": Suite("", (), ("--pyargs", "test.test_sqlite3")),
    "sqlalchemy": Suite("sqlalchemy", ("greenlet", "aiosqlite"), _SQLALCHEMY),
    # With a later aiosqlite it does not end its threads.
    "sqlalchemy-1.4": Suite(
        "sqlalchemy==1.4.*", ("greenlet", "aiosqlite<0.22", "pytest<8"), _SQLALCHEMY
    ),
    # The last release that came with its tests.
    "pymysql": Suite("pymysql==0.10.1", (), ("pymysql/tests",), "mariadb", _for_pymysql),
    # One of its tests races with a thread, and on a busy machine it loses, also without the hooks.
    "mysqlclient": Suite(
        "mysqlclient",
        (),
        ("tests", "-k", "not concurrent_use_raises"),
        "mariadb",
        _for_mysqlclient,
    ),
    "psycopg2": Suite("psycopg2", (), ("tests",), "postgres", _for_psycopg2),
    "django": Suite("django", (), _BACKENDS),
    "django-postgresql": Suite(
        "django",
        ("psycopg[binary,pool]",),
        (*_BACKENDS, "--settings", "test_server"),
        "postgres",
        _for_django("postgresql", "devtui"),
    ),
    "django-mariadb": Suite(
        "django",
        ("mysqlclient",),
        (*_BACKENDS, "--settings", "test_server"),
        "mariadb",
        _for_django("mysql", "root"),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=sorted(SUITES))
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="devtui-suites-"))
    try:
        same = [compare(name, folder.absolute() / name) for name in arguments.names]
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(not all(same))


def compare(name: str, folder: Path) -> bool:
    """Run the tests of one library both ways, and print what came out."""
    suite = SUITES[name]
    python = environment(suite, folder)
    tests = sources(suite, folder)
    with server(suite, folder) as port:
        environ = suite.prepare(tests, port)
        plain, recorded = (
            run(suite, python, tests, folder, environ, records=on) for on in (False, True)
        )
    different = {
        test for test in plain.keys() | recorded.keys() if plain.get(test) != recorded.get(test)
    }
    print(f"{name}: {summary(plain)} without, {summary(recorded)} with the hooks")
    for test in sorted(different):
        print(f"  {test}: {plain.get(test, 'did not run')}, {recorded.get(test, 'did not run')}")
    return bool(plain) and not different


def environment(suite: Suite, folder: Path) -> Path:
    """A virtual environment with the library and devtui; its interpreter."""
    python = folder / "venv" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "-q"]
    if not python.exists():
        venv.create(folder / "venv", with_pip=True)
        wanted = [suite.library] if suite.library else []
        subprocess.run([*install, "pytest", *wanted, *suite.installed, str(ROOT)], check=True)
    else:  # what may have changed since
        subprocess.run([*install, "--force-reinstall", "--no-deps", str(ROOT)], check=True)
    return python


def sources(suite: Suite, folder: Path) -> Path:
    """The folder of the library's sources, with its tests."""
    if not suite.library:
        return folder
    made = folder / "source"
    if not made.exists():
        name = re.split("[=<>]", suite.library)[0]
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
        command += [f"--no-binary={name}", "-d", str(folder), suite.library]
        subprocess.run(command, check=True)
        (archive,) = folder.glob("*.tar.gz")
        with tarfile.open(archive) as files:
            files.extractall(made, filter="data")
    (unpacked,) = made.iterdir()
    return unpacked


@contextmanager
def server(suite: Suite, folder: Path) -> Iterator[int]:
    """The database server that the tests ask, if they ask one; its port."""
    data = Path(tempfile.mkdtemp(dir=folder))
    if suite.server == "mariadb":
        with mariadb_server(data) as mariadb:
            yield mariadb.port
    elif suite.server == "postgres":
        with postgres_server() as postgres:
            yield postgres.port
    else:
        yield 0


def run(
    suite: Suite,
    python: Path,
    tests: Path,
    folder: Path,
    variables: Mapping[str, str],
    records: bool,
) -> Outcomes:
    """Run the tests once."""
    shutil.copy(PLUGIN, folder / "venv")
    report = folder / f"{'with' if records else 'without'}.xml"
    is_program = suite.arguments[0].endswith(".py")
    if is_program:
        command = [python, *([folder / "venv" / PLUGIN.name] if records else []), *suite.arguments]
    else:
        command = [python, "-m", "pytest", "-q", f"--junitxml={report}", *suite.arguments]
        command += ["-p", PLUGIN.stem] if records else []
    done = subprocess.run(
        [*map(str, command)],
        cwd=tests,
        env={**os.environ, "PYTHONPATH": str(folder / "venv"), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    report.with_suffix(".log").write_text(done.stdout)
    print(*re.findall(r"recorded \d+ calls of \d+ tests", done.stdout))
    if is_program:
        return dict(_OF_UNITTEST.findall(done.stdout))
    return outcomes_of(report)


def outcomes_of(report: Path) -> Outcomes:
    """What became of each test that pytest's report tells of."""
    outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        outcomes[f"{case.get('classname')}.{case.get('name')}"] = min(kinds, default="passed")
    return outcomes


def summary(outcomes: Outcomes) -> str:
    """How many tests came out how."""
    counted = Counter(outcomes.values())
    return ", ".join(f"{number:,} {name}" for name, number in sorted(counted.items()))


if __name__ == "__main__":
    main()
