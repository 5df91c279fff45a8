"""Why a process is replaced, how far that has come, and what is told of it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from devtui.events import AppFailed, AppLoaded, Error, ModuleTime
from devtui.ports.survey import SurveyQueue
from devtui.session.event_bus import EventBus
from devtui.session.processes.generations import Generations
from devtui.session.processes.listener import Listener
from devtui.session.reload.replacement import Replacement, since_written
from devtui.session.served_app import ServedApp

SLOWEST = (ModuleTime(module="hello", duration_ms=3.0),)


def test_both_in_one_keep_the_first_cause_and_its_time() -> None:
    first = Replacement("files changed", ("/p/b.py",), since=5.0, raw_count=2, seen_ms=3.0)
    later = Replacement("restarted by hand", since=9.0, raw_count=1)
    both = later.after(first)
    assert (both.cause, both.paths, both.since) == ("files changed", ("/p/b.py",), 5.0)
    assert (both.raw_count, both.seen_ms) == (3, 3.0)


def test_of_two_causes_for_one_setting_the_later_is_told() -> None:
    causes = [
        Replacement("debug off", sets="debug"),
        Replacement("restarted by hand"),
        Replacement("debug on", sets="debug"),
        Replacement("files changed"),
    ]
    merged = None
    for cause in causes:
        merged = cause.after(merged)
    assert merged is not None
    assert merged.cause == "restarted by hand, debug on"
    assert Replacement("moved to port 1", sets="port").after(merged).cause == (
        "restarted by hand, debug on, moved to port 1"
    )


def test_both_in_one_have_the_files_of_both_once() -> None:
    first = Replacement("files changed", ("/p/a.py", "/p/c.py"))
    later = Replacement("files changed", ("/p/c.py", "/p/b.py"))
    assert later.after(first).paths == ("/p/a.py", "/p/b.py", "/p/c.py")


def test_how_far_the_earlier_one_came_is_lost_with_its_load() -> None:
    first = Replacement("files changed", stopped_ms=1.0, loaded_ms=2.0)
    later = Replacement("files changed", stopped_ms=4.0)
    both = later.after(first)
    assert (both.stopped_ms, both.loaded_ms) == (4.0, 0.0)


def test_after_nothing_it_is_itself() -> None:
    only = Replacement("restarted by hand")
    assert only.after(None) is only


@pytest.fixture
def generations() -> Generations:
    """The fifth generation, as if it had been started ahead."""
    generations = Generations(EventBus(lambda: 5), Listener(SurveyQueue(lambda look, found: None)))
    generations.number, generations.from_standby = 5, True
    return generations


@pytest.fixture
def served() -> ServedApp:
    served = ServedApp(in_code=False)
    served.heard(
        AppLoaded(
            app="hello:app",
            framework="flask.Flask",
            file="/p/hello.py",
            duration_ms=1,
            module_count=1,
            slowest=SLOWEST,
        )
    )
    return served


def test_what_is_told_once_it_serves(generations: Generations, served: ServedApp) -> None:
    since = time.monotonic() - 0.5
    replaced = Replacement(
        "files changed", ("/p/a.py",), since, raw_count=3, seen_ms=9.0, stopped_ms=1.0, loaded_ms=2
    )
    told = replaced.reloaded(generations, served, looping="/p/a.py")
    assert (told.cause, told.paths) == ("files changed", ("/p/a.py",))
    assert 500 <= told.duration_ms < 20_000
    assert (told.raw_count, told.seen_ms) == (3, 9.0)
    assert (told.stopped_ms, told.loaded_ms) == (1.0, 2.0)
    assert (told.standby, told.stepped_back) == (True, "")
    assert (told.failed, told.slowest, told.looping) == (False, SLOWEST, "/p/a.py")


def test_a_failed_load_has_no_slowest_modules(generations: Generations, served: ServedApp) -> None:
    served.heard(
        AppFailed(reload=True, message="", error=Error(exceptions=(), text=""), duration_ms=1)
    )
    told = Replacement("files changed").reloaded(generations, served, looping="")
    assert (told.failed, told.slowest) == (True, ())


def test_since_the_newest_file_was_written(tmp_path: Path) -> None:
    old, new = tmp_path / "old.py", tmp_path / "new.py"
    for path, ago in ((old, 60), (new, 0.1)):
        path.touch()
        os.utime(path, (time.time() - ago,) * 2)
    assert 100 <= since_written([str(old), str(new), str(tmp_path / "gone.py")]) < 1_000
    assert since_written([str(old)]) == 0.0
    assert since_written([]) == 0.0
