"""Recorded calls from end to end: in the event of their request, after reloads, and not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devtui.events import LogWritten, RequestFinished
from tests.server.tracing.conftest import needs
from tests.support.databases import Redis
from tests.support.live import Live, Serve, until_warm
from tests.support.processes import eventually
from tests.support.projects import app_source, write

pytestmark = pytest.mark.e2e

APP = app_source("calls/flask_threads.py")

LATE = app_source("calls/flask_late_imports.py")


def calls_of(event: RequestFinished) -> list[tuple[str, str]]:
    return [(call.text, call.parameters) for call in event.calls]


def libraries_of(event: RequestFinished) -> list[tuple[str, str]]:
    """The calls by library, but for what SQLAlchemy asks SQLite when it connects."""
    return [(call.library, call.text) for call in event.calls if not call.text.startswith("PRAGMA")]


def state_of(live: Live) -> Any:
    return json.loads(live.get("/state").body)


def test_calls_arrive_with_their_request(serve: Serve) -> None:
    live = serve(APP)
    live.serving()
    threads, stream = map(live.visit, ("/threads", "/stream"))
    assert calls_of(threads) == [("select ?", "('thread',)"), ("select ?", "('pool',)")]
    assert calls_of(stream) == [("select ?", "('first',)"), ("select ?", "('second',)")]
    assert [frame.function for frame in stream.calls[0].stack] == ["pieces", "ask"]
    assert [(total.kind, total.count) for total in stream.call_totals] == [("sql", 2)]
    assert stream.call_totals[0].duration_ms <= stream.duration_ms


def test_libraries_are_hooked_however_late_the_app_imports_them(
    serve: Serve, redis: Redis, web: str
) -> None:
    needs("aiosqlite", "asgiref", "greenlet", "sqlalchemy")
    live = serve(LATE.replace("WEB", repr(web)).replace("REDIS", str(redis.port)))
    live.serving()
    assert set(json.loads(live.get("/before").body)) <= {"http.client"}
    for tag in ("stream", "thread"):
        finished = live.visit(f"/{tag}")
        assert libraries_of(finished) == [
            ("redis", f"GET {tag}"),
            *(
                (library, f"GET {web}/{library}-{tag}")
                for library in ("httpx", "requests", "urllib3", "http.client")
            ),
            ("sqlite3", "select ?"),
            ("sqlalchemy", "select ?"),
        ]
        assert {call.stack[-1].function for call in finished.calls} == {"ask"}
        assert {total.kind: total.count for total in finished.call_totals} == {
            "cache": 1,
            "http": 4,
            "sql": 3,
        }
    finished = live.visit("/async")
    assert sorted(libraries_of(finished)) == [
        ("httpx", f"GET {web}/async"),
        ("redis", "GET async"),
        ("sqlalchemy", "select ?"),
    ]
    functions = {call.library: call.stack[-1].function for call in finished.calls}
    names = {"httpx": "ask_web", "redis": "ask_redis", "sqlalchemy": "ask_database"}
    assert functions.items() >= names.items()
    assert not [line for line in live.all(LogWritten) if line.logger == "devtui"]


def test_a_standby_is_hooked_like_a_fresh_process(serve: Serve, folder: Path) -> None:
    live = serve(APP, reload=True)
    live.serving()
    fresh = state_of(live)
    assert set(fresh["wrappers"][3:]) == {1}
    until_warm(live)
    write(folder, {"app.py": APP.replace("version = 1", "version = 2")})
    reloaded = live.reloaded()
    assert reloaded.standby
    assert reloaded.stepped_back == ""
    finished = live.visit("/stream")
    assert finished.generation > 1
    assert len(finished.calls) == 2
    # A thread of the reload may just be ending.
    assert eventually(lambda: {**state_of(live), "modules": fresh["modules"]} == fresh)


def test_without_tracing_nothing_is_left_behind(serve: Serve) -> None:
    live = serve(APP, trace=False)
    live.serving()
    left = state_of(live)
    assert (left["modules"], left["ours"], left["listeners"], left["sqlite"]) == ([], [], [], 2)
    assert not any(left["wrappers"])
    finished = live.visit("/stream")
    assert (finished.calls, finished.call_totals) == ((), ())


def test_no_debug_means_no_tracing_unless_it_is_wanted(serve: Serve) -> None:
    live = serve(APP, debug=False, trace=True)
    live.serving()
    assert len(live.visit("/stream").calls) == 2
    assert not live.session.settings.debug
