"""Toasts stand at the top, each once, and leave no gap behind."""

from __future__ import annotations

from devtui.dashboard.hiding.hide_dialog import HideDialog
from tests.support.driver import Driver, running
from tests.support.fakes import request

SAYS = "Only a running request has a stack:"


def rows_of(ui: Driver, text: str) -> list[int]:
    return [row for row, line in enumerate(ui.screen().splitlines()) if text in line]


async def test_a_toast_that_comes_again_is_in_its_place_and_not_twice() -> None:
    async with running(size=(80, 24)) as ui:
        ui.session.feed(*request(1, "/a"))
        await ui.shows("/a")
        await ui.press("s")
        await ui.shows(SAYS)
        (first,) = rows_of(ui, SAYS)
        for _ in range(4):
            await ui.press("s")
        await ui.until(lambda: rows_of(ui, SAYS) == [first], "one toast in the same row")
        await ui.press("h")
        ui.on(HideDialog)
        await ui.until(lambda: rows_of(ui, SAYS) == [first], "one toast beside the dialog")
        await ui.press("escape")
        await ui.until(lambda: rows_of(ui, SAYS) == [first], "one toast after the dialog")
        await ui.press("s")
        await ui.until(lambda: rows_of(ui, SAYS) == [first], "one toast in the same row again")
