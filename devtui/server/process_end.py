"""End the process as the interpreter does, but sooner."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress
from typing import NoReturn


def end(status: int) -> NoReturn:
    """End like Python, but do not clean up the modules: a reload waits for this.

    These are the interpreter's steps in its order: join the threads that are not daemons, call the
    functions registered with atexit, flush the streams.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # the app may have replaced it with anything
            stream.flush()
    os._exit(status)
