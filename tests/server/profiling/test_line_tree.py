"""What a profile keeps: bounded, and only names and times."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import pytest

from devtui.server.output.request_context import request_id
from devtui.server.profiling import line_tree, request_profile, sampler
from devtui.server.profiling.line_tree import LineTree, Node

pytest.importorskip("pyinstrument", reason="it takes the samples")


def tree_of(count: int) -> LineTree:
    tree = LineTree()
    tree.root.self_seconds = 1.0
    for number in range(count):
        key = ("/lib/x.py", number, f"f{number}", False)
        node = tree.root.below[key] = Node(key)
        node.self_seconds = number / 1000
    counted = LineTree()
    counted.merge(tree)
    return counted


def test_the_shortest_lines_are_left_out_and_no_time_is_lost() -> None:
    count = line_tree.MAX_LINES + 500
    tree = tree_of(count)
    lines, left_out = tree.lines()
    assert len(lines) <= line_tree.MAX_LINES
    assert left_out == count + 1 - len(lines)
    total = 1.0 + sum(node.self_seconds for node in tree.root.below.values())
    assert sum(line.self_ms for line in lines) == pytest.approx(total * 1000)
    kept = {line.function for line in lines}
    assert "f1999" in kept
    assert "f1" not in kept


def test_very_many_places_and_deep_stacks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    line_tree.begins_at(enter.__code__)
    monkeypatch.setattr(line_tree, "MAX_NODES", 50)
    tree = LineTree()
    enter(tree, 900)
    lines, left_out = tree.lines()
    assert len(lines) + left_out == 51  # with the root
    assert sum(line.self_ms for line in lines) == pytest.approx(1000)


def enter(tree: LineTree, depth: int) -> None:
    dive(tree, depth)


def dive(tree: LineTree, depth: int) -> None:
    if depth:
        dive(tree, depth - 1)
    else:
        tree.add(sys._getframe(), None, 1.0)


@pytest.fixture
def own_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile hooks how threads start; afterwards it is as before."""
    monkeypatch.setattr(threading.Thread, "start", threading.Thread.start)


@pytest.fixture
def traced() -> Iterator[list[str]]:
    """A trace function, as debuggers and coverage set one; the old one comes back."""
    seen: list[str] = []

    def trace(frame: object, event: str, argument: object) -> None:
        seen.append(event)

    before = sys.gettrace()
    sys.settrace(trace)
    yield seen
    sys.settrace(before)


@pytest.mark.usefixtures("own_start")
def test_a_trace_function_sees_the_same_calls(traced: list[str]) -> None:
    function = sys.gettrace()
    profile = request_profile.RequestProfile("1-1")
    assert sys.gettrace() is function
    begun = len(traced)
    tree_of(3)
    during = len(traced) - begun
    event = profile.finish()
    assert sys.gettrace() is function
    assert sys.getprofile() is None
    begun = len(traced)
    tree_of(3)
    assert len(traced) - begun == during > 0
    assert event.reason == ""


@pytest.mark.usefixtures("own_start")
def test_other_threads_are_not_touched() -> None:
    seen: list[object] = []
    profile = request_profile.RequestProfile("1-1")
    thread = threading.Thread(target=lambda: seen.append(sys.getprofile()))
    thread.start()
    thread.join()
    event = profile.finish()
    assert seen == [None]
    assert event.duration_ms > 0
    assert event.thread_lines == ()


@pytest.mark.usefixtures("own_start")
def test_a_thread_that_outlives_its_request_is_let_go() -> None:
    seen: list[bool] = []
    begun, go = threading.Event(), threading.Event()

    def work() -> None:
        seen.append(sys.getprofile() is None)
        begun.set()
        go.wait()
        time.sleep(2 * sampler.INTERVAL_SECONDS)
        seen.append(sys.getprofile() is None)

    token = request_id.set("1-1")
    profile = request_profile.RequestProfile("1-1")
    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    time.sleep(0.02)
    event = profile.finish()
    request_id.reset(token)
    go.set()
    thread.join()
    assert seen == [False, True]
    waiting = [line for line in event.thread_lines if line.function == "work"]
    assert sum(line.self_ms for line in event.thread_lines) >= 20
    assert waiting, "where it was at the end counts"


def test_a_profile_that_another_thread_has_ended_misses_nothing() -> None:
    """A pool's thread may still be on its way out when its request ends."""
    ended: list[bool] = []

    def work() -> None:
        sampling = sampler.Sampler()
        sampling.end({})
        deadline = time.monotonic() + 10
        while sys.getprofile() is not None and time.monotonic() < deadline:
            time.sleep(sampler.INTERVAL_SECONDS)
        ended.append(sampling.stop())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended == [True]
