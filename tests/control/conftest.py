"""Sessions with a control socket, and clients of it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest

from devtui.config.settings import Settings
from devtui.control import place
from devtui.control.client.link import Link, living
from devtui.control.serve_beside import serve_beside
from tests.support.live import Live
from tests.support.processes import DEADLINE, eventually
from tests.support.projects import app_environment, write


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a folder for sockets that no other test has; its path is short."""
    with tempfile.TemporaryDirectory(prefix="ctl-", dir="/tmp") as folder:
        os.chmod(folder, 0o700)
        monkeypatch.delenv(place.VARIABLE)
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(place, "SHARED_FOLDER", folder)
        yield Path(folder)


@pytest.fixture
def alone(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the folder, so programs that the test starts find no other devtui of this machine."""
    monkeypatch.setenv(place.VARIABLE, str(runtime / "devtui"))
    return runtime / "devtui"


class Controlled(Protocol):
    """Starts a session with a control socket; see the fixture `controlled`."""

    def __call__(self, source: str | dict[str, str], **settings: Any) -> Live: ...


@pytest.fixture
def controlled(folder: Path) -> Iterator[Controlled]:
    """Starts a session of a project as `serve` does, and waits until control answers."""
    with ExitStack() as stack:

        def start(source: str | dict[str, str], **settings: Any) -> Live:
            write(folder, {"app.py": source} if isinstance(source, str) else source)
            defaults = {"port": 0, "standby": False, "environment": app_environment()}
            settings = {**defaults, **settings}
            live = Live(Settings(app="app", folder=folder, **settings))
            live.session.accompany(partial(serve_beside, delay=0.0))
            before = len(living())
            stack.enter_context(live)
            assert eventually(lambda: len(living()) > before), live.told()
            return live

        yield start


@pytest.fixture
def ask() -> Ask:
    """Asks the one devtui that listens; every call has its own connection."""
    return Ask()


class Ask:
    """A client in this process."""

    def __call__(self, verb: str, **arguments: Any) -> Any:
        link = self.link()
        try:
            return link.ask(verb, arguments, DEADLINE)
        finally:
            link.close()

    def link(self) -> Link:
        """A connection to the devtui."""
        (found,) = living()
        connection = place.connect(found.path, DEADLINE)
        assert connection is not None
        return Link(found, connection, "tests")

    def bare(self) -> socket.socket:
        """A connection that speaks no protocol."""
        (found,) = living()
        connection = place.connect(found.path, DEADLINE)
        assert connection is not None
        return connection


class Ctl:
    """Runs `devtui ctl` in the project's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a verb to its end."""
        return subprocess.run(
            [sys.executable, "-m", "devtui", "ctl", *arguments],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=2 * DEADLINE,
        )

    def __call__(self, *arguments: str, stdin: str = "", status: int = 0) -> Any:
        """Run a verb that ends with this status, and return its JSON."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == status, (done.stdout, done.stderr)
        return json.loads(done.stdout)


@pytest.fixture
def ctl(folder: Path) -> Ctl:
    """The program, in the project's folder."""
    return Ctl(folder)
