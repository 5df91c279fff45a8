"""Check that a load uses the modules imported ahead as a fresh process would."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import NoReturn

import msgspec

from devtui.server.standby import process_state


class Preloaded(msgspec.Struct, frozen=True):
    """A name that was imported ahead, with all modules that its import brought.

    `effect` says what it changed in the process, empty if nothing. `early` is true if its order
    among other imports matters.
    """

    root: str
    modules: frozenset[str]
    effect: str = ""
    early: bool = False


class UnfitStandby(BaseException):
    """The modules imported ahead are not what this load would have imported.

    Not an Exception, so that no `except Exception` around an import catches it.
    """


class Preloads:
    """The modules imported ahead that the load has not asked for yet, in order.

    Each method raises `UnfitStandby` if the load differs from that of a fresh process. `finish`
    raises it again, in case the user's code has caught it.
    """

    def __init__(self, preloaded: Sequence[Preloaded]) -> None:
        self._root_of = {name: group.root for group in preloaded for name in group.modules}
        # A name that devtui or an earlier group had imported brings nothing: no order matters.
        self._waiting = {group.root: group for group in preloaded if group.modules}
        self._known = self._root_of.keys() | {group.root for group in preloaded}
        self._unfit = ""
        self._late_change = ""  # by an import that is new in this load
        self._finished = False

    @property
    def waiting(self) -> bool:
        """Whether the load has not asked for all of them yet."""
        return bool(self._waiting)

    def awaits(self, names: Iterable[str]) -> bool:
        """Whether one of the names is loaded only because it was imported ahead."""
        return any(self._root_of.get(name) in self._waiting for name in names)

    def ask(self, names: Iterable[str], changed: str) -> None:
        """Check an import by the user's code, which may have `changed` something before."""
        if not self._waiting:
            return
        for name in names:
            root = self._root_of.get(name)
            if root is not None and root in self._waiting:
                self._check_order(name, root, changed or self._late_change)
                if name == root:
                    del self._waiting[root]

    def check_unasked(self, names: Iterable[str], changed: str) -> None:
        """Check an import by other code, after the user's code has `changed` something."""
        if self._waiting and not self._finished:
            for name in names:
                if self._root_of.get(name) in self._waiting:
                    self._give_up(f"{changed} was changed before {name} was imported")

    def note_unknown(
        self, names: Sequence[str], before: process_state.Snapshot, after: process_state.Snapshot
    ) -> None:
        """Note an import; the snapshots tell what it changed."""
        unknown = [name for name in names if name not in self._known]
        if not unknown or not self._waiting:
            return
        if early := next((group for group in self._waiting.values() if group.early), None):
            changes = f"{early.root}, which changes {early.effect}"
            self._give_up(f"{unknown[0]} is imported before {changes}")
        self._late_change = self._late_change or process_state.matters_early(before, after)

    def finish(self, *, failed: bool) -> None:
        """Check at the end of the load that modules it did not ask for have changed nothing."""
        self._finished = True
        if self._unfit:
            raise UnfitStandby(self._unfit)
        if failed:
            return  # it ended before it asked for the rest
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
            raise ImportError(f"the standby is unfit: {reason}")  # `finish` checks the rest
        raise UnfitStandby(reason)
