"""The abilities of this terminal: its number of colours, and its characters."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from textual.app import App
from textual.filter import LineFilter

from devtui.dashboard.terminal.encodable import Encodable, unfit
from devtui.dashboard.terminal.few_colours import FewColours


def in_gnu_screen(environment: Mapping[str, str]) -> bool:
    """Whether GNU screen is between us and the terminal.

    It takes a 24-bit colour for attributes and other colours, although it passes on a COLORTERM
    that promises them. While the mouse is in use it holds `escape` back until the next key, and it
    does not know the mouse beyond column 223 (version 4.9; process.c, and `truecolor` in
    screen(1)).
    """
    return "STY" in environment or environment.get("TERM", "").startswith("screen.")


def filters_for(app: App[Any]) -> list[LineFilter]:
    """Return the filters that each line needs before it is drawn.

    `NO_COLOR` counts as Textual reads it; the number of colours is what Rich reads from COLORTERM
    and TERM.
    """
    filters: list[LineFilter] = []
    if app.no_color:
        filters.append(FewColours(app, colourless=True))
    elif app.console.color_system == "standard":
        filters.append(FewColours(app, colourless=False))
    encoding = getattr(sys.__stderr__, "encoding", None)
    if unfit(encoding):
        filters.append(Encodable(encoding))
    return filters
