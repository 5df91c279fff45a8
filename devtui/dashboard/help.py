"""The help: all keys, which can also be clicked."""

from __future__ import annotations

from itertools import zip_longest
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.widgets import Static

from devtui.dashboard.keys.commands import Command, in_force
from devtui.dashboard.widgets.dialogs import Dialog

_IN_ROWS = (
    *("search", "next-match", "match-before", "row-before", "row-after", "fold"),
    *("ignore", "back"),
)
_IN_ERRORS = ("locals", "evaluate", "stop-evaluation", "secrets", "to-request")
_GAP = 3
_FRAME = 5  # columns of the border, the padding and the scrollbar


class HelpDialog(Dialog[None]):
    """All keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q", "dismiss", show=False),
    ]

    def compose(self) -> ComposeResult:
        """Show the keys in the order of the table; they scroll if they do not fit."""
        with Vertical(classes="dialog -help") as dialog:
            dialog.border_title = "Keys"
            dialog.border_subtitle = "escape back"
            with VerticalScroll():
                yield HelpLines()

    def on_resize(self) -> None:
        """Choose between one column and two."""
        self.query_one(HelpLines).lay_out(self.size.width - _FRAME)


class HelpLines(Static):
    """Every key with what it does.

    A click on a key closes the help and presses the key on the screen below.
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._columns: list[tuple[int, list[Command | str]]] = []

    def lay_out(self, width: int) -> None:
        """Show two columns if they fit into `width`, else one."""
        everywhere, panes = _of("app", "list"), _of("main")
        rows: list[Command | str] = ["in an opened row", *_named(*_IN_ROWS)]
        errors: list[Command | str] = ["in an opened error", *_named(*_IN_ERRORS)]
        left, right = [*everywhere, *rows], [*panes, *errors]
        start = sum(_widths(left)) + _GAP
        if start + sum(_widths(right)) <= width:
            self._columns = [(0, left), (start, right)]
            columns = [_lines(left, start), _lines(right)]
        else:
            # The panes' keys first: in a low terminal the rest is out of view.
            column = [*panes, *everywhere, *rows, *errors]
            self._columns = [(0, column)]
            columns = [_lines(column)]
        lines = zip_longest(*columns, fillvalue=Content(" " * start))
        self.update(Content("\n").join(Content("").join(line) for line in lines))

    def on_click(self, event: Click) -> None:
        """Close the dialog and press the key."""
        column = [column for start, column in self._columns if start <= event.x][-1]
        command = column[event.y] if event.y < len(column) else ""
        if isinstance(command, Command):
            self.screen.dismiss()
            keys = command.keys or in_force[command.parts[0]].keys
            self.app.call_later(self.app.simulate_key, keys.partition(",")[0])


def _of(*scopes: str) -> list[Command]:
    return [one for one in in_force if one.scope in scopes and one.help and one.shown]


def _named(*names: str) -> list[Command]:
    return [in_force[name] for name in names if in_force[name].shown]


def _widths(column: list[Command | str]) -> tuple[int, int]:
    """Return the width of the longest key with its gap, and of the longest description."""
    commands = [command for command in column if isinstance(command, Command)]
    return max(len(one.shown) for one in commands) + 2, max(len(one.help) for one in commands)


def _lines(column: list[Command | str], width: int = 0) -> list[Content]:
    """Return a line for each command, padded to `width`; a string is a heading."""
    before = _widths(column)[0]
    lines = []
    for command in column:
        if isinstance(command, str):
            line = Content.styled(" " * before + command, "$foreground 55%")
        else:
            key = (f"{command.shown:>{before - 2}}", "bold $footer-key-foreground")
            line = Content.assemble(key, "  ", command.help)
        lines.append(line + " " * max(width - line.cell_length, 0))
    return lines
