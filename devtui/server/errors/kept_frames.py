"""Keep the live frames of the last errors, for questions from the terminal."""

from __future__ import annotations

import contextvars
import itertools
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

import msgspec

from devtui.events import ExceptionPath, LocalsShown, ShowLocals
from devtui.server.errors import variables
from devtui.server.errors.namespace import FrameNamespace

# A frame keeps alive everything its variables hold, so keep only those of the newest errors.
MAX_ERRORS = 20


class FrameGone(Exception):
    """The frame is not available. The text is a sentence that says why."""


class KeptError(msgspec.Struct):
    """An error's frames by the way to their exception, and its context variables.

    `contexts` are the context managers that the framework wants entered around code evaluated in a
    frame, such as Flask's application and request contexts.
    """

    frames: dict[ExceptionPath, tuple[FrameType, ...]]
    context: contextvars.Context
    contexts: list[AbstractContextManager[Any]]
    namespaces: dict[int, FrameNamespace] = msgspec.field(default_factory=dict)

    def namespace(self, frame: FrameType) -> FrameNamespace:
        """Return the frame's names: always the same object, because it holds assignments."""
        return self.namespaces.setdefault(id(frame), FrameNamespace(frame))


class KeptErrors:
    """Give each error an id, and keep the frames of the newest `MAX_ERRORS`.

    Keep nothing unless `keeping`: kept frames delay finalisers, and with the debugger off an app
    must run as it does elsewhere.
    """

    def __init__(self, generation: int, keeping: bool = True) -> None:
        self.keeping = keeping
        self._generation = generation
        self._numbers = itertools.count(1)
        # Use single operations on a dict and no lock: dropping a frame runs finalisers, which may
        # raise and so call this again.
        self.by_id: dict[str, KeptError | FrameGone] = {}

    def new_id(self) -> str:
        """Return an id that is unique in the session: the generation, `-`, a number."""
        return f"{self._generation}-e{next(self._numbers)}"

    def keep(self, error_id: str, error: KeptError | FrameGone) -> None:
        """Keep an error's frames, or the reason why not. Drop those of the oldest error."""
        if not self.keeping:
            return
        self.by_id[error_id] = error
        for oldest in list(self.by_id)[:-MAX_ERRORS]:
            self.by_id.pop(oldest, None)

    def find(self, error_id: str, way: ExceptionPath, number: int) -> tuple[KeptError, FrameType]:
        """Return a frame and its error. Raise `FrameGone` if it is not kept."""
        if not self.keeping:
            raise FrameGone("Frames are kept only with the debugger on: start with --debugger.")
        kept = self.by_id.get(error_id)
        if isinstance(kept, FrameGone):
            raise FrameGone(str(kept))
        if kept is None:
            raise FrameGone(f"This error's frames are gone: only the last {MAX_ERRORS} are kept.")
        frames = kept.frames.get(way, ())
        if not 0 <= number < len(frames):
            raise FrameGone("There is no running code here: it is a place in a file.")
        return kept, frames[number]

    def show_locals(self, order: ShowLocals) -> LocalsShown:
        """Answer the order."""
        try:
            kept, frame = self.find(order.error_id, order.exception, order.frame)
        except FrameGone as gone:
            return LocalsShown(
                ask_id=order.ask_id,
                error_id=order.error_id,
                gone=True,
                reason=str(gone),
            )
        names = _nearest_first(frame, kept.namespace(frame).local_names)
        shown = kept.context.copy().run(variables.shown, names, order.reveal)
        return LocalsShown(
            ask_id=order.ask_id,
            error_id=order.error_id,
            variables=shown,
            left_out=max(0, len(names) - len(shown)),
        )


def _nearest_first(frame: FrameType, names: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the variables of one of Jinja's templates with those that it shares at the end.

    Jinja begins with what all templates have, such as `range` and Flask's `config`.
    """
    if "__jinja_exception__" not in frame.f_globals:
        return names
    return dict(reversed(list(names.items())))
