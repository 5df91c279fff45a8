"""The list of rules in a dialog. The keys that move in other lists move here too."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import OptionList

from devtui.dashboard.keys.commands import in_force

_MOVES = {
    "up": "cursor_up",
    "down": "cursor_down",
    "page-up": "page_up",
    "page-down": "page_down",
    "first": "first",
    "last": "last",
}

KEEP_KEYS = "k,K"
"""The keys that keep rules; the first one may move instead."""


class RuleChoices(OptionList):
    """Rules, one of which is highlighted."""

    def __init__(self, *lines: Content) -> None:
        super().__init__(*lines)
        for name, action in _MOVES.items():
            for key in filter(None, in_force[name].keys.split(",")):
                self._bindings.bind(key, action, show=False)


def keep_key() -> str:
    """Return the key that keeps rules, as people read it."""
    moves = {key for name in _MOVES for key in in_force[name].keys.split(",")}
    return "shift+k" if "k" in moves else "k"
