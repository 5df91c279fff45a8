"""Names are resolved with a deadline, and never on the session's event loop."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
import time
from typing import Any

import pytest

from devtui.config.settings import Settings
from devtui.ports import bind as ports
from devtui.ports import resolving
from devtui.ports.resolving import NotResolved, resolved
from devtui.session.session import Session
from devtui.session.state import State

numbers = itertools.count()


@pytest.fixture
def host() -> str:
    """A name that nobody has asked for yet: an answer is kept for a while."""
    return f"host{next(numbers)}.example"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Replace the name servers by ones that answer only when the event is set."""
    answer = threading.Event()
    ask = socket.getaddrinfo
    asked: list[str] = []

    def slow(
        host: str, port: int, family: int = 0, kind: int = 0, proto: int = 0, flags: int = 0
    ) -> Any:
        if flags & socket.AI_NUMERICHOST:
            return ask(host, port, family, kind, proto, flags)
        asked.append(threading.current_thread().name)
        answer.wait(60)
        return ask("127.0.0.1", port, family, kind, proto)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    yield answer, asked
    answer.set()


def test_numbers_are_not_asked_for(silent: Any) -> None:
    assert resolved("127.0.0.1", 80) == (socket.AF_INET, ("127.0.0.1", 80))
    assert resolved("::1", 80) == (socket.AF_INET6, ("::1", 80, 0, 0))
    assert silent[1] == []


def test_a_name_server_that_does_not_answer_is_not_waited_for(
    silent: Any, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolving, "DEADLINE_SECONDS", 0.2)
    began = time.monotonic()
    with pytest.raises(NotResolved, match=r"did not answer within 0\.2 s"):
        resolved(host)
    with pytest.raises(ports.PortRefused, match=r"did not answer within 0\.2 s"):
        ports.bind(Settings(host=host, port=0))
    assert ports.next_free_port(Settings(host=host, port=5000)) is None
    assert time.monotonic() - began < 10
    assert len(silent[1]) == 1, "asked again within the time for which an answer is good"


def test_an_answer_is_good_for_a_while(silent: Any, host: str) -> None:
    answer, asked = silent
    answer.set()
    for port in range(5000, 5005):
        assert resolved(host, port) == (socket.AF_INET, ("127.0.0.1", port))
    assert asked == ["resolve"]


async def test_the_event_loop_continues_while_a_name_is_resolved(
    silent: Any, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Try a port again, as `t` does on the port screen, with a slow name server."""
    answer, asked = silent
    monkeypatch.setattr(resolving, "KEPT_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        session = Session(Settings(app="app", host=host, port=port, reload=False))
        answer.set()
        session.launch()
        assert session.state is State.PORT_BUSY
    answer.clear()
    asked.clear()
    running = asyncio.create_task(session.run())
    try:
        session.try_again()
        longest = 0.0
        began = time.monotonic()
        while time.monotonic() < began + 1.0 or not asked:
            assert time.monotonic() < began + 20
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)
        assert asked
        assert longest < 2.0
    finally:
        answer.set()
        session.close()
        await asyncio.wait_for(running, 30)
