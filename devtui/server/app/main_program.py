"""The program that calls `devtui.run`, run in a server process as it is run by Python itself."""

from __future__ import annotations

import os
import runpy
import sys

from devtui.events import Main


def run(main: Main) -> None:
    """Run the program as `__main__`, to its end. It raises what that raises.

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
    """What a person calls it: `hello.py`, or `-m pkg`."""
    return f"-m {main.target}" if main.kind == "module" else os.path.basename(main.target)
