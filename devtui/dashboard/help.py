"""All keys, to be read and to be clicked on."""

from __future__ import annotations

from itertools import zip_longest
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.widgets import Static

from devtui.dashboard.commands import BY_NAME, COMMANDS, Command
from devtui.dashboard.widgets.dialogs import Dialog

_IN_ERRORS = ("locals", "evaluate", "secrets", "to-request")
_GAP = 3
_FRAME = 5  # columns of the border, the padding and the scrollbar


class HelpDialog(Dialog[None]):
    """All keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q", "dismiss", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The keys, as the table of commands has them; they scroll where they do not fit."""
        with Vertical(classes="dialog -help") as dialog:
            dialog.border_title = "Keys"
            dialog.border_subtitle = "escape back"
            with VerticalScroll():
                yield HelpLines()

    def on_resize(self) -> None:
        """Choose between one column and two."""
        self.query_one(HelpLines).lay_out(self.size.width - _FRAME)


class HelpLines(Static):
    """Every key with what it does: first the server's, then (or beside them) the panes'.

    A click on one presses it, where one came from.
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._columns: list[tuple[int, list[Command | None]]] = []

    def lay_out(self, width: int) -> None:
        """Show them in two columns where `width` has room for both, else in one."""
        left: list[Command | None] = [*_of("app"), None, *(BY_NAME[n] for n in _IN_ERRORS)]
        right: list[Command | None] = [*_of("main", "list")]
        start = sum(_widths(left)) + _GAP
        if start + sum(_widths(right)) <= width:
            self._columns = [(0, left), (start, right)]
            columns = [_lines(left, start), _lines(right)]
        else:
            # One's own panes first: on a low terminal the rest has to be scrolled to.
            self._columns = [(0, [*right, *left])]
            columns = [_lines([*right, *left])]
        rows = zip_longest(*columns, fillvalue=Content(" " * start))
        self.update(Content("\n").join(Content("").join(row) for row in rows))

    def on_click(self, event: Click) -> None:
        """Close the dialog and press the key."""
        column = [column for start, column in self._columns if start <= event.x][-1]
        command = column[event.y] if event.y < len(column) else None
        if command is not None:
            self.screen.dismiss()
            self.app.call_later(self.app.simulate_key, command.keys.partition(",")[0])


def _of(*places: str) -> list[Command]:
    return [command for command in COMMANDS if command.place in places]


def _widths(column: list[Command | None]) -> tuple[int, int]:
    """The cells of the longest key with its gap, and of the longest words."""
    commands = [command for command in column if command is not None]
    return max(len(one.shown) for one in commands) + 2, max(len(one.help) for one in commands)


def _lines(column: list[Command | None], width: int = 0) -> list[Content]:
    """A line a command, filled up to `width`; None is the heading of those of an opened error."""
    before = _widths(column)[0]
    lines = []
    for command in column:
        if command is None:
            line = Content.styled(" " * before + "in an opened error", "$foreground 55%")
        else:
            key = (f"{command.shown:>{before - 2}}", "bold $footer-key-foreground")
            line = Content.assemble(key, "  ", command.help)
        lines.append(line + " " * max(width - line.cell_length, 0))
    return lines
