"""Werkzeug's debugger for the browser, with a PIN that stays the same for a whole session."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from werkzeug.debug import DebuggedApplication, get_pin_and_cookie_name

from devtui.events import Load, Pin
from devtui.server.plain_traceback import PlainTraceback

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def prepare() -> None:
    """Import what a debugger's first making imports, before anybody waits for it.

    Nothing is made here: Werkzeug's own counter of failed attempts would fix multiprocessing's
    start method, which is the app's to choose.
    """
    importlib.import_module("multiprocessing.sharedctypes")
    importlib.import_module("multiprocessing.synchronize")
    importlib.metadata.version("werkzeug")  # the server asks for it; the folders are kept in mind


def debugged(
    app: WSGIApplication, users_app: WSGIApplication, load: Load
) -> tuple[WSGIApplication, Pin | None]:
    """The app inside of the debugger, and the PIN; None where WERKZEUG_DEBUG_PIN=off.

    `users_app` is the app without what we have put around it: Werkzeug makes the PIN of its
    module's and class's name, and so it is the PIN that `flask run` tells. A later generation
    takes over the PIN of an earlier one, also for the page of a load that failed, so that a
    browser that was unlocked stays so.
    """
    debugger = DebuggedApplication(app, evalex=True, pin_logging=False)
    # As werkzeug.serving.run_simple does: the address that was asked for, besides localhost.
    debugger.trusted_hosts.append(load.host)
    pin, cookie = get_pin_and_cookie_name(users_app)
    if pin is not None and cookie is not None and load.pin is not None:
        pin, cookie = load.pin.pin, load.pin.cookie
    # There are setters for the one and not for the other, and both are computed together.
    debugger._pin, debugger._pin_cookie = pin, cookie  # type: ignore[assignment]
    known = None if pin is None or cookie is None else Pin(pin, cookie)
    return PlainTraceback(debugger, app), known
