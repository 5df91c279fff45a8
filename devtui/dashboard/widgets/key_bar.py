"""The bottom line: the keys that matter now; keys that cannot work are grey."""

from __future__ import annotations

from typing import TypeAlias

from textual.content import Content
from textual.events import Click
from textual.screen import Screen
from textual.widgets import Static

from devtui.dashboard.keys.commands import BY_NAME, Command, in_force

GAP = 2
ENDS = ("help", "leave")
"""The commands at the right end."""

Keys: TypeAlias = tuple[tuple[str, bool], ...]
"""Names of commands, each with whether it can work now."""


class KeyBar(Static):
    """The footer of a screen, made from the screen's active bindings."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._shown: tuple[Keys, int] | None = None
        self._places: list[tuple[range, str]] = []

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)
        self._look()

    def on_resize(self) -> None:
        """Choose the keys that fit."""
        self._look()

    def on_click(self, event: Click) -> None:
        """Press the key under the mouse."""
        for place, key in self._places:
            if event.x in place:
                self.app.simulate_key(key)

    def _follow(self, screen: Screen[object]) -> None:
        self._look()

    def _look(self) -> None:
        focused = self.screen.focused
        typing = focused is not None and focused.check_consume_key("a", "a")
        found = {
            name: active.enabled
            for active in self.screen.active_bindings.values()
            if (name := active.binding.id) in BY_NAME
            # A letter typed into an input is not a command.
            and not (typing and len(in_force[name].first) == 1)
            and in_force[name].first
        }
        # In the order of the table, not of the bindings.
        keys = tuple((name, found[name]) for name in BY_NAME if name in found)
        if self.size.width and (keys, self.size.width) != self._shown:
            self._shown = (keys, self.size.width)
            content, self._places = bar(keys, self.size.width)
            self.update(content, layout=False)  # it is always one line high


def chosen(keys: Keys, width: int) -> list[tuple[Command, bool]]:
    """Return the most important commands that fit into `width`, and whether each can work.

    Keys that cannot work now give way to those that can.
    """
    shown = [(in_force[name], enabled) for name, enabled in keys]
    shown = [(command, enabled) for command, enabled in shown if command.rank is not None]
    while shown and sum(_width(command) for command, _ in shown) > width - 2:
        shown.remove(max(shown, key=lambda pair: (not pair[1], pair[0].rank or 0)))
    return shown


def bar(keys: Keys, width: int) -> tuple[Content, list[tuple[range, str]]]:
    """Return the line, and the place of each key in it."""
    content, places = Content(" "), []
    shown = chosen(keys, width)
    ends = [pair for pair in shown if pair[0].name in ENDS]
    rest = sum(_width(command) for command, _ in ends) - GAP
    for command, enabled in [pair for pair in shown if pair not in ends] + ends:
        if ends and command is ends[0][0]:
            content += " " * max(width - 1 - rest - content.cell_length, 0)
        start = content.cell_length
        content += _key(command, enabled)
        # A grey key too: it says why it cannot work.
        places.append((range(start, content.cell_length), command.keys.partition(",")[0]))
        content += " " * GAP
    return content, places


def _width(command: Command) -> int:
    return len(command.first) + 1 + len(command.label) + GAP


def _key(command: Command, enabled: bool) -> Content:
    key_style = "bold $footer-key-foreground" if enabled else "$foreground 30%"
    label_style = "$foreground 75%" if enabled else "$foreground 30%"
    return Content.assemble((command.first, key_style), " ", (command.label, label_style))
