"""Report the exceptions that reach the top of the user's code."""

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
    """Report each exception once, even if several places see it."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.keeping = True  # set before the first error
        self._kept = MadeOnce(self._make_kept)

    @property
    def kept(self) -> KeptErrors:
        """The errors with live frames."""
        return self._kept()

    def _make_kept(self) -> KeptErrors:
        # Imported only for the first error, because the first response waits for imports.
        from devtui.server.errors.kept_frames import KeptErrors

        return KeptErrors(self._channel.generation, keeping=self.keeping)

    def report(
        self, exception: BaseException, origin: Origin, contexts: Contexts | None = None
    ) -> None:
        """Report the exception, unless it was reported for this request.

        Enter `contexts` around code that is evaluated in its frames.
        """
        request_id = request_context.request_id.get()
        # Mark it with an attribute: built-in exceptions accept no weak references, and strong ones
        # would keep frames alive. An exception that ends the request's thread comes here again
        # after the request.
        thread = threading.get_ident()
        seen_in = (request_id, thread)
        seen: object = getattr(exception, _MARK, None)
        if isinstance(seen, tuple) and seen[request_id is None] == (request_id or thread):
            return
        with suppress(AttributeError):  # its class refuses attributes: it may be reported twice
            setattr(exception, _MARK, seen_in)
        error, error_id = self.describe(exception, contexts, keep=origin != "unraisable")
        self._channel.send(
            ErrorRaised(
                error=error,
                origin=origin,
                request_id=request_id,
                error_id=error_id,
            )
        )

    def describe(
        self, exception: BaseException, contexts: Contexts | None = None, *, keep: bool = True
    ) -> tuple[Error, str]:
        """Return the exception as data, and the id for questions about its frames.

        Do not `keep` a finaliser's frames: that would revive the object that is being deleted.
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
        """Report an exception that was written to a log."""
        self.report(exception, "logging")

    def install_hooks(self) -> None:
        """Report what ends a thread, the main program or a finaliser, before Python does."""
        uncaught, in_thread, unraisable = (
            sys.excepthook,
            threading.excepthook,
            sys.unraisablehook,
        )

        def on_uncaught(
            kind: type[BaseException], exception: BaseException, tb: TracebackType | None
        ) -> None:
            self.report(exception, "uncaught")
            uncaught(kind, exception, _app_traceback(exception, tb))

        def on_thread(args: threading.ExceptHookArgs) -> None:
            if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
                self.report(args.exc_value, "thread")
            in_thread(_without_our_frames(args))

        def on_unraisable(args: sys.UnraisableHookArgs) -> None:
            if args.exc_value is not None:
                self.report(args.exc_value, "unraisable")
            unraisable(args)

        sys.excepthook = on_uncaught
        threading.excepthook = on_thread
        sys.unraisablehook = on_unraisable


def _without_our_frames(args: threading.ExceptHookArgs) -> threading.ExceptHookArgs:
    """Return the arguments without our frames if the exception has ended a request's thread."""
    if args.exc_value is None:
        return args
    tb = _app_traceback(args.exc_value, args.exc_traceback)
    return threading.ExceptHookArgs((args.exc_type, args.exc_value, tb, args.thread))


def _app_traceback(exception: BaseException, tb: TracebackType | None) -> TracebackType | None:
    """Remove our frames from an exception of a request, and return the rest of its traceback.

    Python prints the traceback that the exception has, not the one that a hook gets.
    """
    seen: object = getattr(exception, _MARK, None)
    if not isinstance(seen, tuple) or seen[0] is None:
        return tb  # not from a request: the frames of a fault of ours are needed
    from devtui.server.errors.traceback_data import own_traceback

    shown = own_traceback(tb)
    BaseException.with_traceback(exception, shown)
    return shown
