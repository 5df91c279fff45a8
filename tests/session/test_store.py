"""What the session remembers: what belongs together is linked, and everything is bounded."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from devtui.events import (
    AnyEvent,
    AppFailed,
    Body,
    Error,
    ErrorRaised,
    EventsDropped,
    ExceptionData,
    FilesChanged,
    LogWritten,
    Reloaded,
    RequestFinished,
    RequestStarted,
    ServerExited,
    Serving,
)
from devtui.session import store as stores
from devtui.session.store import Store

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
ERROR = Error(exceptions=(ExceptionData(type="ValueError", message="no"),), text="ValueError: no\n")


def started(request_id: str, generation: int = 1) -> RequestStarted:
    return RequestStarted(
        at=NOON, generation=generation, id=request_id, method="GET", target="/", client="::1"
    )


def finished(request_id: str, **fields: object) -> RequestFinished:
    return RequestFinished(
        **{  # type: ignore[arg-type]
            "id": request_id,
            "method": "GET",
            "target": "/",
            "client": "::1",
            "status": 200,
            "duration_ms": 1.0,
            "size_bytes": 0,
            **fields,
        }
    )


def body(text: str | None) -> Body:
    return Body(content_type="text/plain", size_bytes=len(text or ""), text=text)


def line(text: str, request_id: str | None = None) -> LogWritten:
    return LogWritten(stream="stdout", text=text, request_id=request_id)


def stored(*events: AnyEvent) -> Store:
    store = Store()
    for event in events:
        store.apply(event)
    return store


def test_a_request_runs_until_its_end() -> None:
    store = stored(started("1-1"))
    request = store.request("1-1")
    assert request is not None
    assert request.running
    assert store.running == 1
    end = finished("1-1", status=404)
    store.apply(end)
    assert request.finished is end
    assert store.running == 0
    assert list(store.requests) == [request]


def test_a_second_end_changes_nothing() -> None:
    store = stored(started("1-1"), finished("1-1", status=200), finished("1-1", status=500))
    request = store.request("1-1")
    assert request is not None
    assert request.finished is not None
    assert request.finished.status == 200
    assert store.running == 0


def test_an_end_without_a_beginning_is_a_row_all_the_same() -> None:
    store = stored(finished("1-7", method="POST", target="/x", generation=3))
    request = store.request("1-7")
    assert request is not None
    assert (request.started.method, request.started.target) == ("POST", "/x")
    assert request.started.generation == 3
    assert store.running == 0


def test_output_and_errors_belong_to_their_request() -> None:
    store = stored(
        started("1-1"),
        line("of nobody"),
        line("of one", "1-1"),
        ErrorRaised(error=ERROR, request_id="1-1"),
        line("of a stranger", "9-9"),
    )
    request = store.request("1-1")
    assert request is not None
    assert [store.log[number].text for number in request.output] == ["of one"]
    assert [store.errors[number].error for number in request.errors] == [ERROR]
    assert [event.text for event in store.log] == ["of nobody", "of one", "of a stranger"]


def test_the_lines_of_one_request_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_LINES_OF_REQUEST", 2)
    store = stored(started("1-1"), *[line(str(number), "1-1") for number in range(5)])
    request = store.request("1-1")
    assert request is not None
    assert request.output == [0, 1]
    assert len(store.log) == 5


def test_what_the_reloads_pane_lists() -> None:
    listed: list[AnyEvent] = [
        Reloaded(cause="files changed", paths=("/a.py",), duration_ms=5.0),
        AppFailed(reload=False, message="no", error=ERROR, duration_ms=1.0),
        ServerExited(pid=1, signal="SIGSEGV"),
    ]
    store = stored(
        *listed,
        # The Reloaded that follows it is listed, and says that it failed.
        AppFailed(reload=True, message="no", error=ERROR, duration_ms=1.0),
        ServerExited(pid=1, exit_code=0, expected=True),
        FilesChanged(paths=("/a.py",), raw_count=1),
        Serving(url="http://127.0.0.1:1", pid=1),
    )
    assert list(store.reloads) == listed


def test_a_load_that_failed_is_an_error_too() -> None:
    failure = AppFailed(generation=2, reload=True, message="no", error=ERROR, duration_ms=1.0)
    (entry,) = stored(failure).errors
    assert (entry.origin, entry.error, entry.generation) == ("load", ERROR, 2)
    assert entry.request_id is None


def test_dropped_events_are_counted() -> None:
    assert stored(EventsDropped(count=3), EventsDropped(count=4)).events_dropped == 7


def test_the_requests_of_a_dead_process_are_cut() -> None:
    store = stored(started("1-1"), started("1-2"), finished("1-2"), started("2-1", generation=2))
    at = NOON + timedelta(milliseconds=250)
    (cut,) = store.cut_running(1, at, "cut by reload")
    assert (cut.id, cut.status, cut.cut, cut.duration_ms) == ("1-1", None, "cut by reload", 250.0)
    assert (cut.generation, cut.at) == (1, at)
    store.apply(cut)
    assert store.running == 1
    assert store.cut_running(1, at, "cut by reload") == []


def test_clearing_the_requests_forgets_them_and_their_ids() -> None:
    store = stored(started("1-1"), started("1-2"), finished("1-2"))
    store.clear_requests()
    assert len(store.requests) == 0
    assert store.request("1-1") is None
    assert store.running == 0
    assert store.cut_running(1, NOON, "") == []
    store.apply(finished("1-1"))  # it ran while the pane was cleared
    assert store.running == 0
    assert [request.started.id for request in store.requests] == ["1-1"]


def test_the_oldest_request_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_REQUESTS", 2)
    store = stored(started("1-1"), started("1-2"), finished("1-2"), started("1-3"))
    assert store.request("1-1") is None
    assert store.requests.dropped == 1
    assert store.running == 1  # of those that are kept
    store.apply(line("late", "1-1"))
    store.apply(ErrorRaised(error=ERROR, request_id="1-1"))
    assert len(store.log) == len(store.errors) == 1


def test_the_oldest_bodies_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_BODY_BYTES", 10)
    store = Store()
    for number in range(4):
        store.apply(started(f"1-{number}"))
        store.apply(
            finished(f"1-{number}", request_body=body("abc"), response_body=body(f"de{number}"))
        )
    kept = [(request.finished, request.bodies_dropped) for request in store.requests]
    texts = [end.response_body.text for end, _ in kept if end and end.response_body]
    assert texts == [None, None, None, "de3"]
    assert [dropped for _, dropped in kept] == [True, True, True, False]
    (first, _), *_ = kept
    assert first is not None
    assert first.request_body == Body(
        content_type="text/plain", size_bytes=3, text=None, truncated=True
    )


def test_bodies_that_went_with_their_request_are_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stores, "MAX_REQUESTS", 2)
    monkeypatch.setattr(stores, "MAX_BODY_BYTES", 10)
    store = Store()
    for number in range(50):
        store.apply(started(f"1-{number}"))
        store.apply(finished(f"1-{number}", response_body=body("12345")))
        if number == 20:
            store.clear_requests()
    assert not any(request.bodies_dropped for request in store.requests)
    assert store._body_bytes == 10
    assert len(store._with_bodies) <= 2


def test_the_bodies_of_a_slow_request_make_room_in_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stores, "MAX_BODY_BYTES", 10)
    store = stored(started("slow"))
    for number in range(8):
        if number == 4:
            store.apply(finished("slow", response_body=body("slow!")))
        store.apply(started(f"1-{number}"))
        store.apply(finished(f"1-{number}", response_body=body(f"body{number}")))
    held = {
        request.started.id: request.finished.response_body.text
        for request in store.requests
        if request.finished and request.finished.response_body
    }
    assert {key: text for key, text in held.items() if text} == {"1-6": "body6", "1-7": "body7"}


def test_bodies_are_bounded_even_where_requests_end_in_the_wrong_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stores, "MAX_BODY_BYTES", 10)
    names = [f"1-{number}" for number in range(20)]
    store = stored(*map(started, names))
    for name in reversed(names):
        store.apply(finished(name, response_body=body("12345")))
    kept = [
        request.started.id
        for request in store.requests
        if request.finished and request.finished.response_body and not request.bodies_dropped
    ]
    assert kept == ["1-0", "1-1"]
