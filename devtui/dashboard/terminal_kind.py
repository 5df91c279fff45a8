"""What this terminal can show: how many colours, and which characters."""

from __future__ import annotations

import sys
from typing import Any

from textual.app import App
from textual.filter import LineFilter

from devtui.dashboard.encodable import Encodable, unfit
from devtui.dashboard.few_colours import FewColours


def filters_for(app: App[Any]) -> list[LineFilter]:
    """What has to be done to each line before it is drawn.

    `NO_COLOR` counts where it is set, as Textual reads it; the number of colours is what Rich reads
    from COLORTERM and TERM.
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
