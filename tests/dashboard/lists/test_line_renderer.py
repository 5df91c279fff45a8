from __future__ import annotations

from typing import Any, cast

import pytest
from rich.style import Style
from textual.strip import Strip

from devtui.dashboard.lists.line_renderer import LineRenderer, Rows
from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.widgets.cells import Row
from tests.support.driver import there

COLOURS = {"": Style(), "bad": Style(color="red"), "dim": Style(color="grey50")}


class Words(Rows[str]):
    def spans(self, item: str, width: int) -> Row:
        return [("! ", "bad"), ("", "dim"), (item, "")]


class Screen(ListScreen):
    def line_style(self, name: str) -> Style:
        return COLOURS[name]

    def cursor_style(self, name: str) -> Style:
        return Style(bgcolor={"cursor": "blue", "cursor-blurred": "black"}[name])


class Widget:
    """As much of a list as drawing needs; counts how often its colours are mixed."""

    def __init__(self) -> None:
        self.screen = Screen()
        self.background = "white"
        self.mixed = 0

    @property
    def rich_style(self) -> Style:
        self.mixed += 1
        return Style(bgcolor=self.background)


@pytest.fixture
def widget() -> Widget:
    return Widget()


@pytest.fixture
def renderer(widget: Widget) -> LineRenderer[str]:
    return LineRenderer(cast(Any, widget), Words())


def pieces(strip: Strip) -> list[tuple[str, str | None, str | None]]:
    return [
        (part.text, style.color and style.color.name, there(style.bgcolor).name)
        for part in strip
        for style in [there(part.style)]
    ]


def test_a_row_has_its_colours_on_the_list_s_own_and_fills_the_width(
    renderer: LineRenderer[str],
) -> None:
    strip = renderer.row(Words().spans("item", 0), 9)
    assert pieces(strip) == [
        ("! ", "red", "white"),
        ("item", None, "white"),
        ("   ", None, "white"),
    ]


def test_a_row_is_cut_at_the_width(renderer: LineRenderer[str]) -> None:
    assert renderer.row(Words().spans("a long item", 0), 5).text == "! a l"


def test_under_the_cursor_the_whole_line_is_on_its_colour(renderer: LineRenderer[str]) -> None:
    for name, colour in (("cursor", "blue"), ("cursor-blurred", "black")):
        assert {back for *_, back in pieces(renderer.row(Words().spans("item", 0), 9, name))} == {
            colour
        }


def test_lines_without_an_item(renderer: LineRenderer[str]) -> None:
    assert pieces(renderer.blank(4)) == [("    ", None, "white")]
    note = renderer.note("Nothing.", 10)
    assert pieces(note) == [("Nothing.", "grey50", "white"), ("  ", None, "white")]
    assert renderer.note("Nothing.", 5).cell_length == 5


def test_the_colours_are_mixed_once_for_a_theme(
    renderer: LineRenderer[str], widget: Widget
) -> None:
    for _ in range(3):
        renderer.row(Words().spans("item", 0), 9)
    assert widget.mixed == 1
    widget.background = "black"
    renderer.forget_colours()
    assert pieces(renderer.blank(1)) == [(" ", None, "black")]
