"""A fork of gevent's goes on with all greenlets of the server, which must serve nothing there."""

from __future__ import annotations

from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from devtui.events import RequestStarted
from tests.support.live import Serve
from tests.support.processes import DEADLINE, eventually
from tests.support.projects import app_source

pytestmark = pytest.mark.e2e

SOURCE = app_source("keepalive/greenlet_forks.py")

ROUNDS = 4


def test_a_fork_takes_no_request_of_an_open_connection(serve: Serve) -> None:
    pytest.importorskip("gevent")
    live = serve(SOURCE)
    pid = str(live.serving().pid).encode()
    host, port = live.address()
    with ExitStack() as stack:
        clients = [HTTPConnection(host, port, timeout=DEADLINE) for _ in range(20)]
        for client in clients:
            stack.callback(client.close)
        for number in range(ROUNDS):
            for client in clients:
                client.request("POST", f"/{number}", b"abc")
                assert client.getresponse().read() == pid
            assert live.row(f"/{number}", len(clients)).status == 200
            assert live.get("/fork").text == pid.decode()


def test_a_fork_works_on_while_another_request_is_answered(serve: Serve, folder: Path) -> None:
    """The copy of that request's greenlet comes back to the server first."""
    pytest.importorskip("gevent")
    live = serve(SOURCE, reload=False)
    live.serving()
    host, port = live.address()
    with closing(HTTPConnection(host, port, timeout=DEADLINE)) as slow:
        slow.request("GET", "/slow")
        live.until(lambda: [one for one in live.all(RequestStarted) if one.target == "/slow"])
        assert live.get("/work").status == 200
        assert slow.getresponse().status == 200
    assert eventually((folder / "done").exists)
