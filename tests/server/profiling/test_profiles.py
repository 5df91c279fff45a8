"""Profile requests of a real server process."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from devtui.events import CLIENT_LEFT, RequestProfiled, RequestStarted
from devtui.session.profiles.profiler import Profile
from devtui.session.replay.outgoing import CannotSend, Outgoing
from devtui.session.store.request_record import Request
from tests.support.live import Live, Serve
from tests.support.processes import DEADLINE
from tests.support.projects import app_source

SOURCE = app_source("profile/slow.py")

pytest.importorskip("pyinstrument", reason="it takes the samples")


@pytest.fixture
def live(serve: Serve) -> Live:
    live = serve(SOURCE, reload=False)
    live.serving()
    return live


def visited(live: Live, target: str) -> Request:
    request = live.session.store.request(live.visit(target).id)
    assert request is not None
    return request


def profile(live: Live, *targets: str) -> list[Profile]:
    requests = [visited(live, target) for target in targets]

    async def all_at_once() -> list[Profile]:
        profiler = live.session.profiler
        return await asyncio.gather(*(profiler.profile(request) for request in requests))

    return live.run(all_at_once())


def share(event: RequestProfiled, function: str, *, of_threads: bool = False) -> float:
    """The part of the app's time that went in a function and below it."""
    found, within = 0.0, None
    lines = event.thread_lines if of_threads else event.lines
    for line in lines:
        if within is not None and line.depth <= within:
            within = None
        if within is None and line.function == function:
            within = line.depth
        if within is not None:
            found += line.self_ms
    return found / sum(line.self_ms for line in lines if line.depth)


def test_three_at_once_have_three_profiles_and_others_are_served(live: Live) -> None:
    requests = [visited(live, target) for target in ("/alpha", "/beta", "/gamma")]

    async def all_at_once() -> tuple[list[Profile], int]:
        profiler = live.session.profiler
        profiling = asyncio.gather(*(profiler.profile(request) for request in requests))
        served = 0
        while not profiling.done():
            answer = await asyncio.to_thread(live.get, "/")
            assert answer.body.startswith(b"True True")
            served += not profiling.done()
        return await profiling, served

    profiles, served = live.run(all_at_once())
    assert served > 0
    for found, name in zip(profiles, ("alpha", "beta", "gamma"), strict=True):
        others = {"alpha", "beta", "gamma"} - {name}
        event = found.event
        assert share(event, name) > 0.5
        assert not others & {line.function for line in event.lines}
        assert found.request.row.replay_of
        assert event.sample_count > 0
        total = sum(line.self_ms for line in event.lines)
        assert total == pytest.approx(event.duration_ms, rel=0.01)
    places = [(line.line, line.own) for line in profiles[0].event.lines if line.function == "alpha"]
    assert places == [(1 + SOURCE.splitlines().index("    time.sleep(seconds)"), True)]
    assert share(profiles[0].event, "time.sleep") > 0.5
    assert share(profiles[2].event, "sorted_slowly") > 0.5


@pytest.mark.parametrize("trace", [True, False])
def test_threads_and_tasks_are_in_the_profile_of_their_request(serve: Serve, trace: bool) -> None:
    live = serve(SOURCE, reload=False, trace=trace)
    live.serving()
    names = ("alpha", "beta", "gamma")
    for found, name in zip(profile(live, *(f"/threads/{n}" for n in names)), names, strict=True):
        event = found.event
        assert found.request.row.status == 200
        assert event.reason == ""
        assert not {*names} & {line.function for line in event.lines}
        assert {*names} & {line.function for line in event.thread_lines} == {name}
        # The outer thread waits for the inner one, which does the same as the task.
        assert share(event, name, of_threads=True) > 0.2
        assert share(event, "nested", of_threads=True) > 0.1
    assert not profile(live, "/")[0].event.thread_lines


def test_streamed_pieces_and_failed_requests_are_profiled(live: Live) -> None:
    streamed, *_ = profile(live, "/pieces")
    assert share(streamed.event, "pieces") > 0.5
    assert streamed.request.row.status == 200
    failed, *_ = profile(live, "/error")
    assert failed.request.row.status == 500
    assert share(failed.event, "alpha") > 0
    assert not failed.event.thread_lines  # devtui asks for the error's text in one of its own


def test_nothing_stays_in_the_thread(live: Live) -> None:
    found = profile(live, "/")[0].request.finished
    after = visited(live, "/").finished
    assert found is not None
    assert found.response_body is not None
    assert after is not None
    assert after.response_body is not None
    assert (found.response_body.text or "").startswith("False True")
    assert (after.response_body.text or "").startswith("True True")


def test_a_profiler_of_the_app_keeps_its_place(live: Live) -> None:
    found = profile(live, "/cprofile")[0]
    assert found.request.row.status == 200
    if sys.version_info < (3, 12):  # since then it does not take the profile function
        assert "a profiler of its own" in found.event.reason


HELD = """
import sys

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]

import threading
threading.setprofile(lambda frame, event, argument: None)
"""


def test_a_thread_with_a_profiler_is_left_alone(serve: Serve) -> None:
    live = serve(HELD, reload=False)
    live.serving()
    request = visited(live, "/")
    with pytest.raises(CannotSend, match="Another profiler runs in this thread"):
        live.run(live.session.profiler.profile(request))
    assert live.row("/", 2).status == 200


WITHOUT = """
import sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name == "pyinstrument":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NotInstalled())
"""


def test_without_the_extra_nothing_is_sent(serve: Serve) -> None:
    live = serve(WITHOUT + SOURCE, reload=False)
    live.serving()
    request = visited(live, "/")
    with pytest.raises(CannotSend, match=r"no pyinstrument.*devtui\[profile\]"):
        live.run(live.session.profiler.profile(request))
    visited(live, "/alpha")
    assert [event.target for event in live.all(RequestStarted)] == ["/", "/alpha"]


def test_a_response_without_an_end_has_a_profile(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = serve(app_source("replay/streams.py"))
    live.serving()
    sent = live.run(live.session.sender.send(Outgoing("GET", "/drips"), timeout=0.3))
    assert sent.request is not None
    live.row("/drips")
    monkeypatch.setattr("devtui.session.profiles.profiler.TIMEOUT", 0.5)
    found = live.run(live.session.profiler.profile(sent.request))
    assert share(found.event, "endless") > 0.5
    assert found.request.row.cut == CLIENT_LEFT


def test_a_response_that_a_reload_cut_is_named_as_the_reason(serve: Serve, folder: Path) -> None:
    source = app_source("replay/streams.py")
    live = serve(source, reload=True, grace=0.2)
    live.serving()
    finished, request = profiled_and_cut(live, folder, source)
    with pytest.raises(CannotSend, match=r"Its response was cut \(by reload\), so"):
        finished.result(DEADLINE)
    assert live.session.profiler.of(request) is None


def profiled_and_cut(live: Live, folder: Path, source: str) -> tuple[Future[Profile], Request]:
    """Profile a response that has no end, and save a file meanwhile."""
    sent = live.run(live.session.sender.send(Outgoing("GET", "/drips"), timeout=0.3))
    assert sent.request is not None
    live.row("/drips")
    pool = ThreadPoolExecutor(1)
    finished = pool.submit(live.run, live.session.profiler.profile(sent.request))
    live.until(lambda: live.all(RequestStarted)[1:])
    pool.shutdown(wait=False)
    (folder / "app.py").write_text(f"{source}# saved\n", encoding="utf-8")
    return finished, sent.request
