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
from tests.support.projects import write

pytestmark = pytest.mark.e2e

APP = """
import sqlite3, sys, threading
from concurrent.futures import ThreadPoolExecutor
from flask import Flask

app = Flask(__name__)
pool = ThreadPoolExecutor(1)
version = 1

def ask(tag):
    sqlite3.connect(":memory:").execute("select ?", (tag,))

@app.get("/threads")
def threads():
    thread = threading.Thread(target=ask, args=("thread",))
    thread.start()
    thread.join()
    pool.submit(ask, "pool").result()
    return "done"

@app.get("/stream")
def stream():
    def pieces():
        for tag in ("first", "second"):
            ask(tag)
            yield tag
    return pieces()

def wrappers(function):
    count = 0
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
        count += 1
    return count

@app.get("/state")
def state():
    import concurrent.futures.thread, http.client, redis, requests, sqlalchemy
    from pymongo.monitoring import _LISTENERS
    sqlalchemy.create_engine("sqlite://")
    functions = [
        sqlite3.Connection.execute, threading.Thread.start,
        concurrent.futures.thread._WorkItem.run, http.client.HTTPConnection.putrequest,
        redis.Redis.execute_command, requests.Session.send,
        sqlalchemy.engine.default.DefaultDialect.do_execute,
    ]
    # On Python 3.10 what records a call is written in C.
    codes = [getattr(function, "__code__", None) for function in functions[1:]]
    files = ["importlib" if code is None else code.co_filename for code in codes]
    return {
        "modules": sorted(name for name in sys.modules if "tracing" in name and "devtui" in name),
        "finders": [getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path],
        "ours": [file for file in files if "/devtui/server/" in file or "importlib" in file],
        "wrappers": [wrappers(function) for function in functions],
        "listeners": [type(one).__qualname__ for one in _LISTENERS.command_listeners],
        "threads": threading.active_count(),
        "sqlite": len(sqlite3.Connection.__mro__),
    }
"""

LATE = """
import asyncio, sys, threading
from flask import Flask

app = Flask(__name__)
LIBRARIES = "http.client", "httpx", "redis", "requests", "sqlalchemy", "sqlite3", "urllib3"
before = [name for name in LIBRARIES if name in sys.modules]

def ask(tag):
    import httpx, redis, requests, sqlite3, urllib3
    from http.client import HTTPConnection
    from sqlalchemy import create_engine, text

    redis.Redis(port=REDIS).get(tag)
    with httpx.stream("GET", f"{WEB}/httpx-{tag}") as response:
        list(response.iter_bytes())
    requests.get(f"{WEB}/requests-{tag}", stream=True).close()
    urllib3.request("GET", f"{WEB}/urllib3-{tag}")
    connection = HTTPConnection(WEB.removeprefix("http://"))
    connection.request("GET", f"/http.client-{tag}")
    connection.getresponse().read()
    sqlite3.connect(":memory:").execute("select ?", (tag,))
    with create_engine("sqlite://").connect() as db:
        db.execute(text("select :tag"), {"tag": tag})

@app.get("/before")
def imported_before():
    return before

@app.get("/stream")
def stream():
    def pieces():
        yield "first"
        ask("stream")
        yield "last"
    return pieces()

@app.get("/thread")
def thread():
    def pieces():
        thread = threading.Thread(target=ask, args=("thread",))
        thread.start()
        yield "started"
        thread.join()
    return pieces()

@app.get("/async")
async def asynchronous():
    import httpx
    from redis.asyncio import Redis
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    async def ask_web():
        async with httpx.AsyncClient() as client:
            await client.get(f"{WEB}/async")

    async def ask_redis():
        async with Redis(port=REDIS) as cache:
            await cache.get("async")

    async def ask_database():
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.connect() as db:
            await db.execute(text("select :tag"), {"tag": "async"})
        await engine.dispose()

    await asyncio.gather(ask_web(), ask_redis(), ask_database())
    return "done"
"""


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
