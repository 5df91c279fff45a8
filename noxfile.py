"""Define every check of this project once, for people, .ci/run, pre-commit and the workflows."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nox
from nox.project import dependency_groups

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["quick", "lint", "types", "words"]
nox.options.reuse_existing_virtualenvs = True

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
TEST = dependency_groups(PROJECT, "test")
LINT = dependency_groups(PROJECT, "lint")

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]

# The tests of what differs between versions: all that runs in the server process, and the
# program once in a terminal.
OF_VERSIONS = (
    "tests/server",
    "tests/events",
    "tests/cli/test_main_program.py",
    "tests/e2e/test_demo_session.py",
)

# The tests of what overrides parts of Werkzeug, Textual and SQLAlchemy.
OF_OVERRIDES = (
    "tests/events",
    "tests/server/exchange/test_capture.py",
    "tests/server/keepalive/test_connections.py",
    "tests/server/serving/test_serving.py",
    "tests/server/debugger/test_session_debugger.py",
    "tests/server/errors",
    "tests/server/tracing/test_sqlalchemy.py",
    "tests/faults/access/test_debugger_access.py",
    "tests/ports/test_survey.py",
    "tests/dashboard/lists/test_list_screen.py",
)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests; arguments are pytest's."""
    session.install(*TEST, ".")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def quick(session: nox.Session) -> None:
    """Run the tests that start no whole program, session or screen."""
    session.install(*TEST, "-e", ".")
    chosen = "not e2e and not screen and not install"
    session.run("python", "-m", "pytest", "-q", "-m", chosen, *session.posargs)


