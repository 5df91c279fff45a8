"""The dialogs: another port, who holds the port, all keys."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from itertools import zip_longest
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from devtui.dashboard.cells import fit
from devtui.dashboard.commands import COMMANDS, Command
from devtui.events import Holder
from devtui.sanitise import visible

MAX_PORT = 65_535


def parse_port(text: str) -> int:
    """The port that was typed. Raises `ValueError` with a sentence for the user."""
    text = text.strip()
    if not text:
        raise ValueError("Type a port, from 0 to 65535 (0 takes any free one).")
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"A port is a whole number, and {visible(text, 20)!r} is none.")
    if len(text) > 9 or int(text) > MAX_PORT:
        raise ValueError(f"The highest port is {MAX_PORT}; {visible(text, 20)} is above it.")
    return int(text)


class Dialog(ModalScreen[None]):
    """A framed box in the middle of the screen, left with `escape`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]


class PortDialog(Dialog):
    """Asks for a port and moves the server there; a refused port leaves the dialog open."""

    def __init__(self, port: int, move: Callable[[int], Awaitable[str | None]]) -> None:
        """`move` goes to a port and returns None, or a sentence on why it could not."""
        super().__init__()
        self._port = port
        self._move = move

    def compose(self) -> ComposeResult:
        """The line to type in, and what was wrong with it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Change the port"
            dialog.border_subtitle = "enter move   escape cancel"
            yield Static(f"The server is on port {self._port}. Move it to port:", markup=False)
            yield Input(str(self._port), max_length=40)
            yield Static("0 takes any free port.", id="problem", markup=False)

    @on(Input.Changed)
    def _check(self) -> None:
        self._say("0 takes any free port.", problem=False)

    @on(Input.Submitted)
    async def _submit(self, event: Input.Submitted) -> None:
        try:
            port = parse_port(event.value)
        except ValueError as error:
            self._say(str(error))
            return
        event.input.disabled = True
        self._say(f"Moving to port {port} …", problem=False)
        self.run_worker(self._try(port), exclusive=True)

    async def _try(self, port: int) -> None:
        refused = await self._move(port)
        if refused is None:
            self.dismiss()
            return
        field = self.query_one(Input)
        field.disabled = False
        field.focus()
        self._say(refused)

    def _say(self, text: str, problem: bool = True) -> None:
        line = self.query_one("#problem", Static)
        line.set_class(problem, "-problem")
        line.update(Content(visible(text, 500)))


class HoldersDialog(Dialog):
    """Shows who listens on the port; `y` stops the one that is chosen, unless it is ours."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "stop", show=False),
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
        Binding("r", "again", show=False),
    ]

    def __init__(
        self,
        port: int,
        find: Callable[[], Sequence[Holder]],
        stop: Callable[[Holder], str],
        own_pids: Callable[[], frozenset[int]],
        message: str = "",
    ) -> None:
        """`find` and `stop` may block; `message` says why the port was refused."""
        super().__init__()
        self._port = port
        self._find = find
        self._stop_holder = stop
        self._own_pids = own_pids
        self._message = message
        self._holders: Sequence[Holder] = ()
        self._chosen = 0
        self._busy = False

    def compose(self) -> ComposeResult:
        """The holders, and what happened."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = f"Who holds port {self._port}"
            yield Static(f"Looking who listens on port {self._port} …", id="list", markup=False)
            yield Static("", id="problem", markup=False)

    def on_mount(self) -> None:
        """Look at once."""
        self._say(self._message)
        self.action_again()

    def action_again(self) -> None:
        """Look again who listens."""
        self.run_worker(self._look(), exclusive=True)

    async def _look(self) -> None:
        try:
            self._holders = await asyncio.to_thread(self._find)
        except OSError as error:  # what psutil raises where the system does not tell
            self._holders = ()
            self._say(f"Cannot see who listens here: {error}.")
        self._chosen = min(self._chosen, max(len(self._holders) - 1, 0))
        self._show()

    def _show(self) -> None:
        width = max(min(self.app.size.width - 12, 84), 20)
        lines = [
            self._holder_lines(index, holder, width) for index, holder in enumerate(self._holders)
        ]
        nobody = Content(f"Nobody that this user may see listens on port {self._port}.")
        self.query_one("#list", Static).update(Content("\n").join(lines) if lines else nobody)
        stop = "y stop it   " if self.stoppable is not None else ""
        dialog = self.query_one(".dialog")
        dialog.border_subtitle = f"{stop}r look again   escape back"

    def _holder_lines(self, index: int, holder: Holder, width: int) -> Content:
        mark = "▸ " if index == self._chosen and len(self._holders) > 1 else "  "
        ours = " (this devtui)" if self._is_ours(holder) else ""
        who = f"{visible(holder.name, 60)}{ours}"
        pid = f"pid {holder.pid}" if holder.pid is not None else "pid not known"
        since = holder.started.astimezone().strftime("%Y-%m-%d %H:%M") if holder.started else ""
        about = "  ".join(filter(None, [pid, visible(holder.user, 40), since, holder.address]))
        return Content("\n").join(
            [
                Content.assemble(mark, (who, "bold"), "  ", (fit(about, width), "$foreground 55%")),
                Content.assemble("  ", fit(holder.command, width)),
            ]
        )

    def _is_ours(self, holder: Holder) -> bool:
        return holder.pid is None or holder.pid == os.getpid() or holder.pid in self._own_pids()

    @property
    def stoppable(self) -> Holder | None:
        """The chosen holder, where it may be stopped: never one of our own processes."""
        if self._busy or self._chosen >= len(self._holders):
            return None
        holder = self._holders[self._chosen]
        return None if self._is_ours(holder) else holder

    def action_choose(self, step: int) -> None:
        """Choose the next or the previous holder."""
        if self._holders:
            self._chosen = (self._chosen + step) % len(self._holders)
            self._show()

    def action_stop(self) -> None:
        """Stop the chosen holder; the dialog said who it is, and `y` is the yes."""
        holder = self.stoppable
        if holder is not None:
            self._busy = True
            self._say(f"Stopping {holder.name} (pid {holder.pid}) …")
            self.run_worker(self._stop(holder))

    async def _stop(self, holder: Holder) -> None:
        try:
            self._say(await asyncio.to_thread(self._stop_holder, holder))
        finally:
            self._busy = False
        await self._look()

    def _say(self, text: str) -> None:
        self.query_one("#problem", Static).update(Content(visible(text, 500)))


class HelpDialog(Dialog):
    """All keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q", "dismiss", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The keys in two columns, as the table of commands has them."""
        with Vertical(classes="dialog -help") as dialog:
            dialog.border_title = "Keys"
            dialog.border_subtitle = "escape back"
            yield Static(help_lines(), markup=False)


def help_lines() -> Content:
    """Every key with what it does: the server's on the left, the panes' on the right."""
    left = [command for command in COMMANDS if command.place == "app"]
    right = [command for command in COMMANDS if command.place in ("main", "list")]
    keys = [max(len(command.shown) for command in column) for column in (left, right)]
    first_width = keys[0] + 2 + max(len(command.help) for command in left) + 3
    lines = []
    for one, other in zip_longest(left, right):
        line = _key_line(one, keys[0])
        line += " " * (first_width - line.cell_length)
        lines.append(line + _key_line(other, keys[1]))
    return Content("\n").join(lines)


def _key_line(command: Command | None, key_width: int) -> Content:
    if command is None:
        return Content()
    key = f"{command.shown:>{key_width}}"
    return Content.assemble((key, "bold $footer-key-foreground"), "  ", command.help)
