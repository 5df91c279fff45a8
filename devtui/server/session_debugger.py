"""Werkzeug's debugger with the PIN of the session, whose attempts count over all its processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from werkzeug.debug import DebuggedApplication, get_pin_and_cookie_name

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from werkzeug.wrappers import Request, Response

    from devtui.events import Pin


class FailedAttempts:
    """The count of wrong PINs in a row. It stands in for Werkzeug's shared number.

    Werkzeug's number counts for one process, and begins at 0 again after 255. `on_change` hears of
    each new count before the attempt is answered.
    """

    def __init__(self, count: int, on_change: Callable[[int], None]) -> None:
        self._count = count
        self._on_change = on_change
        self._lock = threading.RLock()

    @property
    def value(self) -> int:
        """The count."""
        return self._count

    @value.setter
    def value(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self._on_change(count)

    def get_lock(self) -> threading.RLock:
        """The lock to change the count under."""
        return self._lock


class SessionDebugger(DebuggedApplication):
    """The app inside Werkzeug's debugger. Without a cookie it needs no PIN."""

    def __init__(
        self,
        app: WSGIApplication,
        pin: str | None,
        cookie: str | None,
        attempts: FailedAttempts,
        trusts: Callable[[str | None], bool],
    ) -> None:
        super().__init__(app, evalex=True, pin_logging=False)
        self.pin = pin
        self._cookie = cookie or ""
        self._failed_pin_auth = attempts  # type: ignore[assignment]
        self._trusts = trusts
        self._one_attempt = threading.Lock()

    @property
    def pin_cookie_name(self) -> str:
        """The name of the cookie that keeps a browser unlocked."""
        return self._cookie

    def check_host_trust(self, environ: dict[str, object]) -> bool:
        """Whether the request's `Host` may see and use the debugger."""
        host = environ.get("HTTP_HOST")
        return self._trusts(host if isinstance(host, str) else None)

    def pin_auth(self, request: Request) -> Response:
        """Take one attempt after the other: of many at once, each would see the count of before."""
        with self._one_attempt:
            return super().pin_auth(request)


def wanted_pin(users_app: WSGIApplication, session_s: Pin) -> tuple[str, str] | tuple[None, None]:
    """The PIN and the name of its cookie: those of WERKZEUG_DEBUG_PIN, else the session's.

    Both are None if it is `off`. Anything else that is no PIN counts as not set; Werkzeug would
    compute a PIN then, which every user of the machine can compute too.
    """
    asked = os.environ.get("WERKZEUG_DEBUG_PIN", "")
    if asked == "off" or asked.replace("-", "").isdecimal():
        return get_pin_and_cookie_name(users_app)
    return session_s.pin, session_s.cookie
