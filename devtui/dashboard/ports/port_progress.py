"""What is being done about a port, and what came of it: the lines below the holders."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from devtui.dashboard.ports import port_view


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
