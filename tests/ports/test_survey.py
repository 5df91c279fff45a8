"""Surveys in the background, and how the session uses them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

import pytest

from devtui.config.settings import Settings
from devtui.events import LogWritten, Reloaded, StateChanged
from devtui.ports import survey
from devtui.ports.bind import PortRefused, bind, check_port
from devtui.ports.survey import PendingSurvey, another_at_localhost
from devtui.session.state import State
from tests.support.holding import V6, holding
from tests.support.live import Live, Serve
from tests.support.processes import free_port, has_ipv6

needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback address")
APP = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'x']\n"


def listening(ip: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if ip == "::":
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind((ip, port))
    listener.listen()
    return listener


async def test_a_look_begins_without_a_loop_and_is_awaited_in_one() -> None:
    with bind(Settings(port=0)) as listener:
        settings = Settings(port=listener.getsockname()[1])
        refusal = check_port(settings)
        assert refusal is not None
        found = await PendingSurvey(settings, refusal).result()
    assert found.refusal is refusal
    assert found.blocking


async def test_an_error_in_a_survey_is_raised_in_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(settings: Settings, refusal: object) -> None:
        raise RuntimeError("no look")

    monkeypatch.setattr("devtui.ports.survey.survey", fail)
    with pytest.raises(RuntimeError, match="no look"):
        await PendingSurvey(Settings(port=5000)).result()


async def test_a_survey_that_is_cancelled_blocks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up, look_at = threading.Event(), survey.survey

    def held(settings: Settings, refusal: PortRefused | None) -> survey.Survey:
        assert given_up.wait(30)  # else it may have found all before anybody waits
        return look_at(settings, refusal)

    monkeypatch.setattr(survey, "survey", held)
    look = PendingSurvey(Settings(port=free_port()))
    waiting = asyncio.create_task(look.result())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    given_up.set()
    assert (await look.result()).refusal is None


@needs_ipv6
@pytest.mark.parametrize(
    ("ours", "theirs", "another"),
    [
        ("127.0.0.1", "::1", True),
        ("127.0.0.1", "::", True),
        ("0.0.0.0", "::1", True),
        ("::1", "127.0.0.1", True),
        ("127.0.0.2", "::1", False),
        ("127.0.0.1", None, False),
    ],
)
def test_whether_localhost_may_lead_elsewhere(ours: str, theirs: str | None, another: bool) -> None:
    port = free_port()
    with contextlib.ExitStack() as stack:
        if theirs is not None:
            stack.enter_context(listening(theirs, port))
        listener = stack.enter_context(bind(Settings(host=ours, port=port)))
        assert another_at_localhost(listener) is another


@needs_ipv6
def test_a_session_warns_of_another_program_at_localhost(serve: Serve) -> None:
    with holding(V6) as other:
        port = other.port
        live = serve(APP, port=port)
        live.serving()
        warning = live.wait_for(LogWritten, lambda event: "localhost" in event.text)
        assert (warning.level, warning.logger) == ("WARNING", "devtui")
        assert f"(pid {other.pid}) on [::1]" in warning.text
        assert f"use http://127.0.0.1:{port}" in warning.text
        live.close()


def tried(live: Live, free: socket.socket) -> None:
    live.wait_for_state(State.PORT_BUSY)
    free.close()
    live.call(live.session.try_again)
    live.serving()


def test_trying_again_is_a_start_and_no_reload(serve: Serve) -> None:
    other = listening("127.0.0.1", 0)
    live = serve(APP, port=other.getsockname()[1])
    tried(live, other)
    assert live.session.listener.is_open
    assert [event.state for event in live.all(StateChanged)] == ["port busy", "starting", "serving"]
    assert live.all(Reloaded) == []
