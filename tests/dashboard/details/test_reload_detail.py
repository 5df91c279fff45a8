"""A reload, opened, says what it was caused by, how long its steps took, and what did not count."""

from __future__ import annotations

from msgspec import structs

from devtui.dashboard.details.reload_detail import reload_detail, standby_words, steps
from devtui.dashboard.lists.sections import Detail
from devtui.dashboard.panes.rows import reload_words
from devtui.events import ModuleTime, Reloaded
from tests.support.fakes import reloaded


def text(detail: Detail) -> str:
    """All that is shown, line by line."""
    lines = [(section.title, line) for section in detail.sections for line in section.lines]
    return "\n".join(f"{title} {''.join(part for part, _ in line.row)}" for title, line in lines)


def a_reload(**more: object) -> Reloaded:
    return structs.replace(
        reloaded(), duration_ms=40.0, stopped_ms=10.0, loaded_ms=35.0, seen_ms=7.0, **more
    )


def test_the_steps() -> None:
    assert steps(a_reload()) == [
        ("seen", "7.0 ms after it was written"),
        ("stopped", "10 ms"),
        ("loaded", "25 ms"),
        ("served", "5.0 ms"),
    ]
    assert steps(structs.replace(a_reload(), seen_ms=0.0))[0] == ("stopped", "10 ms")


def test_the_standby() -> None:
    assert standby_words(a_reload(standby=True)) == "warm"
    assert standby_words(a_reload()) == "a fresh process"
    assert standby_words(a_reload(stepped_back="x has changed")) == "a fresh process: x has changed"
    partly = standby_words(a_reload(standby=True, stepped_back="it changes os.environ"))
    assert partly == "partly warm: it changes os.environ"


def test_what_was_merged_and_what_was_slow() -> None:
    slow = (ModuleTime(module="shop.models", duration_ms=120.0),)
    shown = text(reload_detail(a_reload(raw_count=12, slowest=slow), {}))
    assert "file events 12, merged into one reload" in " ".join(shown.split())
    assert "slowest of your modules 120 ms" in shown
    assert "shop.models" in shown


def test_what_did_not_count() -> None:
    ignored = {"/p/.git": "tools and libraries write there", "/p/data.db": "no Python file"}
    shown = text(reload_detail(a_reload(), ignored))
    first, second = [line for line in shown.splitlines() if "ignored changes" in line]
    assert "/p/data.db  no Python file" in first
    assert "/p/.git  tools and libraries write there" in second


def test_a_restart_loop() -> None:
    item = a_reload(looping="/p/state.py")
    assert reload_words(item) == ("restart loop:", "state.py changes each time the app loads")
    assert "--exclude-patterns '*/state.py'" in text(reload_detail(item, {}))
