"""What the session remembers: what belongs together is linked, and everything is bounded."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from msgspec import structs

from devtui.events import (
    AnyEvent,
    AppFailed,
    Body,
    Error,
    ErrorRaised,
    EventsDropped,
    ExceptionData,
    FilesChanged,
    Frame,
    LogWritten,
    Reloaded,
    RequestFinished,
    RequestStarted,
    ServerExited,
    Serving,
)
from devtui.session.store import store as stores
from devtui.session.store.store import Store

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
    end = finished("1-1", status=404, generation=1)
    store.apply(end)
    assert request.finished == end
    assert list(store.requests) == [request]


def test_a_second_end_changes_nothing() -> None:
    store = stored(started("1-1"), finished("1-1", status=200), finished("1-1", status=500))
    request = store.request("1-1")
    assert request is not None
    assert request.finished is not None
    assert request.finished.status == 200


def test_an_end_without_a_beginning_is_a_row_all_the_same() -> None:
    store = stored(finished("1-7", method="POST", target="/x", generation=3))
    request = store.request("1-7")
    assert request is not None
    assert (request.started.method, request.started.target) == ("POST", "/x")
    assert request.started.generation == 3


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
    assert [line.text for line in store.output_of(request)] == ["of one"]
    assert [store.errors[number].error for number in request.errors] == [ERROR]
    assert [event.text for event in store.log] == ["of nobody", "of one", "of a stranger"]


def test_the_lines_of_one_request_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_LINES_OF_REQUEST", 2)
    store = stored(started("1-1"), *[line(str(number), "1-1") for number in range(5)])
    request = store.request("1-1")
    assert request is not None
    assert [line.text for line in store.output_of(request)] == ["0", "1"]
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


def test_clearing_the_requests_empties_their_list() -> None:
    store = stored(started("1-1"), started("1-2"), finished("1-2"))
    store.clear_requests()
    assert len(store.requests) == 0
    assert store.request("1-1") is None
    assert store.request("1-2") is not None  # what it wrote and raised still leads to it
    store.apply(finished("1-1"))  # it ran while the pane was cleared
    assert [request.started.id for request in store.requests] == ["1-1"]


def test_cleared_requests_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_CLEARED", 1)
    store = stored(started("1-1"), finished("1-1"), started("1-2"), finished("1-2"))
    store.clear_requests()
    assert store.request("1-1") is None
    assert store.request("1-2") is not None
    store.apply(started("1-3"))
    store.apply(finished("1-3"))
    store.clear_requests()
    assert store.request("1-2") is None
    assert store.details_bytes == sum(one.details_bytes for one in store.with_details)


def test_the_oldest_request_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_REQUESTS", 2)
    store = stored(started("1-1"), started("1-2"), finished("1-2"), started("1-3"))
    assert store.request("1-1") is None
    assert store.requests.dropped == 1
    store.apply(line("late", "1-1"))
    store.apply(ErrorRaised(error=ERROR, request_id="1-1"))
    assert len(store.log) == len(store.errors) == 1


def test_a_request_is_what_it_was_after_it_has_been_packed() -> None:
    begin = RequestStarted(
        at=NOON + timedelta(microseconds=1),
        generation=3,
        id="3-1",
        method="POST",
        target="/ä?b=\x00",
        client="::1",
        headers=(("Host", "x"), ("Cookie", "ü")),
    )
    end = RequestFinished(
        at=NOON + timedelta(seconds=1),
        generation=3,
        id="3-1",
        method="POST",
        target="/ä?b=\x00",
        client="::1",
        status=None,
        duration_ms=1000.25,
        size_bytes=2**40,
        cut="the client closed the connection",
        first_byte_ms=3.5,
        response_headers=(("Server", "y"),),
        request_body=body("sent"),
        response_body=body(None),
    )
    request = stored(begin, end).request("3-1")
    assert request is not None
    assert (request.started, request.finished) == (begin, end)
    assert (request.row.target, request.row.ended_at) == (begin.target, end.at)


def ends_of(store: Store) -> list[RequestFinished]:
    return [request.finished for request in store.requests if request.finished is not None]


def test_the_oldest_headers_and_bodies_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_DETAILS_BYTES", 300)
    store = Store()
    for number in range(4):
        store.apply(started(f"1-{number}"))
        store.apply(finished(f"1-{number}", response_body=body("x" * 60 + str(number))))
    kept = [end.response_body.text[-1:] for end in ends_of(store) if end.response_body]  # type: ignore[index]
    assert kept == ["2", "3"]
    assert [request.details_dropped for request in store.requests] == [True, True, False, False]
    assert [end.status for end in ends_of(store)] == [200] * 4


def test_details_that_went_with_their_request_are_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stores, "MAX_REQUESTS", 2)
    monkeypatch.setattr(stores, "MAX_DETAILS_BYTES", 300)
    store = Store()
    for number in range(50):
        store.apply(started(f"1-{number}"))
        store.apply(finished(f"1-{number}", response_body=body("x" * 50)))
        if number == 20:
            store.clear_requests()
    assert not any(request.details_dropped for request in store.requests)
    assert store.details_bytes == sum(request.details_bytes for request in store.requests)
    assert len(store.with_details) <= 2


def test_the_details_of_a_slow_request_make_room_in_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stores, "MAX_DETAILS_BYTES", 300)
    store = stored(started("slow"))
    for number in range(8):
        if number == 4:
            store.apply(finished("slow", response_body=body("slow" * 15)))
        store.apply(started(f"1-{number}"))
        store.apply(finished(f"1-{number}", response_body=body("body" * 15)))
    held = [request.id for request in store.requests if not request.details_dropped]
    assert held == ["1-6", "1-7"]


def test_details_are_bounded_even_where_requests_end_in_the_wrong_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stores, "MAX_DETAILS_BYTES", 300)
    names = [f"1-{number}" for number in range(20)]
    store = stored(*map(started, names))
    for name in reversed(names):
        store.apply(finished(name, response_body=body("x" * 60)))
    kept = [request.id for request in store.requests if not request.details_dropped]
    assert kept == ["1-0", "1-1"]


def test_long_targets_make_room_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_ROW_BYTES", 10_000)
    store = Store()
    for number in range(20):
        head = RequestStarted(id=f"1-{number}", method="GET", target="/" * 3_000, client="::1")
        store.apply(head)
        store.apply(finished(f"1-{number}"))
    assert [request.id for request in store.requests] == ["1-17", "1-18", "1-19"]
    assert store.request("1-16") is None


def test_long_lines_make_room_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_LINE_BYTES", 10_000)
    store = stored(*[line(str(number) * 3_000) for number in range(9)])
    assert [event.text[0] for event in store.log] == ["6", "7", "8"]
    store.log.clear()
    store.apply(line("x" * 50_000))  # the newest stays, however long it is
    assert len(store.log) == 1


def error(number: int, text: str = "") -> Error:
    frames = (Frame(file="/a.py", line=1, function="f", source="g()", own=True, context=("g()",)),)
    exception = ExceptionData(type="ValueError", message=f"no {number}", frames=frames)
    return Error(exceptions=(exception,), text=text)


def test_equal_frames_are_kept_once() -> None:
    store = stored(*[ErrorRaised(error=error(number)) for number in range(3)])
    frames = {id(entry.error.exceptions[0].frames[0]) for entry in store.errors}
    assert len(frames) == 1
    assert [entry.error for entry in store.errors] == [error(number) for number in range(3)]


def test_long_tracebacks_make_room_and_their_groups_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stores, "MAX_ERROR_BYTES", 9_000)
    kinds = ("one", "two", "three", "four", "five")
    store = Store()
    for kind in kinds:
        (exception,) = error(0).exceptions
        raised = structs.replace(exception, type=kind)
        store.apply(ErrorRaised(error=Error(exceptions=(raised,), text="x" * 3_000)))
    groups = [group.newest.error for group in store.error_groups.ring]
    assert [len(group.text) for group in groups] == [0, 0, 0, 3_000, 3_000]
    assert [group.exceptions[0].type for group in groups] == list(kinds)
    assert groups[0].exceptions[0].message == "no 0"
    assert "no longer kept" in groups[0].exceptions[0].notes[0]
    assert groups[0].exceptions[0].frames[0].file == "/a.py"
