"""What pages get of the log: from when on, how much of it, and what a slow page misses."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, cast

import pytest

from devtui.events import Error, ErrorRaised, ExceptionData, Frame, LogWritten, utc_now
from devtui.session.event_bus import EventBus
from devtui.session.live.page_connection import PageConnection
from devtui.session.live.page_console import MAX_KEPT, MAX_MESSAGE_BYTES, MAX_TEXT, PageConsole
from devtui.session.store.store import Store
from tests.support.processes import until


class FakePage:
    """A page that remembers what it was sent."""

    may_read_log = True

    def __init__(self) -> None:
        self.has_room = True
        self.messages: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        self.messages.append(message)

    @property
    def entries(self) -> list[list[str]]:
        return [entry for message in self.messages for entry in message["entries"]]


class Parts:
    """A console with what it needs."""

    def __init__(self) -> None:
        self.bus = EventBus(lambda: 1)
        self.bus.subscribe(lambda event: None)
        self.store = Store()
        self.store.subscribe_to(self.bus)
        self.console = PageConsole(self.bus, self.store, "/project")

    def add(self, heard: str = "t0") -> FakePage:
        page = FakePage()
        self.console.add(cast(PageConnection, page), heard)
        return page

    def log(self, text: str, **more: Any) -> LogWritten:
        event = LogWritten(stream="log", text=text, **{"logger": "shop", "level": "INFO", **more})
        self.bus.publish(event)
        return event


@pytest.fixture
def parts() -> Parts:
    return Parts()


async def test_a_page_has_the_log_from_when_it_was_asked_for(parts: Parts) -> None:
    now = utc_now()
    parts.log("before", at=now - timedelta(microseconds=1))
    parts.log("during", at=now)
    since = round(now.timestamp() * 1_000_000)
    page, again = parts.add(f"t{since}"), parts.add("n1")
    odd = [parts.add(heard) for heard in ("", "t", "x5", "t-1", "n9999", "t" + "9" * 30)]
    parts.log("after", level="CRITICAL")
    await until(lambda: all(one.entries for one in (page, again, *odd)))
    expected = [["info", "during"], ["error", "after"]]
    assert page.entries == again.entries == expected
    assert [one.entries for one in odd] == [expected[1:]] * len(odd)
    assert page.messages[-1]["heard"] == "n3"


async def test_an_error_is_told_by_its_type_and_the_user_s_line(parts: Parts) -> None:
    page = parts.add()
    frames = (
        Frame(file="/project/shop/views.py", line=7, function="buy", source="pay()", own=True),
        Frame(file="/lib/pay.py", line=9, function="pay", source="raise"),
    )
    raised = ExceptionData(type="ValueError", message="GET /?token=abc", frames=frames)
    parts.bus.publish(ErrorRaised(error=Error(exceptions=(raised,), text="x"), request_id="1"))
    parts.log(
        "it failed\nTraceback (most recent call last):\n  more", level="ERROR", request_id="1"
    )
    parts.log("of devtui", logger="devtui")
    parts.log("the last")
    await until(lambda: len(page.entries) > 2)
    assert page.entries == [
        ["error", "ValueError: GET /?token=••••••••\n  shop/views.py:7, in buy\n    pay()"],
        ["error", "it failed"],
        ["info", "the last"],
    ]


async def test_a_page_that_reads_slowly_hears_how_much_it_misses(parts: Parts) -> None:
    page, slow = parts.add(), parts.add()
    slow.has_room = False
    for number in range(3 * MAX_KEPT):
        parts.log(f"{number} {'é' * MAX_TEXT * 2}")
        if not number % MAX_KEPT:
            await asyncio.sleep(0)
    await until(lambda: page.entries and page.entries[-1][1].startswith(f"{3 * MAX_KEPT - 1} "))
    assert slow.messages == []
    slow.has_room = True
    await until(lambda: slow.entries and slow.entries[-1] == page.entries[-1])
    for one in (page, slow):
        missed = sum(message["left_out"] for message in one.messages)
        assert missed + len(one.entries) == 3 * MAX_KEPT
        sizes = [sum(len(text.encode()) for _, text in m["entries"]) for m in one.messages]
        assert max(sizes) <= MAX_MESSAGE_BYTES
    assert len(slow.entries) <= MAX_KEPT
    assert page.entries[0][1].endswith("characters)")
