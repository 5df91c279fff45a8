"""Record the calls of each running request.

A call belongs to the request in whose context it runs, also in threads that the request has
started. The outermost layer counts once: calls within a recorded call are not recorded. A template
hides only other templates, because it runs the user's expressions.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ClassVar, TypeAlias

from devtui.events import Call, CallTotal
from devtui.server.guest.clocks import clock
from devtui.server.output.request_context import request_id
from devtui.server.tracing import request_threads
from devtui.server.tracing.request_calls import (
    MAX_TEXT,
    CallScope,
    Kind,
    Known,
    Record,
    RequestCalls,
    inside,
)
from devtui.text.formats import cut

# Characters of an error.
MAX_ERROR = 500


class Open:
    """A running call. While `is_open`, other calls may be a part of it."""

    __slots__ = ("_calls", "_kind", "_layer", "_outer", "_record", "_start", "is_open")
    known: ClassVar[dict[str, Known]] = {}

    def __init__(
        self, calls: RequestCalls, kind: Kind, record: Record | None, start: float
    ) -> None:
        self.is_open = True
        self._calls = calls
        self._kind = kind
        self._record = record
        self._start = start
        self._layer: ContextVar[Any] | None = None
        self._outer: CallScope | None = None

    def cover(self) -> None:
        """Record nothing in this context until the call has ended."""
        layer: ContextVar[Any] = _layers.get(self._kind, inside)
        self._layer, self._outer = layer, layer.get()
        layer.set(self)

    def know(self, depth: int) -> None:
        """Once it has ended, let the next call of its text and line be kept quickly.

        `depth` is that of `begin`, seen from the library's function that was called.
        """
        if self._record is not None:
            self._calls.know(self._record, depth + 1)

    def uncover(self) -> None:
        """Record again in this context."""
        if self._layer is not None:
            self._layer.set(self._outer)
            self._layer = self._outer = None

    def leave(self) -> None:
        """End it without counting it."""
        self.is_open = False
        self.uncover()

    def end(self, rows: int | None = None, result: str = "", error: str = "") -> None:
        """Note that it has ended, once."""
        if not self.is_open:
            return
        now = clock.perf_counter()
        self.leave()
        if (record := self._record) is None:
            self._calls.count(self._kind, now - self._start)
        else:
            if type(rows) is int and rows >= 0:
                record.rows = rows
            record.result = result
            record.error = error
            record.end = now

    def fail(self, error: BaseException) -> None:
        """Note that it has ended with this error."""
        self.end(error=error_text(error))


_layers: dict[Kind, ContextVar[CallScope | None]] = {
    "template": ContextVar("devtui_template", default=None)
}

running: dict[str | None, RequestCalls] = {}
"""The calls of each running request, by its id. Single operations on a dict are atomic."""

Args: TypeAlias = tuple[Any, ...]
Kwargs: TypeAlias = dict[str, Any]

Description: TypeAlias = tuple[str, Any] | tuple[str, Any, str]
"""The text and the parameters of a call, and the database if the library is for several."""

Describe: TypeAlias = Callable[[Args, Kwargs], Description]
"""Returns the description from the arguments of the library's function."""


def current() -> RequestCalls | None:
    """Return the calls of the request, None if nothing is recorded: in no request, or in a call."""
    if not running:
        return None
    here = request_id.get()
    calls = running.get(request_threads.request_of_thread() if here is None else here)
    if calls is None:
        return None
    return None if inside.get().is_open else calls


def begin(
    kind: Kind,
    library: str,
    describe: Describe,
    args: Args = (),
    kwargs: Kwargs | None = None,
) -> Open | None:
    """Begin a call, None if it is not to be recorded. Call this from the library's hook."""
    calls = current()
    if calls is None:
        return None
    if kind in _layers and (outer := _layers[kind].get()) is not None and outer.is_open:
        return None
    record = None
    if not calls.is_full:
        record = calls.keep(kind, library, *_described(describe, args, kwargs or {}))
    start = clock.perf_counter()
    if record is not None:
        record.start = start
    return Open(calls, kind, record, start)


def begin_aside() -> Open | None:
    """Record nothing in this context until the caller leaves the returned call."""
    calls = current()
    if calls is None:
        return None
    aside = Open(calls, "sql", None, 0.0)
    aside.cover()
    return aside


def begin_request(request: str, start: float) -> None:
    """Record the calls of a request from now on."""
    request_threads.live.add(request)
    calls = running[request] = RequestCalls(start)
    inside.set(calls)


def end_request(request: str) -> tuple[tuple[Call, ...], tuple[CallTotal, ...]]:
    """Stop recording the request's calls, and return them with their totals."""
    calls = running.pop(request, None)
    request_threads.forget(request)
    return ((), ()) if calls is None else calls.finish()


def error_text(error: BaseException) -> str:
    """Return an error as `Type: message`; the message may be computed by the user's code."""
    try:
        message = cut(str(error), MAX_ERROR)
    except Exception as other:
        message = f"its text raised {type(other).__name__}"
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _described(describe: Describe, args: Args, kwargs: Kwargs) -> Description:
    try:
        return describe(args, kwargs)
    except Exception as error:  # an unusual argument, which the library is about to refuse
        return f"(not described: {type(error).__name__})", None


def plain_text(text: object) -> str:
    """Return a statement or an address as text, whatever type the library takes."""
    if isinstance(text, str):
        return str.__str__(text)
    if isinstance(text, (bytes, bytearray)):
        # These are more than `MAX_TEXT` characters, so `keep` cuts the text and marks the cut.
        return bytes(text[: 4 * (MAX_TEXT + 1)]).decode("utf-8", "replace")
    return f"<{type(text).__name__}>"
