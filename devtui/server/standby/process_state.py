"""Snapshots of the state that a program can change for its whole process while it loads.

Modules imported after such a change may differ from those imported before it: numpy reads its
number of threads from the environment, gevent must patch before ssl is used. So only what was
imported before the first change may be imported ahead of the next load.
"""

from __future__ import annotations

import builtins
import gc
import locale
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from devtui.server.guest.plain_signal import signal

# What gevent, eventlet and tracers replace. An unloaded module has nothing to replace.
_PATCHED = (
    ("socket", "socket"),
    ("ssl", "SSLSocket"),
    ("ssl", "SSLContext"),
    ("threading", "Thread"),
    ("threading", "Lock"),
    ("threading", "current_thread"),
    ("_thread", "start_new_thread"),
    ("time", "sleep"),
    ("select", "select"),
    ("os", "fork"),
    ("subprocess", "Popen"),
    ("queue", "Queue"),
    ("builtins", "open"),
    ("builtins", "print"),
)

# The originals of those loaded by now, which are not patched yet.
_ORIGINALS: dict[tuple[str, str], object] = {
    (module, name): getattr(sys.modules[module], name, None)
    for module, name in _PATCHED
    if module in sys.modules
}

# The signals that programs handle.
_SIGNALS = tuple(
    (name, int(getattr(signal, name)))
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGCHLD", "SIGALRM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)

Snapshot = Mapping[str, Any]

_ABSENT = object()


class _Same:
    """Compare a value by identity, because the user's `__eq__` must not run."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._value is other._value

    __hash__ = None  # type: ignore[assignment]


def take() -> Snapshot:
    """Return the current state: comparable values, by the description of each part."""
    return {words: read() for words, read in _PARTS.items()}


def changed(before: Snapshot) -> str | None:
    """Describe what has changed, None if nothing has."""
    for words, read in _PARTS.items():
        now = read()
        if now != before[words]:
            return f"{words}{_which(before[words], now)}"
    return None


def matters_early(before: Snapshot, after: Snapshot) -> str:
    """Describe a change that matters to later imports, empty if there is none.

    Libraries add warnings filters, loggers and threads when they are imported, and none checks
    another's.
    """
    return next((words for words in _EARLY if before[words] != after[words]), "")


def _which(before: Any, now: Any) -> str:
    """Return the names that differ, if the state has names."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return ""
    names = [
        os.fsdecode(name)
        for name in {**before, **now}
        if before.get(name, _ABSENT) != now.get(name, _ABSENT)
    ]
    shown = ", ".join(sorted(names)[:3])
    return f" ({shown}{', …' if len(names) > 3 else ''})"


def patched() -> dict[str, int]:
    """Return the replaced attributes. A new module is not a change, unless it arrives patched."""
    found = {}
    for key in _PATCHED:
        module, name = key
        if module in sys.modules:
            now = getattr(sys.modules[module], name, None)
            if key not in _ORIGINALS and getattr(now, "__module__", None) == module:
                _ORIGINALS[key] = now
            if _ORIGINALS.get(key) is not now:
                found[f"{module}.{name}"] = id(now)
    return found


def _environment() -> dict[Any, Any]:
    # os.environ's own dictionary: decoding each variable takes longer than all the rest.
    data = getattr(os.environ, "_data", None)
    return data.copy() if isinstance(data, dict) else dict(os.environ)


def _signals() -> dict[str, Any]:
    return {name: signal.getsignal(number) for name, number in _SIGNALS}


def _logging() -> tuple[Any, ...]:
    # All handlers of the process: configuring logging makes at least one.
    handlers = tuple(id(reference()) for reference in logging._handlerList)  # type: ignore[attr-defined]
    root = logging.getLogger()
    return handlers, root.level, tuple(map(id, root.handlers)), logging.getLoggerClass()


def _builtins() -> dict[str, _Same]:
    # Our trace replaces __import__, and an interactive session sets `_`.
    return {
        name: _Same(value)
        for name, value in vars(builtins).items()
        if name not in ("__import__", "_")
    }


def _start_method() -> int:
    context = sys.modules.get("multiprocessing.context")
    default = getattr(context, "_default_context", None)
    return id(getattr(default, "_actual_context", None))


def _event_loop_policy() -> int:
    return id(getattr(sys.modules.get("asyncio.events"), "_event_loop_policy", None))


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return ""


_PARTS: dict[str, Callable[[], Any]] = {
    "os.environ": _environment,
    "sys.path": lambda: list(sys.path),
    "sys.meta_path": lambda: list(map(id, sys.meta_path)),
    "sys.path_hooks": lambda: list(map(id, sys.path_hooks)),
    "a patched module": patched,
    "the builtins": _builtins,
    "the warnings filters": lambda: list(warnings.filters),
    "the logging configuration": _logging,
    "a signal handler": _signals,
    "the locale": lambda: locale.setlocale(locale.LC_ALL),
    "the multiprocessing start method": _start_method,
    "the event loop policy": _event_loop_policy,
    "a running thread": lambda: set(threading._active),  # type: ignore[attr-defined]
    "the working folder": _working_folder,
    "the standard streams": lambda: (id(sys.stdin), id(sys.stdout), id(sys.stderr)),
    "an exception hook": lambda: (id(sys.excepthook), id(threading.excepthook)),
    "the recursion limit": sys.getrecursionlimit,
    "the garbage collector": lambda: (gc.isenabled(), gc.get_threshold()),
}

_EARLY = frozenset(_PARTS) - {
    "the warnings filters",
    "the logging configuration",
    "a running thread",
    "the garbage collector",
    "the recursion limit",
}
