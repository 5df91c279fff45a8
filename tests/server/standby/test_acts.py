"""What an app does outside of its process is announced before it is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.conftest import InFork
from tests.support.projects import app_source

ACTS = {
    "writes a file": "open(HERE / 'act', 'w')",
    "appends to a file": "open(HERE / 'act', 'a')",
    "makes a folder": "(HERE / 'act').mkdir()",
    "changes the mode of an open file": "os.chmod(os.open(HERE / 'keep', os.O_RDONLY), 0o600)",
    "changes the times of an open file": "os.utime(os.open(HERE / 'keep', os.O_RDONLY), (1, 1))",
    "removes a file": "(HERE / 'keep').unlink()",
    "starts a program": "import subprocess; subprocess.run(['touch', HERE / 'act'])",
    "forks": "if os.fork() == 0:\n    os._exit(0)",
    "starts a thread": (
        "import threading\nthreading.Thread(target=(HERE / 'act').touch, daemon=True).start()"
    ),
    "makes a temporary file": "import tempfile; tempfile.mkstemp(dir=HERE)",
    "opens a database": "import sqlite3; sqlite3.connect(HERE / 'act')",
    "connects": "import socket; socket.socket().connect(('127.0.0.1', 9))",
    "sets a trace function": "sys.settrace(lambda *_: None)",
    "asks": "input('? ')",
}

PROBE = app_source("standby/acts.py")


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_announced_before_it_is_done(in_fork: InFork, tmp_path: Path, name: str) -> None:
    keep = tmp_path / "keep"
    keep.touch()
    before = keep.stat()
    assert in_fork(PROBE, act=ACTS[name], folder=str(tmp_path))
    assert list(tmp_path.iterdir()) == [keep]
    assert (keep.stat().st_mode, keep.stat().st_mtime_ns) == (before.st_mode, before.st_mtime_ns)


@pytest.mark.parametrize("harmless", ["open(HERE / 'keep')", "(HERE / 'keep').stat()"])
def test_what_changes_nothing_is_no_act(in_fork: InFork, tmp_path: Path, harmless: str) -> None:
    (tmp_path / "keep").touch()
    assert in_fork(PROBE, act=harmless, folder=str(tmp_path)) == ""
