"""Dialogs: what they have in common, and the one that asks which port."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ClassVar, Generic, TypeVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from textual.worker import WorkType

from devtui.config.settings import MAX_PORT
from devtui.dashboard.widgets.too_small import NeedsRoom
from devtui.text.sanitize import visible

Result = TypeVar("Result")


def parse_port(text: str) -> int:
    """The port that was typed. Raises `ValueError` with a sentence for the user."""
    text = text.strip()
    if not text:
        raise ValueError("Type a port, from 0 to 65535 (0 takes any free one).")
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"A port is a whole number; {visible(text, 20)!r} is not one.")
    if len(text) > 9 or int(text) > MAX_PORT:
        raise ValueError(f"The highest port is {MAX_PORT}; {visible(text, 20)} is above it.")
    return int(text)


class Dialog(NeedsRoom, ModalScreen[Result], Generic[Result]):
    """A framed box in the middle of the screen, left with `escape`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        Binding("ctrl+z", "app.suspend", show=False),
    ]

    def on_click(self, event: Click) -> None:
        """A click beside the box, or on the keys in its lower border, is the escape key."""
        box = self.query_one(".dialog")
        beside = not box.region.contains(event.screen_x, event.screen_y)
        if beside or (event.widget is box and event.screen_y == box.region.bottom - 1):
            # By the app itself: what we sent would not bubble from our input up to us.
            self.app.call_later(self.app.simulate_key, "escape")

    def begin(self, work: WorkType[None], latest_of: str = "") -> None:
        """Go on with something that takes time; of the works `latest_of` a kind only the last."""
        self.run_worker(work, group=latest_of or "default", exclusive=bool(latest_of))


class PortQuestion(msgspec.Struct, frozen=True):
    """What a `PortDialog` asks. `port` stands there at first, `keys` says what enter does.

    `about` tells of a port that is being typed: a sentence, and whether it is a problem; it may
    block. `go` does what is asked for, and returns a sentence where the dialog has to stay.
    """

    title: str
    text: str
    keys: str
    port: int
    about: Callable[[int], tuple[str, bool]]
    go: Callable[[int], Awaitable[str | None]]


class PortDialog(Dialog[int | None]):
    """Asks for a port, and says what is to be said of it before it is tried.

    Its result is the port that was accepted, None where there was none.
    """

    def __init__(self, question: PortQuestion) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The line to type in, and what was wrong with it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._question.title
            dialog.border_subtitle = self._question.keys
            yield Static(self._question.text, markup=False)
            yield Input(str(self._question.port), max_length=40)
            yield Static("", id="problem", markup=False)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.begin(partial(self._tell_about, event.value), latest_of="about")

    async def _tell_about(self, text: str) -> None:
        try:
            port = parse_port(text)
        except ValueError as error:
            self._say(str(error), problem=bool(text))
            return
        self._say(*await asyncio.to_thread(self._question.about, port))

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        try:
            port = parse_port(event.value)
        except ValueError as error:
            self._say(str(error))
            return
        event.input.disabled = True
        self.begin(partial(self._go, port), latest_of="about")

    async def _go(self, port: int) -> None:
        problem = await self._question.go(port)
        if problem is None:
            self.dismiss(port)
            return
        field = self.query_one(Input)
        field.disabled = False
        field.focus()
        self._say(problem)

    def _say(self, text: str, problem: bool = True) -> None:
        line = self.query_one("#problem", Static)
        line.set_class(problem, "-problem")
        line.update(Content(visible(text, 500)))
