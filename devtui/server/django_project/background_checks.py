"""Check a Django project while it is already being served.

`runserver` checks first and serves afterwards. Here no response waits: the checks take as long as
the rest of a reload.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from devtui.events import Event, Load
from devtui.server.django_project import project
from devtui.server.guest.clocks import clock

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# How long after the app is served to begin: the first requests, which waited for it, come first.
CHECK_SECONDS = 0.1


def start(
    app: WSGIApplication,
    load: Load,
    send: Callable[[Event], object],
    fail: Callable[[Exception], object],
) -> None:
    """Begin to check the project in a separate thread; do nothing for any other app.

    `fail` gets the error if the project must not be served any longer.
    """
    if load.main is not None or not project.is_app_of_project(app):
        return

    # The first response of any other app does not wait for these.
    from devtui.server.django_project import checks, migrations, templates

    def check() -> None:
        clock.sleep(CHECK_SECONDS)
        if load.reload:
            send(templates.find())
        try:
            send(checks.run())
        except Exception as error:  # raised by Django, or by a check of the project
            fail(error)
        if load.migrations:
            send(migrations.look())
        database: Any = importlib.import_module("django.db")
        database.connections.close_all()  # those of this thread

    # Django knows its threads by `threading`, so this is a usual one.
    threading.Thread(target=check, name="devtui-checks", daemon=True).start()
