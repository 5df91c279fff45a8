"""The app's colours in each theme: the 16 are the theme's, and every text can be read."""

from __future__ import annotations

import pytest
from rich.color import Color as RichColour
from rich.style import Style
from textual.color import Color

from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.widgets.app_colours import MAX_LOOKS, AppColours, contrast
from devtui.text.sgr import Look
from tests.support.driver import running, there

BASE = Style(color="#d7dde5", bgcolor="#0f1319")


def _colours() -> AppColours:
    names = {"bad": Style(color="#f07178"), "dim": Style(color="#7b8089"), "": Style()}
    return AppColours(lambda name: names.get(name, Style(color="#7ec699")), lambda: BASE)


def _rgb(colour: RichColour | None) -> tuple[int, int, int]:
    red, green, blue = there(colour).get_truecolor()
    return red, green, blue


def test_the_first_colours_are_the_theme_s() -> None:
    assert _rgb(_colours().style_of(Look(ink=1)).color) == (0xF0, 0x71, 0x78)
    assert _rgb(_colours().style_of(Look(ink=9)).color) == (0xF0, 0x71, 0x78)
    assert _rgb(_colours().style_of(Look(ink=0)).color) == (0x7B, 0x80, 0x89)
    assert _rgb(_colours().style_of(Look(ink=7)).color) == (0xD7, 0xDD, 0xE5)


def test_other_colours_are_the_app_s_as_far_as_they_can_be_read() -> None:
    assert _rgb(_colours().style_of(Look(ink=(250, 200, 100))).color) == (250, 200, 100)
    dark = _rgb(_colours().style_of(Look(ink=(0, 0, 60))).color)
    assert contrast(Color(*dark), Color.parse("#0f1319")) >= 3


def test_reversed_text_changes_places() -> None:
    style = _colours().style_of(Look(ink=1, reverse=True))
    assert _rgb(style.bgcolor) == (0xF0, 0x71, 0x78)
    assert contrast(Color(*_rgb(style.color)), Color(*_rgb(style.bgcolor))) >= 3


def test_attributes() -> None:
    style = _colours().style_of(Look(bold=True, italic=True, underline=True, strike=True))
    assert (style.bold, style.italic, style.underline, style.strike) == (True,) * 4
    assert (style.color, style.bgcolor) == (None, None)


def test_looks_are_remembered_up_to_a_bound() -> None:
    asked: list[str] = []

    def style(name: str) -> Style:
        asked.append(name)
        return Style(color="#f07178")

    colours = AppColours(style, lambda: BASE)
    for _ in range(2):
        colours.style_of(Look(ink=1))
    assert asked == ["bad"]
    for number in range(MAX_LOOKS):
        colours.style_of(Look(ink=(number % 256, number // 256, 1)))
    colours.style_of(Look(ink=1))
    assert asked == ["bad"] * 2, "it was not forgotten"


@pytest.mark.parametrize("theme", ["devtui-dark", "devtui-light", "nord", "gruvbox", "dracula"])
async def test_every_colour_can_be_read_in_every_theme(theme: str) -> None:
    async with running() as ui:
        ui.app.theme = theme
        await ui.pilot.pause()
        screen = ui.on(ListScreen)
        base = screen.rich_style
        for ink in [None, *range(256), (0, 0, 0), (255, 255, 255)]:
            for paper in (None, 0, 1, 3, 7, 15, 226, 17):
                style = screen.style_of(Look(ink=ink, paper=paper))
                if ink is None and paper is None:
                    continue
                front = Color(*_rgb(style.color))
                back = Color(*_rgb(style.bgcolor or base.bgcolor))
                assert contrast(front, back) >= 2.4, (ink, paper)
