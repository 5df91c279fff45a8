"""A fork of gevent's goes on with all greenlets of the server, which must serve nothing there."""

from __future__ import annotations

from contextlib import ExitStack
from http.client import HTTPConnection

import pytest

from tests.support.live import Serve
from tests.support.processes import DEADLINE

pytestmark = pytest.mark.e2e

SOURCE = """\
from gevent import monkey
monkey.patch_all()
import os, time

def app(environ, start_response):
    if environ["PATH_INFO"] == "/fork" and os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    answer = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
"""

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
