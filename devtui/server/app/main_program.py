"""Run the program that calls `devtui.run` in a server process, as Python runs it."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from devtui.events import Main
from devtui.in_code import role
from devtui.server.app import find

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def run(main: Main, serve: Callable[[find.LoadedApp], None]) -> None:
    """Run the program as `__main__`, to its end; `serve` gets the app of its `devtui.run`.

    Raise what the program raises, and `AppNotFound` if it ends without the call.
    """

    def at_the_call(app: WSGIApplication) -> None:
        file = getattr(sys.modules["__main__"], "__file__", None)
        serve(find.LoadedApp(app, title(main), find.framework_of(app), file or ""))

    role.serve = at_the_call
    _run(main)
    if not role.served:
        raise find.AppNotFound(f"{title(main)} has ended without a call of devtui.run().")


def _run(main: Main) -> None:
    """Run the program like Python.

    Python puts a script's folder, or with `-m` the current one, in front of the search path.
    """
    if main.kind == "module":
        sys.path.insert(0, os.getcwd())
        runpy.run_module(main.target, run_name="__main__", alter_sys=True)
        return
    if not os.path.isdir(main.target):  # for a folder or an archive, runpy does it
        sys.path.insert(0, os.path.dirname(main.target))
    runpy.run_path(main.target, run_name="__main__")


def title(main: Main) -> str:
    """Return its name for people: `hello.py`, or `-m pkg`."""
    return f"-m {main.target}" if main.kind == "module" else os.path.basename(main.target)
