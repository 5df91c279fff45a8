"""The box of the port screen: how the port stands, its holders, what is being done, the choices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from devtui.dashboard.ports import port_view
from devtui.dashboard.ports.port_choices import Choice, Sight

MAX_WIDTH = 110
LOW = 15
"""The least height of a terminal in which the holders' details are shown beside the choices."""

_FRAME = 6  # columns of the border and of the padding at both sides


class Progress:
    """The steps of stopping with their seconds, and the last word on the port."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.stopping = False
        self.stopped = ""
        """How the last stopping went, until it is known what came of it."""
        self._monotonic = monotonic
        self._began = 0.0
        self._steps: list[tuple[float, str]] = []
        self._said = ("", False)

    def forget(self) -> None:
        """Nothing was done yet."""
        self._steps.clear()
        self._said = ("", False)

    def begin(self) -> None:
        """Stopping begins now."""
        self.forget()
        self.stopping = True
        self._began = self._monotonic()

    def step(self, seconds: float, text: str) -> None:
        """A step of stopping, the seconds since the first one."""
        self._steps.append((seconds, text))

    def say(self, text: str, problem: bool = False) -> None:
        """What came of it; it takes the place of what was said before."""
        self._said = (text, problem)

    def content(self, width: int) -> Content:
        """All of it, wrapped; empty where there is nothing to tell."""
        parts = [port_view.step_line(seconds, text, width) for seconds, text in self._steps]
        if self.stopping:
            now = self._monotonic() - self._began
            parts.append(port_view.step_line(now, "stopping …", width))
        if self._said[0]:
            parts.append(port_view.said(self._said[0], width, self._said[1]))
        return Content("\n").join(parts)


class Shown(msgspec.Struct, frozen=True):
    """What there is to show of a port.

    `sight` is None while it is looked at; `asking` is whether the question stands there that
    comes before stopping.
    """

    port: int
    sight: Sight | None
    choices: tuple[Choice, ...]
    asking: bool
    progress: Progress

    @property
    def choosing(self) -> bool:
        """Whether something can be chosen: nobody is asked, and nobody is being stopped."""
        return not self.asking and not self.progress.stopping

    @property
    def keys(self) -> str:
        """The keys that are no choices, for the box's lower border."""
        if self.asking:
            return "y yes   n no"
        stopping = self.progress.stopping
        return "stopping …   q leave devtui" if stopping else "escape back   q leave devtui"


class ChoiceLine(Static):
    """A choice, to be clicked on too."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.key = ""
        """The key that a click on it presses; empty where there is nothing to choose."""

    def on_click(self) -> None:
        """Press its key."""
        if self.key:
            self.app.simulate_key(self.key)


class PortBox(Vertical):
    """Lays itself out for the terminal's size, so that the choices always have their room."""

    def __init__(self, choice_count: int, now: Callable[[], datetime]) -> None:
        super().__init__(classes="dialog -port")
        self._now = now
        self._headline = Static("", id="headline", markup=False)
        self._holders = Static("", id="holders", markup=False)
        self._details = VerticalScroll(self._holders, id="details", can_focus=False)
        self._progress = Static("", id="progress", markup=False)
        self._lines = [ChoiceLine() for _ in range(choice_count)]
        self._choices = Vertical(*self._lines, id="choices")

    def compose(self) -> ComposeResult:
        """How the port stands, the holders, what is being done, the choices."""
        yield self._headline
        yield self._details
        yield self._progress
        yield self._choices

    def show(self, shown: Shown) -> None:
        """Lay out what is known for the size that there is."""
        width = max(min(MAX_WIDTH, self.app.size.width - 4) - _FRAME, 20)
        low = self.app.size.height < LOW
        self.styles.width = width + _FRAME
        self.border_title = f"Port {shown.port}"
        self.set_class(low, "-low")
        head, holders, progress = self._texts(shown, width)
        self._headline.update(head)
        self._holders.update(holders)
        self._progress.update(progress)
        self._progress.display = bool(progress)
        used = port_view.height(head) + (port_view.height(progress) + 1 if progress else 0)
        used += self._show_choices(shown, width, low)
        room = max(self.app.size.height - used - 5, 3)
        self._details.display = bool(holders) and not (low and shown.choosing)
        self._details.styles.height = min(room, port_view.height(holders))
        scrolls = self._details.display and port_view.height(holders) > room
        self.border_subtitle = ("↑ ↓ more   " if scrolls else "") + shown.keys

    def _show_choices(self, shown: Shown, width: int, low: bool) -> int:
        """Show them where something can be chosen; returns how many lines they take then."""
        self._choices.display = shown.choosing
        height = 1
        for line, choice in zip(self._lines, shown.choices, strict=True):
            text = port_view.choice_line(choice, width, cut=low)
            line.update(text)
            line.key = choice.key if shown.choosing else ""
            height += port_view.height(text)
        return height if shown.choosing else 0

    def _texts(self, shown: Shown, width: int) -> tuple[Content, Content, Content]:
        """The headline, the holders and the progress."""
        progress = shown.progress.content(width)
        if shown.sight is None:
            words = f"Looking for the holder of port {shown.port} …"
            return Content.styled(words, "$foreground 55%"), Content(), progress
        head = port_view.headline(shown.sight, width)
        if shown.asking:
            # The question has the room: what it asks of, and nothing else.
            from devtui.ports.stopping import ASK_SECONDS

            asked = port_view.question(shown.sight.survey.blocking, ASK_SECONDS, width)
            return head, asked, Content()
        return head, port_view.details(shown.sight, width, self._now()), progress

    def scroll_details(self, lines: int) -> None:
        """Move in the holders, where they do not fit."""
        self._details.scroll_relative(y=lines, animate=False)
