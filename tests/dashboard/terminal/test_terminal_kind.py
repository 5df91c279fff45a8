from __future__ import annotations

from typing import Any

import pytest
from rich.style import Style
from textual.color import Color

from devtui.dashboard import themes
from devtui.dashboard.terminal.encodable import Encodable, encodable, unfit
from devtui.dashboard.terminal.few_colours import Ground, colourless, in_sixteen
from devtui.dashboard.terminal.terminal_kind import filters_for, in_gnu_screen
from tests.support.driver import Driver, running, there

DARK = Ground(Color.parse("#0f1319"), Color.parse("#d7dde5"), True)
LIGHT = Ground(Color.parse("#fbfbf9"), Color.parse("#1f2733"), False)


@pytest.mark.parametrize(
    ("style", "ground", "colour", "behind"),
    [
        ("#d7dde5 on #0f1319", DARK, "bright_white", "black"),
        ("#7d828a on #0f1319", DARK, "white", "black"),  # $foreground 55%
        ("#3b4046 on #0f1319", DARK, "bright_black", "black"),  # a rule
        ("#f5a1a5 on #0f1319", DARK, "bright_red", "black"),
        ("#edce9a on #141a22", DARK, "bright_yellow", "black"),
        ("#a9d9bb on #1d2530", DARK, "bright_green", "black"),
        ("#f5a1a5 on #293c59", DARK, "black", "white"),  # an error in the selected row
        ("#0f1319 on #7ec699", DARK, "black", "bright_green"),  # a badge
        ("#1f2733 on #fbfbf9", LIGHT, "black", "bright_white"),
        ("#828790 on #fbfbf9", LIGHT, "bright_black", "bright_white"),
        ("#7e1f24 on #fbfbf9", LIGHT, "red", "bright_white"),
        ("#125028 on #bed0e9", LIGHT, "black", "white"),
    ],
)
def test_sixteen_colours_keep_what_a_colour_is_for(
    style: str, ground: Any, colour: str, behind: str
) -> None:
    shown = in_sixteen(Style.parse(style), ground)
    assert (there(shown.color).number, there(shown.bgcolor).number) == tuple(
        there(Style.parse(name).color).number for name in (colour, behind)
    )


def test_sixteen_colours_keep_bold_and_what_the_mouse_does() -> None:
    style = Style.parse("bold underline #d7dde5") + Style.from_meta({"@click": "app.bell"})
    shown = in_sixteen(style, DARK)
    assert shown.bold
    assert shown.underline
    assert shown.meta == {"@click": "app.bell"}


@pytest.mark.parametrize(
    ("style", "wanted"),
    [
        ("bold #d7dde5 on #0f1319", "bold"),
        ("#3b4046 on #0f1319", "dim"),
        ("#d7dde5 on #293c59", "reverse"),
        ("reverse #d7dde5 on #0f1319", "reverse"),
        ("bold #0f1319 on #7ec699", "bold reverse"),
    ],
)
def test_without_colours_what_is_marked_is_reversed(style: str, wanted: str) -> None:
    shown = colourless(Style.parse(style), DARK)
    assert shown.color is None
    assert shown.bgcolor is None
    assert {name for name in ("bold", "dim", "reverse") if getattr(shown, name)} == set(
        wanted.split()
    )


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("╭─ 1 Requests ─╮", "ascii", "+- 1 Requests -+"),
        ("│ café …", "ascii", "| caf? ~"),
        ("│ café · 日本", "iso8859-1", "| café · ????"),
        ("❱ return 'é'", "ascii", "> return '?'"),
        ("e\u0301", "ascii", "e"),  # the accent has no cell of its own
        ("plain", "ascii", "plain"),
    ],
)
def test_what_cannot_be_encoded_keeps_its_cells(text: str, encoding: str, shown: str) -> None:
    assert encodable(text, encoding) == shown


def test_which_encodings_need_a_look() -> None:
    assert [unfit(name) for name in ("utf-8", "UTF8", "latin-1", "ANSI_X3.4-1968", None, "no")] == [
        False,
        False,
        True,
        True,
        True,
        True,
    ]
    assert Encodable("nonsense").apply([], Color(0, 0, 0)) == []


async def test_a_terminal_with_all_colours_is_left_alone(ui: Driver) -> None:
    ui.app.console._color_system = None
    assert filters_for(ui.app) == []


async def test_every_theme_can_be_chosen_and_read() -> None:
    async with running() as ui:
        names = set(ui.app.available_themes)
        assert {"devtui-dark", "devtui-light", "nord", "textual-light"} <= names
        assert not [name for name in names if "ansi" in name]
        for name in sorted(names):
            colours = ui.app.available_themes[name].to_color_system().generate()
            paper, ink = (Color.parse(colours[key]) for key in ("background", "foreground"))
            assert abs(paper.brightness - ink.brightness) > 0.35, name
        for name in ("nord", "textual-light"):
            ui.app.theme = name
            await ui.pilot.pause()
            assert "Requests" in ui.screen()


@pytest.mark.parametrize(
    ("environment", "name", "complaint"),
    [
        ({}, "devtui-dark", ""),
        ({"COLORFGBG": "0;15"}, "devtui-light", ""),
        ({"COLORFGBG": "0;15", "DEVTUI_THEME": "dark"}, "devtui-dark", ""),
        ({"DEVTUI_THEME": "nord"}, "nord", ""),
        ({"DEVTUI_THEME": "lihgt"}, "devtui-dark", "DEVTUI_THEME=lihgt is not a theme"),
    ],
)
async def test_the_theme_to_begin_with(
    environment: dict[str, str], name: str, complaint: str
) -> None:
    async with running() as ui:
        found = themes.begin(ui.app, environment)
        assert ui.app.theme == name
        assert found.startswith(complaint)
        assert bool(found) is bool(complaint)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"STY": "812.pts-0.host", "TERM": "screen"}, True),
        ({"STY": "812.pts-0.host", "TERM": "xterm-256color", "COLORTERM": "truecolor"}, True),
        ({"TERM": "screen.xterm-256color"}, True),  # as over ssh, which hands on TERM alone
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, False),
        ({"TERM": "screen"}, False),  # which tmux gives too
        ({"TERM": "xterm-256color"}, False),
        ({}, False),
    ],
)
def test_gnu_screen_is_known_by_its_variables(environment: dict[str, str], told: bool) -> None:
    assert in_gnu_screen(environment) is told
