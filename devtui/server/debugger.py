"""Werkzeug's debugger for the browser, with a PIN that stays the same for a whole session."""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING

from devtui.events import Pin

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication
    from werkzeug.debug import DebuggedApplication

    from devtui.events import Load


def prepare() -> None:
    """Import what a debugger's first making imports, before anybody waits for it.

    Nothing is made here: Werkzeug's own counter of failed attempts would fix multiprocessing's
    start method, which is the app's to choose.
    """
    importlib.import_module("werkzeug.debug")
    importlib.import_module("multiprocessing.sharedctypes")
    importlib.import_module("multiprocessing.synchronize")


class Debugger:
    """The app inside of Werkzeug's debugger, which is made when it is first asked for.

    Its imports take a tenth of what those of a small app take, and no app needs it to answer
    well. `on_ready` is told the PIN then, or None where WERKZEUG_DEBUG_PIN=off,
    unless it is that of `load` anyway.

    `users_app` is the app without what we have put around it: Werkzeug makes the PIN of its
    module's and class's name, and so it is the PIN that `flask run` tells. A later generation
    takes over the PIN of an earlier one, also for the page of a load that failed, so that a
    browser that was unlocked stays so.
    """

    def __init__(
        self,
        app: WSGIApplication,
        users_app: WSGIApplication,
        load: Load,
        on_ready: Callable[[Pin | None], None],
    ) -> None:
        self.app = app
        self._users_app = users_app
        self._load = load
        self._on_ready = on_ready
        self._making = threading.Lock()
        self._made: DebuggedApplication | None = None

    def ready(self) -> DebuggedApplication:
        """The debugger. Raises `OSError` where the system has no semaphore for its counter."""
        with self._making:
            if self._made is None:
                self._made, pin = self._make()
                if pin is None or pin != self._load.pin:
                    self._on_ready(pin)
            return self._made

    def _make(self) -> tuple[DebuggedApplication, Pin | None]:
        from werkzeug.debug import DebuggedApplication, get_pin_and_cookie_name

        debugger = DebuggedApplication(self.app, evalex=True, pin_logging=False)
        # As werkzeug.serving.run_simple does: the address that was asked for, besides localhost.
        debugger.trusted_hosts.append(self._load.host)
        pin, cookie = get_pin_and_cookie_name(self._users_app)
        if pin is not None and cookie is not None and self._load.pin is not None:
            pin, cookie = self._load.pin.pin, self._load.pin.cookie
        # There are setters for the one and not for the other, and both are computed together.
        debugger._pin, debugger._pin_cookie = pin, cookie  # type: ignore[assignment]
        return debugger, None if pin is None or cookie is None else Pin(pin, cookie)
