"""Replace an application that failed to load."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class FailedApp:
    """Raise the load's error at each request, for the debugger to show.

    Each raise would make the traceback longer, so reset it each time. It begins with the user's
    code.
    """

    def __init__(self, error: BaseException) -> None:
        from devtui.server.errors.traceback_data import own_traceback  # needed for errors alone

        self._traceback = own_traceback(error.__traceback__)
        self._error = (
            error
            if isinstance(error, Exception)
            else _as_exception(error.with_traceback(self._traceback))
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> NoReturn:
        """Raise the error."""
        __traceback_hide__ = True  # Werkzeug's debugger leaves out frames with this name
        raise self._error.with_traceback(self._traceback)


def _as_exception(error: BaseException) -> Exception:
    """Wrap SystemExit and the like, which would end the request's thread and show nothing."""
    wrapped = RuntimeError(f"the application raised {error!r} while it was loaded")
    wrapped.__cause__ = error
    return wrapped
