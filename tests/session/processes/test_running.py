"""Which requests run in a server process, and what becomes of them at its end."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from devtui.events import RequestFinished, RequestStarted
from devtui.session.processes.running import RunningRequests

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=timezone.utc)


def started(request_id: str) -> RequestStarted:
    return RequestStarted(
        at=NOON, generation=1, id=request_id, method="GET", target="/", client="127.0.0.1:1"
    )


def finished(request_id: str) -> RequestFinished:
    return RequestFinished(
        id=request_id,
        method="GET",
        target="/",
        client="127.0.0.1:1",
        status=200,
        duration_ms=1.0,
        size_bytes=0,
    )


def running(*events: RequestStarted | RequestFinished) -> RunningRequests:
    requests = RunningRequests()
    for event in events:
        requests.note(event)
    return requests


def test_a_request_runs_from_its_start_to_its_end() -> None:
    assert len(running(started("1"))) == 1
    assert len(running(started("1"), finished("1"), finished("1"))) == 0
    assert len(running(finished("of a start that was dropped"))) == 0


def test_the_only_one_that_can_have_written_a_line() -> None:
    assert running().only_one([]) is None
    assert running(started("1")).only_one([finished("1")]) == "1"
    assert running().only_one([started("2")]) == "2"
    assert running(started("1")).only_one([started("2")]) is None


def test_those_that_run_at_the_end_of_their_process_are_cut() -> None:
    requests = running(started("1"), started("2"), finished("2"))
    at = NOON + timedelta(milliseconds=250)
    (cut,) = requests.cut(at, "cut by reload")
    assert (cut.id, cut.status, cut.cut, cut.duration_ms) == ("1", None, "cut by reload", 250.0)
    assert (cut.generation, cut.at) == (1, at)
    assert list(requests.cut(at, "cut by reload")) == []
