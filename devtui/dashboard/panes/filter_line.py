"""The input line for a filter, below a pane."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.keys.second_press import SecondPress, once_more
from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.messages import Tell
from devtui.filters.facts import PaneName
from devtui.filters.query import Query
from devtui.filters.word_completion import HINTS, common_start
from devtui.text.sanitize import visible

MAX_HISTORY = 50
MAX_NOTE = 200

_STYLES = {"unknown": "bad", "text": ""}
"""The styles of words by kind; the other kinds are more than text, and have one style."""

_UNDERLINED = Style(underline=True)


class FilterInput(Input):
    """The input. Escape drops the filter, arrows move in the list, tab completes a word."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "up", show=False),
        Binding("down", "down", show=False),
        Binding("ctrl+up", "recall(1)", show=False),
        Binding("ctrl+down", "recall(-1)", show=False),
        Binding("tab", "complete", show=False),
    ]

    class Move(Message):
        """Move the cursor of the list above."""

        def __init__(self, lines: int) -> None:
            super().__init__()
            self.lines = lines

    def __init__(self, pane_name: PaneName, offer: Callable[[str], list[str]]) -> None:
        """`offer` returns the completions of a word."""
        super().__init__(
            placeholder=HINTS[pane_name],
            select_on_focus=False,
            highlighter=WordColours(self, pane_name),
        )
        self.pane_name: PaneName = pane_name
        self._offer = offer
        self._history: list[str] = []  # the newest last
        self._recalled = 0  # how many steps back in the history the value is; 0 is typed
        self._cycle: list[str] = []
        self._interrupts = SecondPress()

    @property
    def query_typed(self) -> Query:
        """The filter as it is typed now."""
        return Query(self.value, self.pane_name)

    def remember(self) -> None:
        """Put the filter into the history."""
        if self.value.strip():
            self._history = [one for one in self._history if one != self.value][-MAX_HISTORY:]
            self._history.append(self.value)
        self._recalled = 0

    @property
    def offered(self) -> list[str]:
        """The completions of the word before the cursor."""
        word = self.query_typed.word_at(self.cursor_position)
        if word is None or word.end != self.cursor_position:
            return []
        return self._offer(self.value[word.start : word.end])

    def action_up(self) -> None:
        """Recall the previous filter if the line is empty, else move in the list."""
        self._move_or_recall(-1)

    def action_down(self) -> None:
        """Recall the filter after the recalled one, else move in the list."""
        self._move_or_recall(1)

    def _move_or_recall(self, lines: int) -> None:
        if not self._is_recalled and (self.value or lines > 0 or not self._history):
            self.post_message(self.Move(lines))
        else:
            self.action_recall(-lines)

    @property
    def _is_recalled(self) -> bool:
        back = self._recalled
        return 0 < back <= len(self._history) and self.value == self._history[-back]

    def action_recall(self, steps: int) -> None:
        """Show an older filter of the history, or a newer one."""
        back = self._recalled if self._is_recalled else 0
        back = min(max(back + steps, 0), len(self._history))
        self.value = self._history[-back] if back else ""
        self._recalled = back
        self.cursor_position = len(self.value)

    def action_copy(self) -> None:
        """Copy the selection, else leave devtui at the second press: escape drops the filter."""
        if self.selected_text or self._interrupts.pressed():
            super().action_copy()  # without a selection the app's ctrl+c comes next
        else:
            self.app.post_message(Tell(once_more(f"{in_force.key('unfilter')} drops the filter")))

    def action_complete(self) -> None:
        """Complete the word before the cursor; the next one in turn if there are several."""
        word = self.query_typed.word_at(self.cursor_position)
        if not self.value:
            self.screen.focus_next()
        if word is None:
            return
        typed = self.value[word.start : word.end]
        if typed in self._cycle:
            wanted = self._cycle[(self._cycle.index(typed) + 1) % len(self._cycle)]
        else:
            self._cycle = self.offered
            if not self._cycle:
                return
            wanted = common_start(self._cycle)
            if len(wanted) <= len(typed):
                wanted = self._cycle[0]
        self.value = self.value[: word.start] + wanted + self.value[word.end :]
        self.cursor_position = word.start + len(wanted)


class WordColours(Highlighter):
    """Colour each word by whether it was understood."""

    def __init__(self, field: FilterInput, pane_name: PaneName) -> None:
        self._field = field
        self._pane_name: PaneName = pane_name

    def highlight(self, text: Text) -> None:
        """Colour the words."""
        screen = self._field.screen
        assert isinstance(screen, ListScreen), "a filter is on a screen that knows its colours"
        for word in Query(text.plain, self._pane_name).words:
            style = screen.line_style(_STYLES.get(word.kind, "info"))
            if word.kind == "unknown":
                style += _UNDERLINED
            text.stylize(style, word.start, word.end)


class FilterLine(Horizontal):
    """The input, and at its right a note on the words."""

    def __init__(self, pane_name: PaneName, offer: Callable[[str], list[str]]) -> None:
        super().__init__(classes="filter")
        self.input = FilterInput(pane_name, offer)
        self._note = Static("", markup=False, classes="note")

    def compose(self) -> ComposeResult:
        """Yield a slash, the input and the note."""
        yield Static("/", markup=False)
        yield self.input
        yield self._note

    def say(self, problem: str, aside: str) -> None:
        """Show a problem, else the aside with what tab offers."""
        offered = self.input.offered if self.input.has_focus and not problem else []
        hint = f"tab {offered[0]}" if offered else ""
        text = problem or "  ".join(filter(None, [hint, aside]))
        self._note.set_class(bool(problem), "-problem")
        self._note.update(Content(visible(text, MAX_NOTE)))
