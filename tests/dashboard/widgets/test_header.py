from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from devtui.config.settings import Settings
from devtui.dashboard.themes import suited
from devtui.dashboard.widgets.header import (
    NOT_FOR_PRODUCTION,
    Facts,
    facts_of,
    header_lines,
)
from devtui.dashboard.widgets.usage import UsageSampler
from devtui.session.state import State
from devtui.text import formats
from tests.support.driver import Driver, running
from tests.support.fakes import MONOTONIC, FakeSession


def _lines(
    session: FakeSession,
    width: int,
    usage: tuple[tuple[str, str], ...] = (("CPU", "12 %"), ("memory", "48 MB")),
) -> list[str]:
    facts = replace(facts_of(session, MONOTONIC), usage=usage)
    return header_lines(facts, width).plain.split("\n")


@pytest.mark.parametrize("state", list(State))
def test_two_lines_of_the_width_whatever_it_is(state: Any) -> None:
    session = FakeSession()
    session.state = state
    session.generations.pin = "123-456-789"
    for width in range(40, 220):
        lines = _lines(session, width)
        assert len(lines) == 2
        assert all(len(line) <= width for line in lines)
        assert state.value.upper() in lines[0]


def test_all_of_it_where_there_is_room() -> None:
    session = FakeSession()
    session.generations.pin = "123-456-789"
    first, second = _lines(session, 140)
    assert first.split() == ["hello:app", "flask.Flask", "SERVING", session.url, "debug", "on"]
    assert (
        second.split()
        == (
            f"pid 4242 generation 1 up 12 min PIN 123-456-789 CPU 12 % memory 48 MB "
            f"{NOT_FOR_PRODUCTION}"
        ).split()
    )


def test_how_many_pages_follow_and_that_none_does() -> None:
    session = FakeSession()
    assert "live" not in _lines(session, 140)[1]
    session.live.count = 3
    assert "live 3" in _lines(session, 140)[1]
    session.live.on = False
    assert "live off" in _lines(session, 140)[1]


def test_the_warning_and_the_url_stay_at_80() -> None:
    first, second = _lines(FakeSession(), 80)
    assert "http://127.0.0.1:5000" in first
    assert second.rstrip().endswith(NOT_FOR_PRODUCTION)
    assert "pid 4242" in second


def test_loading_shows_the_time() -> None:
    session = FakeSession()
    session.state = State.RELOADING
    session.served.loading_since = MONOTONIC - 1.24
    assert "loading for 1.2 s" in _lines(session, 80)[1]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.SUSPENDED, "suspended by a signal: r restarts it"),
        (State.CRASHED, "a save or r starts the server again"),
    ],
)
def test_a_process_that_answers_nothing_is_shown_with_the_key_that_helps(
    width: int, state: Any, words: str
) -> None:
    session = FakeSession()
    session.state = state
    first, second = _lines(session, width)
    assert state.value.upper() in first
    assert words in second


def test_equal_facts_are_equal() -> None:
    assert facts_of(FakeSession(), MONOTONIC) == facts_of(FakeSession(), MONOTONIC + 1)
    assert isinstance(facts_of(FakeSession(), MONOTONIC), Facts)


def test_the_uptime_changes_in_steps() -> None:
    def told(seconds: float) -> str:
        session = FakeSession()
        session.served.serving_since = MONOTONIC - seconds
        return dict(facts_of(session, MONOTONIC).details)["up"]

    assert [told(seconds) for seconds in (0, 4.9, 5, 59, 60, 119)] == [
        "0 s", "4 s", "5 s", "55 s", "1 min", "1 min",
    ]  # fmt: skip


