"""Recorded calls from end to end: in the event of their request, after reloads, and not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devtui.events import LogWritten, RequestFinished
from tests.support.live import Serve, until_warm
from tests.support.projects import write

pytestmark = pytest.mark.e2e

APP = """
import json, sqlite3, sys, threading
from concurrent.futures import ThreadPoolExecutor
from flask import Flask, request
import late

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

@app.get("/late")
def late_import():
    import urllib.request
    late.ask()
    return "done"

@app.get("/nothing")
def nothing():
    from http.client import HTTPConnection
    files = [threading.Thread.start.__code__.co_filename,
             HTTPConnection.putrequest.__code__.co_filename]
    return {
        "modules": [name for name in sys.modules if "tracing" in name and "devtui" in name],
        "finders": [type(finder).__name__ for finder in sys.meta_path],
        "ours": [file for file in files if "devtui" in file or "importlib" in file],
        "sqlite": len(sqlite3.Connection.__mro__),
    }
"""

LATE = """
def ask():
    import jinja2
    return jinja2.Template("{{ 1 }}").render()
"""


def calls_of(event: RequestFinished) -> list[tuple[str, str]]:
    return [(call.text, call.parameters) for call in event.calls]


def test_calls_arrive_with_their_request(serve: Serve) -> None:
    live = serve({"app.py": APP, "late.py": LATE})
    live.serving()
    threads, stream, late = map(live.visit, ("/threads", "/stream", "/late"))
    assert calls_of(threads) == [("select ?", "('thread',)"), ("select ?", "('pool',)")]
    assert calls_of(stream) == [("select ?", "('first',)"), ("select ?", "('second',)")]
    assert [frame.function for frame in stream.calls[0].stack] == ["pieces", "ask"]
    assert [(call.kind, call.text) for call in late.calls] == [("template", "<template>")]
    assert late.calls[0].file.endswith("late.py")
    assert [(total.kind, total.count) for total in stream.call_totals] == [("sql", 2)]
    assert stream.call_totals[0].duration_ms <= stream.duration_ms
    assert not [line for line in live.all(LogWritten) if line.logger == "devtui"]


def test_a_standby_is_hooked_like_a_fresh_process(serve: Serve, folder: Path) -> None:
    live = serve({"app.py": APP, "late.py": LATE}, reload=True)
    live.serving()
    until_warm(live)
    write(folder, {"app.py": APP.replace("version = 1", "version = 2")})
    reloaded = live.reloaded()
    assert reloaded.standby
    assert reloaded.stepped_back == ""
    finished = live.visit("/stream")
    assert finished.generation > 1
    assert len(finished.calls) == 2


def test_without_tracing_nothing_is_left_behind(serve: Serve) -> None:
    live = serve({"app.py": APP, "late.py": LATE}, trace=False)
    live.serving()
    left = json.loads(live.get("/nothing").text)
    assert (left["modules"], left["ours"], left["sqlite"]) == ([], [], 2)
    finished = live.visit("/stream")
    assert (finished.calls, finished.call_totals) == ((), ())


def test_no_debug_means_no_tracing_unless_it_is_wanted(serve: Serve) -> None:
    live = serve({"app.py": APP, "late.py": LATE}, debug=False, trace=True)
    live.serving()
    assert len(live.visit("/stream").calls) == 2
    assert not live.session.settings.debug
