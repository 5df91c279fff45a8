"""Dialogs: their base class, and the one that asks for a port."""

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
from devtui.dashboard.keys.second_press import SecondPress, once_more
from devtui.dashboard.messages import Tell
from devtui.dashboard.widgets.ends_work import EndsWork
from devtui.dashboard.widgets.too_small import NeedsRoom
from devtui.text.sanitize import visible

Result = TypeVar("Result")


def parse_port(text: str) -> int:
    """Parse a typed port. Raises `ValueError` with a sentence for the user."""
    text = text.strip()
    if not text:
        raise ValueError("Type a port, from 0 to 65535 (0 takes any free one).")
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"A port is a whole number; {visible(text, 20)!r} is not one.")
    if len(text) > 9 or int(text) > MAX_PORT:
        raise ValueError(f"The highest port is {MAX_PORT}; {visible(text, 20)} is above it.")
    return int(text)


class Dialog(EndsWork, NeedsRoom, ModalScreen[Result], Generic[Result]):
    """A framed box in the middle of the screen; escape closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        Binding("ctrl+z", "app.suspend", show=False),
        Binding("ctrl+q", "app.quit", show=False),
        Binding("ctrl+c", "interrupt_dialog", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._interrupts = SecondPress()

    def on_click(self, event: Click) -> None:
        """Press escape after a click beside the box or on the keys in its lower border."""
        box = self.query_one(".dialog")
        beside = not box.region.contains(event.screen_x, event.screen_y)
        if beside or (event.widget is box and event.screen_y == box.region.bottom - 1):
            # Through the app: a key sent from here would not bubble from the input to the dialog.
            self.app.call_later(self.app.simulate_key, "escape")

    async def action_interrupt_dialog(self) -> None:
        """Copy the selection, else leave devtui at the second press: escape closes the dialog."""
        if self.get_selected_text():
            self.action_copy_text()
        elif self._interrupts.pressed():
            await self.run_action("app.interrupt")
        else:
            self.app.post_message(Tell(once_more("escape closes this")))

    def begin(self, work: WorkType[None], latest_of: str = "") -> None:
        """Run slow work in a worker; it cancels older work of the same kind (`latest_of`)."""
        self.run_worker(work, group=latest_of or "default", exclusive=bool(latest_of))


class PortQuestion(msgspec.Struct, frozen=True):
    """The question of a `PortDialog`; `keys` is the lower border.

    `text`, and the `port` that is offered, are asked for again when the server may have moved.
    `about` describes a port while it is typed, and says whether that is a problem; it may block.
    `go` carries out the request, and returns a sentence if the dialog has to stay open.
    """

    title: str
    text: Callable[[], str]
    keys: str
    port: Callable[[], int]
    about: Callable[[int], tuple[str, bool]]
    go: Callable[[int], Awaitable[str | None]]


class PortDialog(Dialog[int | None]):
    """Ask for a port, and describe it before it is tried.

    The result is the accepted port, or None.
    """

    def __init__(self, question: PortQuestion) -> None:
        super().__init__()
        self._question = question
        self._offered = question.port()

    def compose(self) -> ComposeResult:
        """Yield the input, and the problem with its text."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._question.title
            dialog.border_subtitle = self._question.keys
            yield Static(self._question.text(), id="question", markup=False)
            yield Input(str(self._offered), max_length=40)
            yield Static("", id="problem", markup=False)

    def follow(self) -> None:
        """Ask again after the server may have moved; what is typed stays."""
        if not self.is_mounted:
            return
        self.query_one("#question", Static).update(Content(self._question.text()))
        field = self.query_one(Input)
        offered, self._offered = self._offered, self._question.port()
        if field.disabled or offered == self._offered:
            return
        if field.value == str(offered):
            field.value = str(self._offered)
        else:
            self._describe(field.value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._describe(event.value)

    def _describe(self, text: str) -> None:
        self.begin(partial(self._tell_about, text), latest_of="about")

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
