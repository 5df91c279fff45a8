"""A click means the row on which the button went down, whatever is there when it comes up."""

from __future__ import annotations

from typing import Any

import pytest
from textual.events import MouseDown, MouseUp

from devtui.dashboard.details.detail_screen import DetailScreen
from devtui.dashboard.lists.line_list import LineList
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.request_record import Request
from tests.support.driver import Driver, running
from tests.support.fakes import finished, line, started


def _event(kind: type[MouseDown | MouseUp], x: int, y: int) -> MouseDown | MouseUp:
    return kind(
        None, x, y, 0, 0, button=1, shift=False, meta=False, ctrl=False, screen_x=x, screen_y=y
    )


async def click(ui: Driver, x: int, y: int) -> None:
    """Press and release as a terminal tells it; what the press changes is laid out in between."""
    for kind in (MouseDown, MouseUp):
        ui.app.post_message(_event(kind, x, y))
        await ui.pilot.pause()
        await ui.pilot.pause(0.02)


def place_of(ui: Driver, text: str) -> tuple[int, int]:
    """The column and line of a text on the screen."""
    lines = ui.screen().splitlines()
    y = next(number for number, line in enumerate(lines) if text in line)
    return lines[y].index(text), y


async def feed(ui: Driver) -> None:
    """Fill the first two panes."""
    for number in range(1, 31):
        ui.session.feed(started(number, f"/item/{number}"), finished(number, f"/item/{number}"))
    ui.session.feed(*(line(f"line-{number:02}", seconds=number) for number in range(30)))
    await ui.shows("line-29")
    await ui.shows("/item/30")


def selected(line_list: LineList[Any]) -> str:
    """The text of the selected row."""
    return line_list.rows.text(line_list.item)


@pytest.mark.parametrize("size", [(120, 40), (80, 34), (170, 34)])
async def test_a_click_that_moves_the_rows_selects_the_one_that_was_pressed(
    size: tuple[int, int],
) -> None:
    async with running(size=size) as ui:
        await feed(ui)
        await click(ui, *place_of(ui, "line-27"))
        assert selected(ui.app.main.log_pane.list).endswith("line-27")
        assert ui.app.focused is ui.app.main.log_pane.list
        await click(ui, *place_of(ui, "/item/28"))
        assert "/item/28 " in selected(ui.app.main.requests.list)


@pytest.mark.parametrize("size", [(120, 40), (80, 34), (170, 34)])
async def test_a_double_click_that_moves_the_rows_opens_the_one_that_was_pressed(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(size=size) as ui:
        monkeypatch.setattr(ui.app, "CLICK_CHAIN_TIME_THRESHOLD", 60.0)  # a busy machine is slow
        await feed(ui)
        place = place_of(ui, "line-25")
        await click(ui, *place)
        await click(ui, *place)
        await ui.until(lambda: isinstance(ui.app.screen, DetailScreen))
        item = ui.on(DetailScreen).item
        assert isinstance(item, LogEntry)
        assert item.text == "line-25"
        await ui.press("escape")
        place = place_of(ui, "/item/29")
        await click(ui, *place)
        await click(ui, *place)
        await ui.until(lambda: isinstance(ui.app.screen, DetailScreen))
        item = ui.on(DetailScreen).item
        assert isinstance(item, Request)
        assert item.started.target == "/item/29"
        assert not ui.app.screen.get_selected_text()


async def test_two_clicks_with_time_between_them_are_no_double_click(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.app, "CLICK_CHAIN_TIME_THRESHOLD", 0.0)
    await feed(ui)
    place = place_of(ui, "line-25")
    await click(ui, *place)
    await click(ui, *place)
    assert ui.app.screen is ui.app.main


async def test_rows_that_come_while_the_button_is_down_do_not_change_what_is_meant(
    ui: Driver,
) -> None:
    await feed(ui)
    await ui.press("1")
    place = place_of(ui, "/item/29")
    ui.app.post_message(_event(MouseDown, *place))
    await ui.pilot.pause()
    ui.session.feed(started(31, "/later"), finished(31, "/later"))
    await ui.shows("/later")
    ui.app.post_message(_event(MouseUp, *place))
    await ui.until(lambda: "/item/29 " in selected(ui.app.main.requests.list))


async def test_a_row_that_has_gone_meanwhile_is_not_opened(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.app, "CLICK_CHAIN_TIME_THRESHOLD", 60.0)
    await feed(ui)
    place = place_of(ui, "line-25")
    await click(ui, *place)
    ui.session.store.log.clear()
    await ui.until(lambda: not ui.app.main.log_pane.list.matches.ring)
    await click(ui, *place)
    assert ui.app.screen is ui.app.main
