"""The last errors with their live frames, to be asked about from the terminal."""

from __future__ import annotations

import contextvars
import itertools
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

import msgspec

from devtui.events import LocalsShown, ShowLocals
from devtui.server.errors import bounded_repr
from devtui.server.errors.namespace import FrameNamespace
from devtui.server.errors.traceback_data import Way

# A frame keeps alive all that its variables hold, so only those of the newest errors are kept.
MAX_ERRORS = 20


class FrameGone(Exception):
    """The frame cannot be had; `str()` is one sentence for people that says why."""


class KeptError(msgspec.Struct):
    """An error's frames by the way to their exception, and what was current when it was raised.

    `contexts` are what a framework gives to be entered anew around code that is run in a frame,
    as to Werkzeug's debugger: Flask's application and request contexts.
    """

    frames: dict[Way, tuple[FrameType, ...]]
    context: contextvars.Context
    contexts: list[AbstractContextManager[Any]]
    namespaces: dict[int, FrameNamespace] = msgspec.field(default_factory=dict)

    def namespace(self, frame: FrameType) -> FrameNamespace:
        """The frame's names; always the same object, as it holds what was assigned before."""
        return self.namespaces.setdefault(id(frame), FrameNamespace(frame))


class KeptErrors:
    """Gives each error its id, and keeps the frames of the newest `MAX_ERRORS`.

    Nothing is kept unless `keeping`: with the debugger off an app shall run as it does elsewhere,
    and what a kept frame holds is not finalised.
    """

    def __init__(self, generation: int, keeping: bool = True) -> None:
        self.keeping = keeping
        self._generation = generation
        self._numbers = itertools.count(1)
        # Without a lock, by single operations of a dict: to let go of a frame runs the finalisers
        # of what it holds, and they may raise, which brings us here again.
        self._kept: dict[str, KeptError | FrameGone] = {}

    def new_id(self) -> str:
        """An id for an error, unique in the session; its generation is the part before `-`."""
        return f"{self._generation}-e{next(self._numbers)}"

    def keep(self, error_id: str, error: KeptError | FrameGone) -> None:
        """Keep an error's frames, or why that was not possible.

        Where there are too many, the oldest error's are let go.
        """
        if not self.keeping:
            return
        self._kept[error_id] = error
        for oldest in list(self._kept)[:-MAX_ERRORS]:
            self._kept.pop(oldest, None)

    def find(self, error_id: str, way: Way, number: int) -> tuple[KeptError, FrameType]:
        """The frame of that number, and its error. Raises `FrameGone`."""
        if not self.keeping:
            raise FrameGone("Frames are kept only with the debugger on: start with --debugger.")
        kept = self._kept.get(error_id)
        if isinstance(kept, FrameGone):
            raise FrameGone(str(kept))
        if kept is None:
            raise FrameGone(f"This error's frames are gone: only the last {MAX_ERRORS} are kept.")
        frames = kept.frames.get(way, ())
        if not 0 <= number < len(frames):
            raise FrameGone("There is no running code here: it is a place in a file.")
        return kept, frames[number]

    def show_locals(self, order: ShowLocals) -> LocalsShown:
        """The answer to the order."""
        try:
            kept, frame = self.find(order.error_id, order.exception, order.frame)
        except FrameGone as gone:
            return LocalsShown(
                generation=self._generation,
                ask_id=order.ask_id,
                error_id=order.error_id,
                gone=True,
                reason=str(gone),
            )
        names = kept.namespace(frame).local_names
        shown = kept.context.copy().run(bounded_repr.variables, names, order.reveal)
        return LocalsShown(
            generation=self._generation,
            ask_id=order.ask_id,
            error_id=order.error_id,
            variables=shown,
            left_out=max(0, len(names) - len(shown)),
        )
