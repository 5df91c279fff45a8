"""Every event is kept and told, also those that came before anybody listened."""

from __future__ import annotations

from devtui.events import AnyEvent, LogWritten, ServerStarted, StateChanged
from devtui.session.event_bus import Feed
from devtui.session.state import State


def a_feed() -> tuple[Feed, list[AnyEvent]]:
    """The feed of generation 3, and what its first subscriber gets."""
    feed = Feed(lambda: 3)
    told: list[AnyEvent] = []
    feed.subscribe(told.append)
    return feed, told


def test_an_event_is_kept_before_it_is_told() -> None:
    feed = Feed(lambda: 1)
    kept: list[int] = []
    feed.subscribe(lambda event: kept.append(len(feed.store.log)))
    feed.take(LogWritten(generation=1, stream="stdout", text="hello"))
    assert kept == [1]


def test_all_subscribers_get_it_in_the_order_in_which_they_came() -> None:
    feed, order = Feed(lambda: 1), []
    feed.subscribe(lambda event: order.append("first"))
    feed.subscribe(lambda event: order.append("second"))
    feed.take(ServerStarted(generation=1, pid=1))
    assert order == ["first", "second"]


def test_the_first_subscriber_alone_gets_what_came_early() -> None:
    feed = Feed(lambda: 1)
    early = [ServerStarted(generation=1, pid=1), ServerStarted(generation=2, pid=2)]
    for event in early:
        feed.take(event)
    first: list[AnyEvent] = []
    second: list[AnyEvent] = []
    feed.subscribe(first.append)
    feed.subscribe(second.append)
    assert (first, second) == (early, [])


def test_a_warning_is_a_line_of_the_newest_generation() -> None:
    feed, told = a_feed()
    feed.warn("Look out.")
    (line,) = told
    assert isinstance(line, LogWritten)
    assert (line.generation, line.stream, line.logger) == (3, "log", "devtui")
    assert (line.level, line.text) == ("WARNING", "Look out.")
    assert list(feed.store.log) == [line]


def test_a_change_of_state_is_told_in_words() -> None:
    feed, told = a_feed()
    feed.state_changed(State.SERVING_ERROR, State.RELOADING, "files changed")
    (change,) = told
    assert isinstance(change, StateChanged)
    assert (change.generation, change.previous) == (3, "serving the error")
    assert (change.state, change.reason) == ("reloading", "files changed")
