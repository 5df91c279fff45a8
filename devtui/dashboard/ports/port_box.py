"""The box of the port screen: the port's state, its holders, the progress, the choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from devtui.dashboard.ports import port_view
from devtui.dashboard.ports.port_choices import PortChoice, Sight, names
from devtui.events import Holder

MAX_WIDTH = 110
LOW = 15
"""The least height of a terminal that shows the holders' details beside the choices."""

_FRAME = 6  # columns of the border and of the padding at both sides


class Progress:
    """The steps of stopping with their times, and the result."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.stopping = False
        self.stopped = ""
        """The result of the last stopping, until the port has been looked at again."""
        self._monotonic = monotonic
        self._began = 0.0
        self._steps: list[tuple[float, str]] = []
        self._said = ("", False)

    def forget(self) -> None:
        """Forget the steps and the result."""
        self._steps.clear()
        self._said = ("", False)

    def begin(self) -> None:
        """Begin to stop processes."""
        self.forget()
        self.stopping = True
        self._began = self._monotonic()

    def step(self, seconds: float, text: str) -> None:
        """Add a step, with the seconds since the first one."""
        self._steps.append((seconds, text))

    def say(self, text: str, problem: bool = False) -> None:
        """Set the result."""
        self._said = (text, problem)

    def seen(self, holders: Sequence[Holder]) -> None:
        """Say who has taken the port that was freed."""
        stopped, self.stopped = self.stopped, ""
        if stopped and holders:
            self.say(f"{stopped} {_who_now(holders[0])}", problem=True)

    def content(self, width: int) -> Content:
        """Return the wrapped lines; empty if there is nothing to say."""
        parts = [port_view.step_line(seconds, text, width) for seconds, text in self._steps]
        if self.stopping:
            now = self._monotonic() - self._began
            parts.append(port_view.step_line(now, "stopping …", width))
        if self._said[0]:
            parts.append(port_view.said(self._said[0], width, self._said[1]))
        return Content("\n").join(parts)


def _who_now(holder: Holder) -> str:
    by = holder.restarts_by or (holder.parent and f"{holder.parent} (pid {holder.parent_pid})")
    return f"Then {names([holder])} took the port" + (f", started by {by}." if by else ".")


class Shown(msgspec.Struct, frozen=True):
    """The contents of the box.

    `sight` is None until the port has been looked at; `asking` is whether the box asks before it
    stops a process. `leaving` says what the key `q` does.
    """

    port: int
    sight: Sight | None
    choices: tuple[PortChoice, ...]
    asking: bool
    progress: Progress
    leaving: str

    @property
    def choosing(self) -> bool:
        """Whether the user can choose: no question is open, and no process is being stopped."""
        return not self.asking and not self.progress.stopping

    @property
    def keys(self) -> str:
        """The other keys, for the lower border."""
        if self.asking:
            return "y yes   n no"
        return f"{'stopping …' if self.progress.stopping else 'escape back'}   q {self.leaving}"


class ChoiceLine(Static):
    """A choice that can be clicked."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.key = ""
        """The key that a click presses; empty if there is nothing to choose."""

    def on_click(self) -> None:
        """Press the key."""
        if self.key:
            self.app.simulate_key(self.key)


class PortBox(Vertical):
    """A box that lays itself out for the terminal's size, so that the choices always fit."""

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
        """Yield the port's state, the holders, the progress and the choices."""
        yield self._headline
        yield self._details
        yield self._progress
        yield self._choices

    def show(self, shown: Shown) -> None:
        """Lay out the contents for the terminal's size."""
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
        """Show the choices if the user can choose, and return how many lines they take."""
        self._choices.display = shown.choosing
        height = 1
        for line, choice in zip(self._lines, shown.choices, strict=True):
            text = port_view.choice_line(choice, width, cut=low)
            line.update(text)
            line.key = choice.key if shown.choosing else ""
            height += port_view.height(text)
        return height if shown.choosing else 0

    def _texts(self, shown: Shown, width: int) -> tuple[Content, Content, Content]:
        """Return the headline, the holders and the progress."""
        progress = shown.progress.content(width)
        if shown.sight is None:
            words = f"Looking for the holder of port {shown.port} …"
            return Content.styled(words, "$foreground 55%"), Content(), progress
        head = port_view.headline(shown.sight, width)
        if shown.asking:
            # The question needs the room, so nothing else is shown.
            from devtui.ports.stopping import ASK_SECONDS

            asked = port_view.question(shown.sight.survey.blocking, ASK_SECONDS, width)
            return head, asked, Content()
        return head, port_view.details(shown.sight, width, self._now()), progress

    def scroll_details(self, lines: int) -> None:
        """Scroll the holders."""
        self._details.scroll_relative(y=lines, animate=False)
