"""Say in one sentence which library is broken or too old, and what to type.

Use the standard library only: any other may be the broken one.
"""

from __future__ import annotations

import linecache
import os
import re
import sys
from types import TracebackType

_OURS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")
_IMPORT = re.compile(r"\s*(?:from|import)\s+(\w+)")


def sentence(error: Exception, name: str = "", instead: str = "") -> str:
    """Say what cannot be imported or used, from which file, why, and what to type.

    Pass the library's `name` if no import statement of ours names it. `instead` says what devtui
    does without it.
    """
    imported, used = _libraries(error)
    does, name = ("use", name or used) if name or used else ("import", imported or "devtui")
    file = _file(error)
    place = f" from {file!r}" if file else ""
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    if name in sys.stdlib_module_names:
        advice = "It is part of Python: check whether a file of that name hides it."
    else:
        import shlex  # most programs have no broken library

        python = shlex.quote(sys.executable)
        advice = f"Install it again with: {python} -m pip install --force-reinstall {name}"
    return f"devtui cannot {does} {name}{place} ({what}){instead}. {advice}"


def exit_if_broken(error: Exception) -> None:
    """Leave with the sentence and status 1 if the error was raised by an import of ours."""
    tb = error.__traceback__
    imports = bool(_libraries(error)[0])
    while tb is not None:
        code, name = tb.tb_frame.f_code, tb.tb_frame.f_globals.get("__name__")
        imports |= code.co_filename.startswith(_OURS) and (
            code.co_name == "<module>" and name != "__main__"
        )
        tb = tb.tb_next
    if imports:
        sys.exit(sentence(error))


def blamed(error: Exception) -> str:
    """Return the library that could not be imported or used, empty if unknown."""
    imported, used = _libraries(error)
    return used or imported


def _libraries(error: Exception) -> tuple[str, str]:
    """Return the library that our last line imports, and the one that it uses; one is empty.

    Both are empty if the library is unknown.
    """
    line, after = _last_line(error)
    if found := _IMPORT.match(line):
        return found[1], ""
    if after is not None:
        return "", _top(after.tb_frame.f_globals.get("__name__"))
    return "", _top(getattr(getattr(error, "obj", None), "__name__", None))


def _last_line(error: Exception) -> tuple[str, TracebackType | None]:
    """Return the last line of ours that ran, and the rest of the traceback after it."""
    line, after = "", error.__traceback__
    tb = error.__traceback__
    while tb is not None:
        code = tb.tb_frame.f_code
        if code.co_filename.startswith(_OURS):
            line, after = linecache.getline(code.co_filename, tb.tb_lineno), tb.tb_next
        tb = tb.tb_next
    return line, after


def _top(module: object) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""


def _file(error: Exception) -> str | None:
    """Return the file that fails, if any."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename
    file, (_, tb) = None, _last_line(error)
    while tb is not None:
        name = tb.tb_frame.f_code.co_filename
        if not name.startswith("<frozen importlib"):
            file = name
        tb = tb.tb_next
    return file or getattr(error, "path", None)
