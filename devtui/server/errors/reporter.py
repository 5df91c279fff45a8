"""Sees the exceptions that reach the top of the user's code, wherever that is, and reports them."""

from __future__ import annotations

import contextvars
import sys
import threading
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from devtui.events import Error, ErrorRaised
from devtui.server.channel.channel import Channel
from devtui.server.guest.reentrant import MadeOnce
from devtui.server.output import request_context

if TYPE_CHECKING:
    from devtui.server.errors.kept_frames import KeptErrors

Origin = Literal["request", "logging", "thread", "uncaught", "unraisable"]

Contexts: TypeAlias = list[AbstractContextManager[Any]]

_MARK = "__devtui_reported__"


class ErrorReporter:
    """Sends each exception once, however many places see it on its way up."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.keeping = True  # to be set before the first error
        self._kept = MadeOnce(self._make_kept)

    @property
    def kept(self) -> KeptErrors:
        """The errors whose frames can be asked about."""
        return self._kept()

    def _make_kept(self) -> KeptErrors:
        # What errors alone need is not imported before there is one: the first response waits.
        from devtui.server.errors.kept_frames import KeptErrors

        return KeptErrors(self._channel.generation, keeping=self.keeping)

    def report(
        self, exception: BaseException, origin: Origin, contexts: Contexts | None = None
    ) -> None:
        """Send the exception, unless it was sent already for this request.

        `contexts` are what is to be entered anew around code that is run in its frames.
        """
        request_id = request_context.request_id.get()
        # Built-in exceptions take attributes but no weak references; to hold on to them instead
        # would keep their frames and all that those hold alive.
        # What ends the request's thread comes once more, when that has no request any more.
        thread = threading.get_ident()
        seen_in = (request_id, thread)
        seen: object = getattr(exception, _MARK, None)
        if isinstance(seen, tuple) and seen[request_id is None] == (request_id or thread):
            return
        with suppress(AttributeError):  # a class may refuse attributes: then it may be sent twice
            setattr(exception, _MARK, seen_in)
        error, error_id = self.describe(exception, contexts, keep=origin != "unraisable")
        self._channel.send(
            ErrorRaised(
                generation=self._channel.generation,
                error=error,
                origin=origin,
                request_id=request_id,
                error_id=error_id,
            )
        )

    def describe(
        self, exception: BaseException, contexts: Contexts | None = None, *, keep: bool = True
    ) -> tuple[Error, str]:
        """The exception as data and its id, by which its frames can be asked about.

        To `keep` those of a finaliser would bring back to life what is being deleted.
        """
        from devtui.server.errors import traceback_data
        from devtui.server.errors.kept_frames import FrameGone, KeptError

        described = traceback_data.describe_with_frames(exception)
        error_id = self.kept.new_id()
        if keep:
            context = contextvars.copy_context()
            self.kept.keep(
                error_id, KeptError(described.frames, context, [] if contexts is None else contexts)
            )
        else:
            self.kept.keep(error_id, FrameGone("The frames of a finaliser cannot be kept."))
        return described.error, error_id

    def logged(self, exception: BaseException) -> None:
        """An exception was written to a log."""
        self.report(exception, "logging")

    def install_hooks(self) -> None:
        """See what ends a thread, the main program or a finaliser; then do as Python does."""
        uncaught, in_thread, unraisable = (
            sys.excepthook,
            threading.excepthook,
            sys.unraisablehook,
        )

        def on_uncaught(
            kind: type[BaseException], exception: BaseException, tb: TracebackType | None
        ) -> None:
            self.report(exception, "uncaught")
            uncaught(kind, exception, tb)

        def on_thread(args: threading.ExceptHookArgs) -> None:
            if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
                self.report(args.exc_value, "thread")
            in_thread(args)

        def on_unraisable(args: sys.UnraisableHookArgs) -> None:
            if args.exc_value is not None:
                self.report(args.exc_value, "unraisable")
            unraisable(args)

        sys.excepthook = on_uncaught
        threading.excepthook = on_thread
        sys.unraisablehook = on_unraisable
