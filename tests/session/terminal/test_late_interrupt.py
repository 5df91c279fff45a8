"""A ctrl+c that comes when the question is over does not end the server."""

from __future__ import annotations

import os
import signal

import pytest

from devtui.events import TerminalReleased, TerminalWanted
from devtui.session.terminal.app_tty import AppTty
from tests.support.live import Serve

APP = """\
def app(environ, start_response):
    start_response("200 OK", [])
    return [(input("? ") if environ["PATH_INFO"] == "/ask" else "here").encode()]
"""


class Answers:
    """A front end that answers at once."""

    def hand_over(self, tty: AppTty, wanted: TerminalWanted) -> None:
        tty.lend(lambda shown: None, for_program=False)
        tty.type(b"whole\n")

    def take_back(self) -> None:
        pass


def test_the_server_survives_an_interrupt_just_after_the_answer(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "isatty", lambda fd: True)  # somebody is there to type
    live = serve({"app.py": APP})
    pid = live.serving().pid
    live.call(lambda: live.session.terminal.lend_by(Answers()))
    live.call(
        lambda: live.session.bus.listen(lambda event: os.kill(pid, signal.SIGINT), TerminalReleased)
    )
    assert live.get("/ask").text == "whole"
    live.until(lambda: live.all(TerminalReleased))
    for _ in range(3):
        assert live.get("/").text == "here"
    assert live.serving().pid == pid
