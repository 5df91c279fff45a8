"""What was imported ahead of a load, and whether the load asks for it as a fresh one would."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import NoReturn

import msgspec

from devtui.server.standby import process_state


class Preloaded(msgspec.Struct, frozen=True):
    """A name that was imported ahead, with all the modules that it brought along.

    `effect` says what of the process it changed, and is empty where nothing; `early` is true
    where it matters to other imports whether they come before or after that.
    """

    root: str
    modules: frozenset[str]
    effect: str = ""
    early: bool = False


class UnfitStandby(BaseException):
    """What was imported ahead is not what this load would have imported. Its text says why.

    Not an Exception, so that no `except Exception` around an import swallows it.
    """


class Preloads:
    """What was imported ahead and has not been asked for yet, in the order of the imports.

    Each method that finds the load to differ from what a fresh process would do raises
    `UnfitStandby`, and `finish` raises it again: code of the user's may have swallowed it.
    """

    def __init__(self, preloaded: Sequence[Preloaded]) -> None:
        self._root_of = {name: group.root for group in preloaded for name in group.modules}
        self._waiting = {group.root: group for group in preloaded}
        self._unfit = ""
        self._late_change = ""  # by an import that the last load did not have
        self._finished = False

    def awaits(self, names: Iterable[str]) -> bool:
        """Whether one of the names is there only because it was imported ahead."""
        return any(self._root_of.get(name) in self._waiting for name in names)

    def ask(self, names: Iterable[str], changed: str) -> None:
        """The user's code is about to import these; `changed` is what it has changed before."""
        if not self._waiting:
            return
        for name in names:
            root = self._root_of.get(name)
            if root is not None and root in self._waiting:
                self._check_order(name, root, changed or self._late_change)
                if name == root:
                    del self._waiting[root]

    def check_unasked(self, names: Iterable[str], changed: str) -> None:
        """Code that is not the user's imports these, after the user's has `changed` something."""
        if self._waiting and not self._finished:
            for name in names:
                if self._root_of.get(name) in self._waiting:
                    self._give_up(f"{changed} was changed before {name} was imported")

    def note_unknown(
        self, names: Sequence[str], before: process_state.Snapshot, after: process_state.Snapshot
    ) -> None:
        """These were imported now; the snapshots say what that changed."""
        unknown = [name for name in names if name not in self._root_of]
        if not unknown or not self._waiting:
            return
        if early := next((group for group in self._waiting.values() if group.early), None):
            changes = f"{early.root}, which changes {early.effect}"
            self._give_up(f"{unknown[0]} is imported before {changes}")
        self._late_change = self._late_change or process_state.matters_early(before, after)

    def finish(self, *, failed: bool) -> None:
        """The load has come to its end. What was not asked for must have left no trace."""
        self._finished = True
        if self._unfit:
            raise UnfitStandby(self._unfit)
        if failed:
            return  # it never came to ask for the rest
        left = next((group for group in self._waiting.values() if group.effect), None)
        if left is not None:
            self._give_up(f"{left.root}, which changes {left.effect}, is not imported any more")

    def _check_order(self, name: str, root: str, changed: str) -> None:
        if changed:
            self._give_up(f"{changed} was changed before {name} was imported")
        asked = self._waiting[root]
        for earlier in self._waiting.values():
            if earlier is asked:
                break
            if earlier.early or asked.early:
                self._give_up(f"{name} is now imported before {earlier.root}")
        if asked.early and name != root:
            self._give_up(f"{name} is now imported before {root}")

    def _give_up(self, reason: str) -> NoReturn:
        self._unfit = reason
        if threading.current_thread() is not threading.main_thread():
            raise ImportError(f"the standby is unfit: {reason}")  # `finish` tells the rest
        raise UnfitStandby(reason)