@nox.session
def installs(session: nox.Session) -> None:
    """Run the tests that install packages from the index, as users do."""
    session.install(*TEST, ".")
    session.run("python", "-m", "pytest", "-n", "2", "-m", "install", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Work with a session for a minute, or for DEVTUI_SOAK_SECONDS, and check how much it grows."""
    session.install(*TEST, ".")
    seconds = session.env.get("DEVTUI_SOAK_SECONDS", "60")
    session.run(
        *("python", "-m", "pytest", "-n", "0", "-s", "tests/faults/apps/test_soak.py"),
        env={"DEVTUI_SOAK_SECONDS": seconds},
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Check the code with ruff: its rules, and the format."""
    session.install(*LINT)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of code and tests on Linux, and of the code on macOS."""
    session.install(*LINT, *TEST, "-e", ".")
    session.run("mypy")
    session.run("mypy", "--platform", "darwin", "--package", "devtui")


@nox.session
def words(session: nox.Session) -> None:
    """Check the spelling of code, tests and pages, and the form of docstrings."""
    session.install(*LINT)
    session.run("codespell")
    session.run("ruff", "check", "--select", "D2,D3,D400,D401,D402,D403", "devtui", "noxfile.py")


@nox.session
def coverage(session: nox.Session) -> None:
    """Report the lines that the server's tests run, in server processes too.

    There is no threshold. Coverage begins in each process that a test starts, so a test that
    compares a process with a plain one, or that traces it, fails here.
    """
    session.install(*TEST, "coverage>=7.10", "-e", ".")
    chosen = session.posargs or [
        "tests/server/app",
        "tests/server/serving",
        "tests/server/exchange",
        "tests/server/keepalive",
        "tests/server/debugger",
        "tests/server/errors",
        "tests/events",
    ]
    session.run("coverage", "erase")
    session.run(
        *("coverage", "run", "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *chosen,
        success_codes=[0, 1],
    )
    session.run("coverage", "combine", "-q")
    session.run("coverage", "report", "--skip-covered", "--sort=cover")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, install it alone, and serve the example with it."""
    session.install("build")
    made = Path(session.create_tmp()) / "dist"
    shutil.rmtree(made, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(made), ".", silent=True)
    (file,) = made.glob("*.whl")
    with _alone(session, str(file)) as python:
        session.run(python, "-m", "devtui", "--version", external=True)
        _smoke_run(session, python)


@nox.session
def lowest(session: nox.Session) -> None:
    """Test the lowest versions that pyproject.toml allows, with the libraries of that time."""
    # Only an old interpreter has wheels for all of them.
    python = _interpreter("3.10")
    if python is None:
        session.skip("there is no Python 3.10")
    given = PROJECT["project"]["dependencies"]
    pins = [re.sub(r">=([^,]*).*", r"==\1", dependency) for dependency in given]
    session.log("%s", " ".join(pins))
    also = ["flask==2.2.*", "rich<14", "sqlalchemy==1.4.*", "aiosqlite", "bottle", "cryptography"]
    also += ["hypothesis", "pyte", "pytest"]
    also += ["pytest-asyncio", "pytest-textual-snapshot", "pytest-timeout", "pytest-xdist"]
    with _alone(session, *pins, *also, python=python) as low:
        session.run(low, "-m", "pip", "install", "-q", "--no-deps", ".", external=True)
        session.run(low, "-m", "pytest", "-q", *OF_OVERRIDES, external=True)


@nox.session
def pythons(session: nox.Session) -> None:
    """Test what differs between versions on each Python that is promised and is here."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    failed = []
    for version in PYTHONS:
        python = _interpreter(version)
        if version == own:
            continue
        if python is None:
            session.warn(f"Python {version} is neither on the PATH nor among pyenv's")
            continue
        with _alone(session, *TEST, ".", python=python) as other:
            try:
                session.run(other, "-m", "pytest", "-q", *OF_VERSIONS, external=True)
            except nox.command.CommandFailed:
                failed.append(version)
    if failed:
        session.error(f"tests failed on Python {', '.join(failed)}")


@nox.session
def audit(session: nox.Session) -> None:
    """Check the packages that a user gets with the wheel for known vulnerabilities."""
    session.install("pip-audit")
    with _alone(session, ".") as python:
        frozen = session.run(
            *(python, "-m", "pip", "freeze", "--exclude", "devtui"), external=True, silent=True
        )
    assert isinstance(frozen, str)
    listed = Path(session.create_tmp()) / "requirements.txt"
    listed.write_text(frozen)
    command = ["pip-audit", "--disable-pip", "--no-deps", "-r", str(listed)]
    done = subprocess.run(
        [shutil.which(command[0], path=session.bin) or command[0], *command[1:]],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    print(done.stdout)
    if re.search(r"Found .* known (vulnerability|vulnerabilities)", done.stdout + done.stderr):
        session.error("there are known vulnerabilities")
    if done.returncode != 0:
        session.skip(f"the vulnerabilities cannot be looked up: {done.stderr.strip()[-200:]}")


# -- what the sessions share


def _interpreter(version: str) -> str | None:
    """Return an interpreter of this version, from the PATH or pyenv; None if there is none."""
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    for candidate in (f"python{version}", *map(str, pyenv)):
        program = shutil.which(candidate)
        if program and subprocess.run([program, "-c", "pass"], check=False).returncode == 0:
            return program
    return None


@contextlib.contextmanager
def _alone(session: nox.Session, *packages: str, python: str = "python"):  # type: ignore[no-untyped-def]
    """Make a virtual environment with these packages and nothing else; yield its interpreter."""
    folder = Path(session.create_tmp()).absolute() / "venv"
    shutil.rmtree(folder, ignore_errors=True)
    session.run(python, "-m", "venv", str(folder), external=True)
    made = str(folder / "bin" / "python")
    session.run(made, "-m", "pip", "install", "-q", "--upgrade", "pip", external=True)
    session.run(made, "-m", "pip", "install", "-q", *packages, external=True)
    try:
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _smoke_run(session: nox.Session, python: str) -> None:
    """Serve the example, read its events as JSON, and end it by a signal."""
    with subprocess.Popen(
        [python, "-m", "devtui", "--demo", "--json", "--port", "0"],
        cwd=session.create_tmp(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            events = map(json.loads, process.stdout)
            url = next(event["url"] for event in events if event["type"] == "serving")
            with urllib.request.urlopen(f"{url}/json", timeout=10) as answer:
                print(answer.read(60))
            next(event for event in events if event["type"] == "request_finished")
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            status = process.wait(30)
        finally:
            process.kill()
    if status not in (143, -signal.SIGTERM):
        session.error(f"it ended with status {status}, not 143")
    session.log(f"ended with {status} after {time.monotonic() - began:.1f} s")
