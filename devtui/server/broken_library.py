"""Say in one sentence which library keeps the server process from starting."""

from __future__ import annotations

import linecache
import os
import re
import shlex
import sys
from types import TracebackType

_OURS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
_IMPORT = re.compile(r"\s*(?:from|import)\s+(\w+)")


def sentence(error: Exception) -> str:
    """Return what cannot be imported, from which file, why, and what to type."""
    name, file = _library(error), _file(error)
    place = f" from {file!r}" if file else ""
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    if name in sys.stdlib_module_names:
        advice = "It is part of Python: look whether a file of that name hides it."
    else:
        python = shlex.quote(sys.executable)
        advice = f"Install it again with: {python} -m pip install --force-reinstall {name}"
    return f"devtui cannot import {name}{place} ({what}). {advice}"


def _library(error: Exception) -> str:
    """Return the top-level name in our last import before the code of others."""
    name = "devtui"
    tb = error.__traceback__
    while tb is not None and _is_on_the_way(tb):
        code = tb.tb_frame.f_code
        if code.co_filename.startswith(_OURS):
            found = _IMPORT.match(linecache.getline(code.co_filename, tb.tb_lineno))
            name = found[1] if found else name
        tb = tb.tb_next
    return name


def _is_on_the_way(tb: TracebackType) -> bool:
    return tb.tb_frame.f_code.co_filename.startswith((_OURS, "<frozen importlib"))


def _file(error: Exception) -> str | None:
    """Return the file that fails, if any."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename
    file = None
    tb = error.__traceback__
    while tb is not None:
        if not _is_on_the_way(tb):
            file = tb.tb_frame.f_code.co_filename
        tb = tb.tb_next
    return file or getattr(error, "path", None)
