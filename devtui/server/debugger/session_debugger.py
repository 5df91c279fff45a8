"""Werkzeug's debugger with the session's PIN, and one count of wrong PINs for the whole session."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from werkzeug.debug import DebuggedApplication, get_pin_and_cookie_name, hash_pin
from werkzeug.wrappers import Request, Response

from devtui.server.debugger.debugger_access import refusal
from devtui.server.errors.kept_frames import MAX_ERRORS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from devtui.events import SessionPin

# After this many wrong PINs each answer takes longer.
_FEW = 5
ANSWER_SECONDS, LATE_ANSWER_SECONDS = 0.5, 5.0


class FailedAttempts:
    """The count of wrong PINs in a row, over all server processes of the session.

    `on_change` gets each new count before the attempt is answered.
    """

    def __init__(self, count: int, most: int, on_change: Callable[[int], None]) -> None:
        self.count = count
        self._most = most
        self._on_change = on_change

    @property
    def exhausted(self) -> bool:
        """Whether every further PIN is refused."""
        return self.count >= self._most

    def set(self, count: int) -> None:
        """Change the count."""
        if count != self.count:
            self.count = count
            self._on_change(count)


class _ContextsOfLastErrors(dict[int, "list[AbstractContextManager[None]]"]):
    """The contexts of frames. Forget all frames but those of the last errors: they hold memory.

    Werkzeug keeps all for ever. The frames of one error share one list of contexts.
    """

    def __init__(self, frames: dict[int, Any]) -> None:
        super().__init__()
        self._frames = frames
        self._errors: dict[int, list[int]] = {}

    def __setitem__(self, frame: int, contexts: list[AbstractContextManager[None]]) -> None:
        super().__setitem__(frame, contexts)
        self._errors.setdefault(id(contexts), []).append(frame)
        # Single operations and no lock, as in KeptErrors: dropping a frame runs finalisers.
        for oldest in list(self._errors)[:-MAX_ERRORS]:
            for dropped in self._errors.pop(oldest, ()):
                self.pop(dropped, None)
                self._frames.pop(dropped, None)


class SessionDebugger(DebuggedApplication):
    """Werkzeug's debugger around the app. Without a cookie it needs no PIN."""

    def __init__(
        self,
        app: WSGIApplication,
        pin: str | None,
        cookie: str | None,
        attempts: FailedAttempts,
        trusts: Callable[[str | None], bool],
    ) -> None:
        super().__init__(app, evalex=True, pin_logging=False)
        self.frame_contexts = _ContextsOfLastErrors(self.frames)
        self.pin = pin
        self._cookie = cookie or ""
        self._attempts = attempts
        self._trusts = trusts
        self._one_attempt = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a question to the debugger, if this client may ask, or as the app does."""
        request = Request(environ)
        asks = request.args.get("__debugger__") == "yes" and request.args.get("cmd") != "resource"
        if (asks or request.path == self.console_path) and (reason := refusal(environ)):
            return Response(f"{reason}\n", 403, mimetype="text/plain")(environ, start_response)
        return super().__call__(environ, start_response)

    @property
    def pin_cookie_name(self) -> str:
        """The name of the cookie that keeps a browser unlocked."""
        return self._cookie

    def check_host_trust(self, environ: dict[str, object]) -> bool:
        """Whether the request's `Host` may see and use the debugger."""
        host = environ.get("HTTP_HOST")
        return self._trusts(host if isinstance(host, str) else None)

    def pin_auth(self, request: Request) -> Response:
        """Answer one attempt at the PIN, as Werkzeug does.

        Werkzeug's own count differs between releases, and restarts in each process. Attempts are
        answered one at a time: many at once would all see the same count.
        """
        with self._one_attempt:
            trust = self.check_pin_trust(request.environ)
            stale = trust is None  # the cookie of another PIN: a guess too
            locked = trust is False and self._attempts.exhausted
            auth = trust is True
            if trust is False and not locked:
                auth = _digits(request.args["pin"]) == _digits(self.pin or "")
                if auth:
                    self._attempts.set(0)
            if not auth and not locked:
                self._attempts.set(self._attempts.count + 1)
                many = self._attempts.count > _FEW + 1
                time.sleep(LATE_ANSWER_SECONDS if many else ANSWER_SECONDS)
        answer = json.dumps({"auth": auth, "exhausted": locked})
        response = Response(answer, mimetype="application/json")
        if auth:
            response.set_cookie(
                self.pin_cookie_name,
                f"{int(time.time())}|{hash_pin(self.pin or '')}",
                httponly=True,
                samesite="Strict",
                secure=request.is_secure,
            )
        elif stale:
            response.delete_cookie(self.pin_cookie_name)
        return response


def _digits(pin: str) -> str:
    return pin.strip().replace("-", "")


def wanted_pin(
    users_app: WSGIApplication, session_s: SessionPin
) -> tuple[str, str] | tuple[None, None]:
    """Return the PIN (WERKZEUG_DEBUG_PIN, else the session's) and the name of its cookie.

    Both are None if the variable is `off`. Another value that is not a PIN counts as unset:
    Werkzeug would compute a PIN, which every user of the machine can compute too. The cookie's name
    is always the session's, because nobody counts PINs that are tried in a cookie.
    """
    asked = os.environ.get("WERKZEUG_DEBUG_PIN", "")
    if asked == "off" or asked.replace("-", "").isdecimal():
        pin, _ = get_pin_and_cookie_name(users_app)
        return (None, None) if pin is None else (pin, session_s.cookie)
    return session_s.pin, session_s.cookie
