"""A second account gets nothing from the control socket, even if it can reach it."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path

import pytest

from devtui.config.settings import Settings
from devtui.control import place
from devtui.control.client.link import living
from devtui.control.serve_beside import serve_beside
from devtui.version import __version__
from tests.faults.access.conftest import AsStranger
from tests.support.live import Live
from tests.support.processes import eventually
from tests.support.projects import app_environment, says, write

pytestmark = pytest.mark.e2e

TRIES = """\
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(20)
try:
    connection.connect(sys.argv[1])
    connection.sendall(sys.argv[2].encode() + b"\\n")
    print(connection.recv(100))
except OSError as error:
    print(type(error).__name__)
"""


STATUS = {"devtui": 1, "id": 1, "verb": "status"}
ATTACH = {"version": __version__, "token": "d00000000"}


@pytest.mark.parametrize("asked", [STATUS, {**STATUS, "verb": "attach", "arguments": ATTACH}])
def test_a_second_account_gets_nothing(
    as_stranger: AsStranger,
    asked: dict[str, object],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    runtime = Path(f"/tmp/ctl-{os.getpid()}")
    runtime.mkdir(mode=0o755)
    try:
        monkeypatch.setenv(place.VARIABLE, str(runtime / "devtui"))
        write(folder, {"app.py": says("one")})
        live = Live(Settings(app="app", folder=folder, port=0, environment=app_environment()))
        live.session.accompany(partial(serve_beside, delay=0.0))
        with live:
            assert eventually(living)
            (found,) = living()
            assert as_stranger(TRIES, found.path, json.dumps(asked)) == b"PermissionError\n"
            # Even if the folder were open, the kernel would tell who they are.
            os.chmod(os.path.dirname(found.path), 0o777)
            os.chmod(found.path, 0o777)
            assert as_stranger(TRIES, found.path, json.dumps(asked)) in (
                b"b''\n",
                b"ConnectionResetError\n",
                b"BrokenPipeError\n",
            )
            os.chmod(os.path.dirname(found.path), 0o700)
    finally:
        for path in (runtime / "devtui").glob("*"):
            path.unlink()
        (runtime / "devtui").rmdir()
        runtime.rmdir()
