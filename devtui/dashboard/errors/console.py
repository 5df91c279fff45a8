"""The transcript of evaluations, and the prompt below it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from devtui.dashboard.errors.code_lines import highlighted
from devtui.dashboard.errors.prompt import History, Prompt
from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.sections import (
    DetailRows,
    Line,
    Section,
    ShownLine,
    laid_out,
    text_lines,
)
from devtui.dashboard.widgets.cells import fit
from devtui.events import Evaluated
from devtui.session.store.ring import Ring
from devtui.text import formats
from devtui.text.sanitize import visible
from devtui.text.sgr import plain

MAX_LINES = 2_000
MAX_SOURCE_LINE = 2_000
MAX_PROMPT_LINES = 6
MAX_NAME = 80
MAX_NAMES = 60
"""How many completions are shown."""


class Console(Vertical):
    """Show evaluations in order; the screen runs them."""

    class Asked(Message):
        """Run code in the selected frame."""

        def __init__(self, source: str) -> None:
            super().__init__()
            self.source = source

    def __init__(self, history: History) -> None:
        super().__init__(id="console", classes="pane")
        self.transcript: LineList[ShownLine] = LineList(Ring(1), DetailRows())
        self.transcript.cursor_shown = False
        self.transcript.can_focus = False
        self.prompt = Prompt(history)
        self._lines: deque[Line] = deque(maxlen=MAX_LINES)
        self._where = ""

    def compose(self) -> ComposeResult:
        """Yield the transcript, and the prompt below it."""
        yield self.transcript
        yield Horizontal(Static(">>>", markup=False), self.prompt, id="ask")

    def on_resize(self) -> None:
        """Wrap the transcript again, after the list has got its size."""
        self.call_after_refresh(self._lay_out)

    @on(Prompt.Entered)
    def _entered(self, event: Prompt.Entered) -> None:
        event.stop()
        self.post_message(self.Asked(event.source))

    @on(TextArea.Changed)
    def _grow(self, event: TextArea.Changed) -> None:
        if not event.text_area.text:
            self.border_subtitle = ""
        lines = event.text_area.document.line_count
        self.query_one("#ask").styles.height = min(lines, MAX_PROMPT_LINES)

    def asks_in(self, where: str) -> None:
        """Show the frame that code runs in."""
        self._where = where
        self._say_where()

    def _say_where(self) -> None:
        room = max(self.app.size.width - 18, 8)
        self.border_title = Content(f"evaluate in {fit(self._where, room)}")

    def running(self, milliseconds: float | None) -> None:
        """Show how long an evaluation has been running; None if there is none."""
        words = ""
        if milliseconds is not None:
            words = f"running for {formats.running_time(milliseconds)}   ctrl+c stops it"
        self.border_subtitle = Content(words)

    def show_signature(self, text: str) -> None:
        """Show a function's signature, until the line is run or cleared."""
        self.border_subtitle = Content(visible(text, max(self.size.width - 8, 8)))

    def show_asked(self, source: str) -> None:
        """Add the code that is evaluated."""
        for number, pieces in enumerate(highlighted(source.strip("\n"))):
            sign = ">>> " if number == 0 else "... "
            row = [(visible(text, MAX_SOURCE_LINE), style) for text, style in pieces]
            self._lines.append(Line([(sign, "dim"), *row], indent=4))
        self._lay_out()

    def show_answer(self, answer: Evaluated) -> None:
        """Add the output, value and error of an evaluation."""
        if answer.gone:
            self._lines += text_lines(answer.reason, "warn")
        self._lines += text_lines(plain(answer.output))
        if answer.value is not None:
            self._lines += text_lines(answer.value, "info")
        self._lines += text_lines(answer.traceback, "bad", marks=True)
        if answer.truncated:
            self._lines.append(Line([("… cut: there was more output", "dim")]))
        self._lay_out()

    def show_note(self, text: str) -> None:
        """Add a sentence of ours; names in it may contain control characters."""
        self._lines.append(Line([(visible(text, MAX_SOURCE_LINE), "warn")]))
        self._lay_out()

    def show_names(self, names: Sequence[str], left_out: int) -> None:
        """Add as many completions as there is room for."""
        shown = [visible(name, MAX_NAME) for name in names[:MAX_NAMES]]
        left_out += len(names) - len(shown)
        more = f"  … {formats.count(left_out, 'more name')}" if left_out else ""
        self._lines.append(Line([("  ".join(shown), "info"), (more, "dim")]))
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.transcript.row_width
        if width:
            shown = laid_out([Section("", list(self._lines))], width)
            self.transcript.show_ring(shown, follow=True)
