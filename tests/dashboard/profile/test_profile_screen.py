"""A profile on the screen: own lines first, folds, and the calls below their lines."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec import structs

from devtui.dashboard.profile.profile_lines import OTHER_CALLS, ProfileLines
from devtui.dashboard.profile.profile_screen import ProfileScreen
from devtui.events import Frame
from devtui.session.profiles.own_tree import own_tree
from devtui.session.profiles.profiler import Profile
from devtui.session.store.request_record import Request
from tests.support.driver import Driver, running, there
from tests.support.fakes import (
    FakeSession,
    called,
    finished,
    n_plus_one,
    profiled,
    request,
    started,
)


def lines_of_profile(width: int = 110) -> tuple[ProfileLines, int]:
    session = FakeSession()
    session.feed(*n_plus_one(1))
    shown = there(session.store.request("r1"))
    event = profiled(1)
    return ProfileLines(Profile(shown, event), own_tree(event)), width


def texts(lines: ProfileLines, width: int, title: str = "where the time went") -> list[str]:
    sections = {section.title: section for section in lines.sections(width)}
    return [line.text for line in sections[title].lines]


def test_own_lines_come_first_with_their_shares_and_calls() -> None:
    lines, width = lines_of_profile()
    shown = [" ".join(text.split()) for text in texts(lines, width)]
    assert shown[0] == "320 ms · your code and what it called 96% · 301 samples"
    assert shown[1].startswith("45.9% 147 ms ▾ for order in orders: ")
    assert shown[2].startswith("44.7% 143 ms ▾ order.customer.name ")
    assert shown[3].startswith("25.6% 82 ms sql 41 × SELECT")
    assert shown[4] == "25.9% 83 ms ▸ Session.execute sqlalchemy"
    assert shown[-1] == "1.9% 6.0 ms devtui's server, and the client"
    (other,) = [" ".join(text.split()) for text in texts(lines, width, OTHER_CALLS)]
    assert "SELECT" in other
    assert "views.py:31" in other


def test_a_call_of_a_template_stands_below_the_line_that_rendered_it() -> None:
    session, event = FakeSession(), profiled(1)
    own = next(line for line in event.lines if line.function == "name_of")
    view = Frame(file=own.file, line=own.line, function="name_of", own=True)
    tag = Frame(file="/project/list.html", line=3, function="", own=True)
    call = structs.replace(called("SELECT 1", place="/project/list.html:3"), stack=(view, tag))
    session.feed(started(1), finished(1, calls=(call,)))
    lines = ProfileLines(Profile(there(session.store.request("r1")), event), own_tree(event))
    shown = texts(lines, 110)
    at = next(at for at, text in enumerate(shown) if "order.customer.name" in text)
    assert "list.html:3" in shown[at + 1]
    assert OTHER_CALLS not in [section.title for section in lines.sections(110)]


async def test_it_says_how_long_the_request_took_without_the_profiler(ui: Driver) -> None:
    ui.session.feed(started(1, "/"), finished(1, "/", ms=12))
    for number, before in ((2, "r1"), (3, "r2")):  # the second one repeats a profiled one
        begun, ended = started(number, "/"), finished(number, "/", ms=320)
        ui.session.feed(
            structs.replace(begun, replay_of=before),
            profiled(number),
            structs.replace(ended, replay_of=before),
        )
    await ui.until(lambda: len(ui.app.main.requests.list.matches) == 3)
    await ui.press("end", "t")
    await ui.shows("320 ms, without the profiler 12 ms · your code")


def test_threads_stand_beside_the_request() -> None:
    session = FakeSession()
    session.feed(*n_plus_one(1))
    event = profiled(1)
    own = next(line for line in event.lines if line.function == "name_of")
    other = next(line for line in event.lines if line.function == "latest")
    top = event.lines[0]
    thread = [structs.replace(one, depth=depth) for depth, one in enumerate((top, own, other))]
    event = structs.replace(event, thread_lines=tuple(thread))
    lines = ProfileLines(Profile(there(session.store.request("r1")), event), own_tree(event))
    shown = [" ".join(text.split()) for text in texts(lines, 110)]
    assert shown[0] == "320 ms · your code and what it called 96% · 301 samples"
    assert shown[1].startswith("45.9% 147 ms ▾ for order in orders: ")
    at = next(at for at, text in enumerate(shown) if "in threads" in text)
    assert shown[at] == "48.4% 155 ms ▾ in threads that the request started, beside it"
    assert shown[at + 1].startswith("46.6% 149 ms ▾ order.customer.name")
    assert "41 × SELECT" in shown[at + 2], "the calls of a line that is slower there"
    assert shown[at + 3].startswith("27.8% 89 ms requests.get(URL)")
    assert "in threads" in lines.copied()


def test_a_line_folds_and_what_took_little_unfolds() -> None:
    lines, width = lines_of_profile()

    def fold_of(words: str) -> Any:
        shown = lines.sections(width)[0].lines
        return next(line.target for line in shown if words in line.text)

    first = fold_of("for order in orders:")
    before = texts(lines, width)
    lines.toggled ^= {first}
    assert "▸ for order in orders:" in texts(lines, width)[1]
    assert len(texts(lines, width)) == len(before) - 3
    lines.toggled ^= {first, fold_of("render_template")}
    lines.toggled ^= {fold_of("Session.execute")}
    assert not any("_only_one_row" in text for text in texts(lines, width))
    lines.toggled ^= {fold_of("1 line below 0.5%")}
    assert any("_only_one_row" in text for text in texts(lines, width))
    copied = lines.copied()
    assert "order.customer.name" in copied
    assert "41 × SELECT" in copied


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS"])
async def test_only_get_and_head_are_sent_without_a_question(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = FakeSession()
    begun = []
    answered = asyncio.Event()

    async def profile(found: Request) -> Profile:
        begun.append(found.id)
        await answered.wait()
        return Profile(found, profiled(1))

    monkeypatch.setattr(session.profiler, "profile", profile)
    async with running(session) as ui:
        session.feed(*request(1, "/x", method=method))
        await ui.press("t")
        asked = method not in ("GET", "HEAD")
        assert (begun == []) is asked
        if asked:
            await ui.press("enter")
        await ui.shows("Profiling")
        assert begun == ["r1"]
        answered.set()
        await ui.until(lambda: isinstance(ui.app.screen, ProfileScreen))
        assert not any("Profiling" in shown.message for shown in ui.app._notifications)
