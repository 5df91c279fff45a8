"""The prompt for code: it has a history, and enter runs complete code."""

from __future__ import annotations

import codeop
import re
import warnings
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

INDENT = 4
MAX_TYPED = 1_000
MAX_HISTORY = 200
_TYPED = re.compile(r"[\w.]+\Z")


class History:
    """The code that was run, the newest last; one history for the whole dashboard."""

    def __init__(
        self,
        entries: Sequence[str] = (),
        keep: Callable[[Sequence[str]], None] | None = None,
    ) -> None:
        """Begin with `entries`; `keep` gets all of them after each new one."""
        self._entries = list(entries)
        self._keep = keep
        self._at = len(self._entries)
        self._draft = ""

    def add(self, source: str) -> None:
        """Remember code that was run."""
        if not self._entries or self._entries[-1] != source:
            self._entries.append(source)
            del self._entries[:-MAX_HISTORY]
            if self._keep is not None:
                self._keep(tuple(self._entries))
        self._at = len(self._entries)
        self._draft = ""

    def move(self, steps: int, current: str) -> str | None:
        """Return the entry `steps` away (-1: the one before), or None if there is none.

        `current` is the text in the prompt, which comes back after the newest entry.
        """
        wanted = self._at + steps
        if not 0 <= wanted <= len(self._entries):
            return None
        if self._at == len(self._entries):
            self._draft = current
        self._at = wanted
        return self._draft if wanted == len(self._entries) else self._entries[wanted]


class Prompt(TextArea):
    """Python code: enter runs it if it is complete, else begins another line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "back_or_up", show=False),
        Binding("down", "on_or_down", show=False),
        Binding("tab", "complete", show=False),
        # Only escape leaves: the text typed next must not run as commands.
        Binding("shift+tab", "stay", show=False),
        Binding("ctrl+c,super+c", "stop", show=False),
        Binding("shift+enter,alt+enter,ctrl+j", "new_line", show=False),
    ]

    class Entered(Message):
        """Run code."""

        def __init__(self, source: str) -> None:
            super().__init__()
            self.source = source

    class Completing(Message):
        """Complete the name before the cursor; `path` has the names before its dot."""

        def __init__(self, path: tuple[str, ...], prefix: str) -> None:
            super().__init__()
            self.path = path
            self.prefix = prefix

    class Calling(Message):
        """An opening bracket was typed behind a name; `path` has the names before its last dot."""

        def __init__(self, path: tuple[str, ...], name: str) -> None:
            super().__init__()
            self.path = path
            self.name = name

    class Stopped(Message):
        """ctrl+c was pressed."""

    def __init__(self, history: History) -> None:
        super().__init__(
            compact=True,
            highlight_cursor_line=False,
            placeholder="enter runs, tab completes, ctrl+j: new line, escape leaves",
        )
        self._history = history

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self._enter()
        else:
            await super()._on_key(event)
            if event.character == "(":
                self._begin_call()

    def _enter(self) -> None:
        source = self.text
        if not source.strip():
            return
        # An empty line at the end of a block ends it, as in Python's own prompt.
        if complete(source) or source.endswith("\n"):
            self._history.add(source.rstrip("\n"))
            self.text = ""
            self.post_message(self.Entered(source))
        else:
            self.action_new_line()

    def action_new_line(self) -> None:
        """Begin another line, indented as the one above, and more after a colon."""
        row, _ = self.cursor_location
        above = self.document.get_line(row)
        indent = above[: len(above) - len(above.lstrip())]
        if above.rstrip().endswith(":"):
            indent += "    "
        self.insert("\n" + indent)

    def action_complete(self) -> None:
        """Complete the name before the cursor; at the beginning of a line, indent."""
        before = self._before_cursor()
        typed = _TYPED.search(before[-MAX_TYPED:])
        if not before.strip():
            self.insert(" " * (INDENT - len(before) % INDENT))
        elif before.endswith("("):
            self._begin_call()
        elif typed is not None:
            *path, prefix = typed[0].split(".")
            self.post_message(self.Completing(tuple(path), prefix))

    def _begin_call(self) -> None:
        typed = _TYPED.search(self._before_cursor().removesuffix("(")[-MAX_TYPED:])
        if typed is not None:
            *path, name = typed[0].split(".")
            self.post_message(self.Calling(tuple(path), name))

    def completed(self, prefix: str, whole: str) -> None:
        """Insert the rest of a name, unless the text has changed."""
        if self.has_focus and _typed_name(self._before_cursor()) == prefix:
            self.insert(whole[len(prefix) :])

    def _before_cursor(self) -> str:
        row, column = self.cursor_location
        return self.document.get_line(row)[:column]

    def action_stay(self) -> None:
        """Do nothing."""

    def action_stop(self) -> None:
        """Report that ctrl+c was pressed."""
        self.post_message(self.Stopped())

    def clear_line(self) -> None:
        """Drop what is typed, as ctrl+c does in Python's own prompt."""
        self.text = ""

    def action_back_or_up(self) -> None:
        """Go up a line; from the first line, go to the code that was run before."""
        if self.cursor_location[0] == 0:
            self._show(self._history.move(-1, self.text))
        else:
            self.action_cursor_up()

    def action_on_or_down(self) -> None:
        """Go down a line; from the last line, go to the code that was run after."""
        if self.cursor_location[0] == self.document.line_count - 1:
            self._show(self._history.move(1, self.text))
        else:
            self.action_cursor_down()

    def _show(self, text: str | None) -> None:
        if text is not None:
            self.text = text
            self.move_cursor(self.document.end)


def _typed_name(before: str) -> str:
    typed = _TYPED.search(before[-MAX_TYPED:])
    return typed[0].rpartition(".")[2] if typed is not None else ""


def complete(source: str) -> bool:
    """Whether code is complete, or has an error that running it reports."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # running the code reports them
        try:
            return codeop.compile_command(source, "<prompt>", "exec") is not None
        except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
            return True