async def test_the_header_is_drawn_only_when_its_words_change(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    header = ui.app.main.header
    monkeypatch.setattr(header, "update", lambda words, **how: drawn.append(words))
    for _ in range(5):
        header.look()
    assert drawn == []
    ui.session.generations.pin = "1"
    header.look()
    assert len(drawn) == 1


async def test_the_state_is_shown_as_it_changes(ui: Driver) -> None:
    for state in (State.RELOADING, State.CRASHED):
        ui.session.to(state)
        await ui.shows(f" {state.value.upper()} ")


@pytest.mark.parametrize(
    ("size", "layout"),
    [
        ((39, 20), "-tiny"),
        ((80, 9), "-tiny"),
        ((40, 10), "-accordion"),
        ((80, 24), "-accordion"),
        ((120, 40), "-stacked"),
        ((200, 50), "-stacked"),
        ((200, 50), "-wide"),
        ((160, 24), "-wide"),
        ((200, 12), "-accordion"),
    ],
)
async def test_the_layout_goes_with_the_size(size: tuple[int, int], layout: str) -> None:
    async with running(size=size) as ui:
        assert ui.app.main.has_class(layout)
        if layout == "-tiny":
            await ui.shows("too small")
            assert "Requests" not in ui.screen()
        else:
            for title in ("1 Requests", "2 Log", "3 Reloads", "4 Errors"):
                await ui.shows(title)


async def test_resizing_changes_the_layout(ui: Driver) -> None:
    await ui.pilot.resize_terminal(30, 8)
    await ui.shows("too small")
    await ui.pilot.resize_terminal(200, 50)
    await ui.shows("4 Errors")


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0.04, "0.0 ms"),
        (9.94, "9.9 ms"),
        (9.96, "10 ms"),
        (999.4, "999 ms"),
        (999.6, "1.00 s"),
        (9_996, "10.0 s"),
        (99_960, "2 min"),
        (7_200_000, "2 h"),
    ],
)
def test_durations(milliseconds: float, text: str) -> None:
    assert formats.duration(milliseconds) == text
    assert len(text) <= formats.DURATION_WIDTH


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_951, "10 kB"),
        (999_600, "1.0 MB"),
        (10**15, "1000 TB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert formats.size(count) == text
    assert len(text) <= formats.SIZE_WIDTH


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (59.9, "59 s"), (60, "1 min"), (3_700, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_uptime(seconds: float, text: str) -> None:
    assert formats.uptime(seconds) == text


@pytest.mark.parametrize(
    ("value", "theme"),
    [
        ("", "devtui-dark"),
        ("15;0", "devtui-dark"),
        ("0;15", "devtui-light"),
        ("0;7", "devtui-light"),
        ("0;8", "devtui-dark"),
        ("0;default;15", "devtui-light"),
        ("x;y", "devtui-dark"),
    ],
)
def test_the_theme_goes_with_the_terminal(value: str, theme: str) -> None:
    assert suited({"COLORFGBG": value}) == theme


def test_a_process_is_sampled_and_one_that_is_gone_is_not() -> None:
    import os

    sampler = UsageSampler()
    usage = sampler.sample(os.getpid())
    assert usage is not None
    assert usage.memory_bytes > 1_000_000
    assert sampler.sample(None) is None
    assert sampler.sample(2**22 + 1) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "fe80::1%eth0", "my-machine"])
@pytest.mark.parametrize("debugger", [True, False])
def test_a_server_that_others_can_reach_says_so_at_every_width(host: str, debugger: bool) -> None:
    session = FakeSession(Settings(app="hello:app", host=host, debugger=debugger))
    session.generations.pin = "123-456-789"
    for loading_since in (None, MONOTONIC - 100):
        session.served.loading_since = loading_since
        for width in range(40, 220):
            first, second = _lines(session, width)
            assert max(len(first), len(second)) <= width
            assert "OPEN TO THE NETWORK" in second
            assert ("DEBUGGER" in second) is debugger
    assert NOT_FOR_PRODUCTION in second


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "unix://x.sock"])
def test_one_that_others_cannot_reach_does_not(host: str) -> None:
    session = FakeSession(Settings(app="hello:app", host=host))
    assert "NETWORK" not in _lines(session, 200)[1]


@pytest.mark.parametrize("state", [State.PORT_BUSY, State.FAILED, State.STOPPED])
def test_nor_one_that_does_not_listen(state: Any) -> None:
    session = FakeSession(Settings(app="hello:app", host="0.0.0.0"))
    session.state = state
    assert "NETWORK" not in _lines(session, 80)[1]


async def test_the_warning_is_on_the_screen() -> None:
    session = FakeSession(Settings(app="hello:app", host="0.0.0.0"))
    async with running(session, (80, 24)) as ui:
        await ui.shows("DEBUGGER OPEN TO THE NETWORK")
