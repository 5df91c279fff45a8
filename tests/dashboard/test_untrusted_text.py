from __future__ import annotations

import pytest

from devtui.dashboard.details.row_detail import detail_of
from devtui.dashboard.errors.error_view import error_view
from devtui.dashboard.errors.frame_lines import Opened
from devtui.dashboard.lists.sections import laid_out
from devtui.events import (
    AnyEvent,
    AppFailed,
    AppLoaded,
    Body,
    Error,
    ErrorRaised,
    ExceptionData,
    Frame,
    Reloaded,
    RequestStarted,
)
from tests.support.driver import Driver, running
from tests.support.fakes import FakeSession, at, finished, line, request, started

EVIL = (
    "\x1b]0;title\x07\x1b]52;c;aGk=\x07\x1b]8;;http://x\x1b\\\x1b[2J\x9b31m[red][/red]"
    "[@click=app.quit]x[/]\u202e\u200b\ud800\x00\r\n\x7f\ufeff[/]"
)


def _evil_events() -> list[AnyEvent]:
    error = Error(
        exceptions=(
            ExceptionData(
                type=EVIL,
                message=EVIL,
                notes=(EVIL,),
                frames=(Frame(file=EVIL, line=1, function=EVIL, source=EVIL, own=True),),
            ),
        ),
        text=EVIL,
    )
    return [
        RequestStarted(
            at=at(0), id="e", method=EVIL, target="/?" + EVIL, client=EVIL, headers=((EVIL, EVIL),)
        ),
        line(EVIL, level=EVIL, logger=EVIL, request_id="e"),
        ErrorRaised(at=at(0), error=error, request_id="e"),
        finished(
            99, EVIL, cut=EVIL, response_body=Body(content_type=EVIL, size_bytes=3, text=EVIL)
        ),
        Reloaded(at=at(0), cause=EVIL, paths=(EVIL,), duration_ms=1),
        AppFailed(at=at(0), reload=True, message=EVIL, error=error, duration_ms=1),
    ]


def _no_control_characters(ui: Driver) -> None:
    for strip in ui.app.screen._compositor.render_strips():
        for segment in strip:
            assert segment.text.isprintable(), repr(segment.text)
            meta = segment.style.meta if segment.style else {}
            assert "@click" not in meta, segment


def _hostile_session() -> FakeSession:
    session = FakeSession()
    session.served.loaded = AppLoaded(
        app=EVIL, framework=EVIL, file=EVIL, duration_ms=1, module_count=1
    )
    session.generations.pin = EVIL
    session.feed(*_evil_events())
    return session


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_line_of_an_opened_row_is_harmless(width: int) -> None:
    store = _hostile_session().store
    items = [*store.requests, *store.log, *store.reloads]
    assert len(items) >= 4
    opened = [detail_of(item, store).sections for item in items]
    opened += [error_view(entry.error, Opened(), width) for entry in store.errors]
    assert len(opened) >= 6
    for sections in opened:
        lines = list(laid_out(sections, width))
        assert lines
        for shown in lines:
            for text, _ in shown.row:
                assert text.isprintable(), repr(text)


async def test_nothing_of_it_reaches_the_screen_raw() -> None:
    async with running(_hostile_session(), (80, 24)) as ui:
        for key in "1234":
            await ui.press(key)
            await ui.until(lambda: ui.app.main.open_pane.list.item)
            _no_control_characters(ui)
            await ui.press("enter")
            await ui.shows("back")
            _no_control_characters(ui)
            await ui.press("escape")
        for size in ((120, 40), (200, 50)):
            await ui.pilot.resize_terminal(*size)
            for key in "14":  # the second shows the traceback too
                await ui.press(key)
                _no_control_characters(ui)
        assert ui.session.asked == []


async def test_a_toast_shows_it_escaped(ui: Driver) -> None:
    ui.app.tell("said " + EVIL)
    await ui.shows("x1b]0;title")
    _no_control_characters(ui)


async def test_a_megabyte_on_one_line_is_shown_at_once(ui: Driver) -> None:
    ui.session.feed(*request(1, "/" + "A" * 1_000_000), line("B" * 1_000_000), started(2))
    await ui.shows("AAAA…")
    await ui.shows("BBBB…")
    await ui.press("2", "enter")
    await ui.shows("BBBBBB")


async def test_wide_characters_keep_the_columns(ui: Driver) -> None:
    ui.session.feed(*request(1, "/日本語/" + "漢字" * 60), *request(2, "/a"))

    def rows() -> list[str]:
        return [text for text in ui.screen().splitlines() if "12 ms  " in text]

    await ui.until(lambda: len(rows()) == 2)  # the border names the slowest one before
    from rich.cells import cell_len

    lines = rows()
    assert [cell_len(text) for text in lines] == [120, 120]
    assert lines[0].rstrip(" │").endswith("…")
