"""Items of several lines: unfolded in their place, or wrapped. The list keeps its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.matches import Matches
from devtui.dashboard.lists.viewport import Viewport
from devtui.events.requests import LogWritten
from devtui.session.store.ring import Ring
from tests.dashboard.widgets.test_mouse import click, place_of
from tests.support.driver import Driver, running, there
from tests.support.fakes import TRACEBACK, line

SIZES = [(80, 24), (120, 40), (200, 50)]


def _traceback() -> list[LogWritten]:
    return [line(one, stream="stderr") for one in TRACEBACK.splitlines()]


def _log(ui: Driver) -> LineList[Any]:
    return ui.app.main.log_pane.list


async def _with_a_traceback(ui: Driver, before: int = 5, after: int = 0) -> None:
    ui.session.feed(*(line(f"line-{number:03}.") for number in range(before)))
    ui.session.feed(*_traceback())
    ui.session.feed(*(line(f"later-{number:03}.") for number in range(after)))
    await ui.press("2")
    await ui.until(lambda: len(_log(ui).matches) == before + 1 + after)


def _panes(ui: Driver) -> str:
    """The text of the panes, without the row that stands beside them on a wide terminal."""
    width = ui.app.main.log_pane.outer_size.width
    return "\n".join(text[:width] for text in ui.screen().splitlines())


@pytest.mark.parametrize("size", SIZES)
async def test_space_unfolds_the_row_in_its_place_and_folds_it_again(size: tuple[int, int]) -> None:
    async with running(size=size) as ui:
        await _with_a_traceback(ui)
        await ui.shows("▸ err   ZeroDivisionError: division by zero  cart.py:48")
        folded = _panes(ui)
        await ui.press("space")
        await ui.shows("▾ err   ZeroDivisionError")
        await ui.shows("▌ /project/shop/cart.py:48  in total")
        await ui.shows("… 1 library frame")
        assert "line-004." in ui.screen()
        assert not _log(ui).following  # it is to be read
        await ui.press("space")
        await ui.until(lambda: "in total" not in _panes(ui))
        await ui.press("f")
        await ui.until(lambda: _panes(ui) == folded)


async def test_right_unfolds_and_left_folds(ui: Driver) -> None:
    await _with_a_traceback(ui)
    await ui.press("right")
    await ui.shows("in total")
    await ui.press("right")
    await ui.shows("in total")
    await ui.press("left")
    await ui.shows_not("in total")


async def test_a_click_on_the_mark_unfolds_and_one_elsewhere_does_not(ui: Driver) -> None:
    await _with_a_traceback(ui)
    await click(ui, *place_of(ui, "ZeroDivisionError"))
    assert "in total" not in ui.screen()
    await click(ui, *place_of(ui, "▸"))
    await ui.shows("in total")
    await click(ui, *place_of(ui, "▾"))
    await ui.shows_not("in total")


async def test_a_click_below_an_unfolded_row_selects_the_row_that_is_there(ui: Driver) -> None:
    await _with_a_traceback(ui, after=3)
    await ui.press("up", "up", "up", "space")
    await ui.shows("in total")
    await click(ui, *place_of(ui, "later-001."))
    assert there(_log(ui).item).text == "later-001."
    await click(ui, *place_of(ui, "in total"))
    assert "ZeroDivisionError" in there(_log(ui).item).text


async def test_a_row_with_one_line_says_that_it_does_not_unfold(ui: Driver) -> None:
    ui.session.feed(line("only one"))
    await ui.press("2")
    await ui.shows("only one")
    assert not ui.keys()["unfold-row"]
    await ui.press("space")
    assert ui.toasts == ["This row has one line: only tracebacks and longer records unfold."]


async def test_new_rows_leave_an_unfolded_one_where_it_is(ui: Driver) -> None:
    await _with_a_traceback(ui, before=40)
    await ui.press("space")
    await ui.shows("in total")
    before = place_of(ui, "in total")
    ui.session.feed(*(line(f"new-{number}") for number in range(30)))
    await ui.shows("30 new below")
    assert place_of(ui, "in total") == before


async def test_the_last_row_is_seen_below_an_unfolded_one(ui: Driver) -> None:
    await _with_a_traceback(ui, before=40, after=3)
    await ui.press("up", "up", "up", "space", "f")
    await ui.shows("later-002.")
    lines = ui.screen().splitlines()
    last = next(number for number, text in enumerate(lines) if "later-002." in text)
    assert "╰" in lines[last + 1]  # the pane's border: no line is empty
    await ui.press("home")
    await ui.shows("line-000.")
    await ui.press("end")
    await ui.shows("later-002.")


async def test_the_cursor_never_leaves_the_view_while_it_moves_over_rows_of_any_height(
    ui: Driver,
) -> None:
    await _with_a_traceback(ui, before=30)
    for _ in range(3):
        ui.session.feed(*_traceback(), *(line(f"between-{number}") for number in range(4)))
    log = _log(ui)
    await ui.until(lambda: len(log.matches) == 31 + 3 * 5)
    for index in range(len(log.matches)):
        log.select(index)
        log.unfold(True)
    for keys in (["home"], ["pagedown"] * 6, ["up"] * 20, ["down"] * 30, ["pageup"] * 8):
        for key in keys:
            await ui.press(key)
            height = range(log.size.height)
            seen = [log.place_at(y) for y in height]
            assert log.cursor in [index for index, _ in seen], key
            assert (log.cursor, 0) in seen, "the beginning of the row is out of view"


async def test_w_wraps_long_lines_at_words_and_cuts_them_again(ui: Driver) -> None:
    words = " ".join(f"word{number:02}" for number in range(40))
    ui.session.feed(line(words))
    await ui.press("2")
    await ui.shows("word00")
    assert "word39" not in ui.screen()
    await ui.press("w")
    await ui.shows("word39")
    for text in (f"word{number:02}" for number in range(40)):
        assert text in ui.screen()
    await ui.press("w")
    await ui.shows_not("word39")


async def test_a_row_that_is_higher_than_the_list_says_so(ui: Driver) -> None:
    ui.session.feed(line("begin " + "word " * 3_000))
    await ui.press("2", "w")
    await ui.shows("more lines: enter opens them")
    assert "begin" in ui.screen()


async def test_text_of_wrapped_and_unfolded_rows_is_copied(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []
    monkeypatch.setattr(ui.app, "copy", lambda text, what: copied.append(text))
    await _with_a_traceback(ui, before=1)
    await ui.press("space", "w")
    await ui.shows("in total")
    _log(ui).text_select_all()
    await ui.press("ctrl+c")
    await ui.until(lambda: copied)
    lines = copied[0].splitlines()
    assert lines[0] == "12:00:00   out   line-000."
    assert lines[1].startswith("12:00:00 ▾ err   ZeroDivisionError")
    assert lines[-1].endswith("return sum(item.price for item in items) / len(items)")


async def test_a_filter_shows_unfolded_rows_too(ui: Driver) -> None:
    await _with_a_traceback(ui, before=10, after=10)
    await ui.press("slash", *"zerodiv", "enter")
    await ui.shows("1 of 21")
    await ui.press("space")
    await ui.shows("in total")
    await ui.press("escape")
    await ui.shows("later-009.")


async def test_a_record_that_grows_is_found_by_what_came_last(ui: Driver) -> None:
    first, *others = _traceback()
    ui.session.feed(first)
    await ui.press("2")
    await ui.until(lambda: len(_log(ui).matches) == 1)
    await ui.press("slash", *"zerodiv", "enter")
    await ui.shows("0 of 1")
    ui.session.feed(*others)
    await ui.shows("1 of 1")


async def test_nothing_is_planned_while_nothing_comes(ui: Driver) -> None:
    await _with_a_traceback(ui)
    await ui.press("space")
    await ui.shows("in total")
    await ui.until(lambda: _log(ui).idle)


# -- the view without a screen


def _view(heights: Sequence[int], *, follow: bool = True) -> Viewport[int]:
    ring: Ring[int] = Ring(100)
    for height in heights:
        ring.append(height)
    view = Viewport(Matches(ring, str), follow=follow)
    view.matches.catch_up()
    view.lines_of = view.matches.__getitem__
    return view


def test_the_last_items_fill_the_view_from_below() -> None:
    view = _view([1, 1, 3, 1, 2])
    assert view.fit(4) == 2
    assert view.hidden(2, 4) == 2  # two lines of the item with three
    assert view.fit(6) == 2
    assert view.hidden(2, 6) == 0
    assert view.fit(20) == 0


def test_the_item_under_the_cursor_is_shown_from_its_beginning() -> None:
    view = _view([1, 1, 3, 1, 2])
    view.fit(4)
    view.select(2)
    assert view.hidden(2, 4) == 0
    assert view.top_with_cursor(4, 4) == 2
    view.select(0)
    assert view.top_with_cursor(2, 4) == 0


def test_going_down_scrolls_as_little_as_possible() -> None:
    view = _view([1, 2, 3, 1, 2, 1, 1])
    view.fit(4)
    view.select(2)
    assert view.top_with_cursor(0, 4) == 2  # 2 + 3 lines would be too much
    view.select(3)
    assert view.top_with_cursor(2, 4) == 2
