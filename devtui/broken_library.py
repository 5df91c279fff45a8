"""Say in one sentence which library is broken or too old, and what to type.

Use the standard library only: any other may be the broken one.
"""

from __future__ import annotations

import linecache
import os
import re
import shlex
import sys
from types import TracebackType

_OURS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")
_IMPORT = re.compile(r"\s*(?:from|import)\s+(\w+)")


def sentence(error: Exception, name: str = "", instead: str = "") -> str:
    """Return what cannot be imported or used, from which file, why, and what to type.

    Give the library's `name` if no import statement of ours says it. `instead` says what devtui
    does without it.
    """
    imported, user = _libraries(error)
    does, name = ("use", name or user) if name or user else ("import", imported)
    file = _file(error)
    place = f" from {file!r}" if file else ""
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    if name in sys.stdlib_module_names:
        advice = "It is part of Python: look whether a file of that name hides it."
    else:
        python = shlex.quote(sys.executable)
        advice = f"Install it again with: {python} -m pip install --force-reinstall {name}"
    return f"devtui cannot {does} {name}{place} ({what}){instead}. {advice}"


def _libraries(error: Exception) -> tuple[str, str]:
    """Return the top-level name in our last import before the code of others.

    If that line of ours imports nothing, also return the name of the library that it uses.
    """
    name, imports = "devtui", True
    tb = error.__traceback__
    while tb is not None and _is_on_the_way(tb):
        code = tb.tb_frame.f_code
        if code.co_filename.startswith(_OURS):
            found = _IMPORT.match(linecache.getline(code.co_filename, tb.tb_lineno))
            imports = found is not None
            name = found[1] if found else name
        tb = tb.tb_next
    if imports:
        return name, ""
    if tb is not None:
        return name, _top(tb.tb_frame.f_globals.get("__name__"))
    return name, _top(getattr(getattr(error, "obj", None), "__name__", None))


def _top(module: object) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""


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
