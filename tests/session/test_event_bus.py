"""The bus delivers every event once, in one order, to whoever wants its type."""

from __future__ import annotations

import pytest

from devtui.events import AnyEvent, FilesRead, LogWritten, ServerStarted, StateChanged
from devtui.session.event_bus import EventBus
from devtui.session.state import State, announce_on

STARTED = ServerStarted(generation=1, pid=1)


def a_bus() -> tuple[EventBus, list[AnyEvent]]:
    """A bus of generation 3, and what its first front end gets."""
    bus, told = EventBus(lambda: 3), list[AnyEvent]()
    bus.subscribe(told.append)
    return bus, told


def test_parts_get_the_types_that_they_listen_to_before_the_front_ends() -> None:
    bus, order = EventBus(lambda: 1), list[str]()
    bus.subscribe(lambda event: order.append("front end"))
    bus.listen(lambda event: order.append("part"), ServerStarted)
    bus.listen(lambda event: order.append("wrong part"), LogWritten)
    bus.publish(STARTED)
    assert order == ["part", "front end"]


def test_all_get_it_in_the_order_in_which_they_came() -> None:
    bus, order = EventBus(lambda: 1), list[str]()
    for name in ("first", "second"):
        bus.listen(lambda event, name=name: order.append(f"part {name}"), ServerStarted)
        bus.subscribe(lambda event, name=name: order.append(name))
    bus.publish(STARTED)
    assert order == ["part first", "part second", "first", "second"]


def test_what_a_delivery_causes_is_delivered_after_it() -> None:
    bus, told = a_bus()
    bus.listen(lambda event: bus.warn("caused"), ServerStarted)
    late: list[AnyEvent] = []
    bus.listen(late.append, ServerStarted, LogWritten)
    bus.publish(STARTED)
    assert [type(event) for event in told] == [ServerStarted, LogWritten]
    assert late == told


def test_a_listener_that_fails_holds_up_no_other_event() -> None:
    bus, told = a_bus()

    def fail(event: AnyEvent) -> None:
        bus.warn("before it failed")
        raise ValueError("broken")

    bus.listen(fail, ServerStarted)
    with pytest.raises(ValueError, match="broken"):
        bus.publish(STARTED)
    assert [type(event) for event in told] == [LogWritten]
    bus.warn("afterwards")
    assert len(told) == 2


def test_the_first_front_end_alone_gets_what_came_early() -> None:
    bus = EventBus(lambda: 1)
    early = [STARTED, ServerStarted(generation=2, pid=2)]
    for event in early:
        bus.publish(event)
    first: list[AnyEvent] = []
    second: list[AnyEvent] = []
    bus.subscribe(first.append)
    bus.subscribe(second.append)
    assert (first, second) == (early, [])


def test_private_events_reach_the_parts_alone() -> None:
    bus, told = a_bus()
    heard: list[AnyEvent] = []
    news = True
    bus.listen(heard.append, FilesRead, ServerStarted)
    bus.keep_private(FilesRead)
    bus.keep_private(ServerStarted, lambda: news)
    read = FilesRead(read=(), written=(), children=False)
    bus.publish(read)
    bus.publish(STARTED)
    news = False
    bus.publish(STARTED)
    assert heard == [read, STARTED, STARTED]
    assert told == [STARTED]


def test_a_warning_is_a_line_of_the_newest_generation() -> None:
    bus, told = a_bus()
    bus.warn("Look out.")
    (line,) = told
    assert isinstance(line, LogWritten)
    assert (line.generation, line.stream, line.logger) == (3, "log", "devtui")
    assert (line.level, line.text) == ("WARNING", "Look out.")


def test_a_change_of_state_is_told_in_words() -> None:
    bus, told = a_bus()
    announce_on(bus)(State.SERVING_ERROR, State.RELOADING, "files changed")
    (change,) = told
    assert isinstance(change, StateChanged)
    assert (change.generation, change.previous) == (3, "serving the error")
    assert (change.state, change.reason) == ("reloading", "files changed")
