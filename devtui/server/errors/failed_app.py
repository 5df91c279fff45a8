"""The application that stands in for one that could not be loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def deferred(error: BaseException) -> WSGIApplication:
    """An app that raises the load's error at each request, for the debugger to show.

    The traceback is set anew each time, since each raise would make it longer; it begins with
    the user's code.
    """
    from devtui.server.errors.traceback_data import own_traceback  # needed for errors alone

    tb = own_traceback(error.__traceback__)
    raised = error if isinstance(error, Exception) else _as_exception(error.with_traceback(tb))

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> NoReturn:
        __traceback_hide__ = True  # Werkzeug's debugger leaves out frames with this name
        raise raised.with_traceback(tb)

    return app


def _as_exception(error: BaseException) -> Exception:
    """SystemExit would end the request's thread and show nothing, so it is wrapped."""
    wrapped = RuntimeError(f"the application raised {error!r} while it was loaded")
    wrapped.__cause__ = error
    return wrapped
