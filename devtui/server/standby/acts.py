"""Tell what an app does outside of its process, by Python's audit events (PEP 578)."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import PurePath
from types import FrameType
from typing import Any

from devtui.server.guest.own_code import is_own

# The prefixes of the audit events of acts; see the table of audit events in Python's docs.
_ACTS = (
    "_thread.start",
    "builtins.breakpoint",
    "builtins.input",
    "devtui.terminal",
    "fcntl.flock",
    "fcntl.lockf",
    "ftplib.",
    "http.client.connect",
    "imaplib.",
    "nntplib.",
    "os.add_dll_directory",
    "os.chflags",
    "os.chmod",
    "os.chown",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.lockf",
    "os.mkdir",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.setxattr",
    "os.removexattr",
    "os.spawn",
    "os.startfile",
    "os.symlink",
    "os.system",
    "os.truncate",
    "os.utime",
    "pdb.",
    "poplib.",
    "pty.spawn",
    "shutil.",
    "signal.pthread_kill",
    "smtplib.",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostby",
    "socket.getnameinfo",
    "socket.send",
    "sqlite3.connect",
    "subprocess.",
    "sys.setprofile",
    "sys.settrace",
    "sys.set_asyncgen",
    "syslog.",
    "telnetlib.",
    "tempfile.",
    "urllib.Request",
    "webbrowser.",
)

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

# Python writes its own bytecode, which changes nothing.
_BYTECODE = f"{os.sep}__pycache__{os.sep}"

# Modules of Python that start a program only to ask it something, as for `platform.processor()`.
_ASKING = frozenset({"platform", "ctypes.util", "uuid"})
_STARTING = frozenset({"subprocess", "os"})

# Before Python 3.12 no audit event announces a thread.
_ANNOUNCES_THREADS = sys.version_info >= (3, 12)


def act_of(event: str, arguments: tuple[Any, ...]) -> str:
    """Describe the act that an event announces; empty if it changes nothing outside."""
    if event == "open":
        path, _, flags = arguments
        file = path_of(path)
        writes = isinstance(flags, int) and bool(flags & _WRITES)
        if not writes or file is None or file == os.devnull:
            return ""
        return f"it opens {file} to write"
    if event.startswith(_ACTS) and not _is_harmless(event, arguments):
        return f"it acts outside of its process ({event})"
    return ""


def path_of(path: object) -> str | None:
    """Return the absolute path of a file that is opened, None for a descriptor or bytecode.

    Python replaces bytecode that does not fit its source.
    """
    if isinstance(path, PurePath):
        path = str(path)
    elif isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str) or _is_bytecode(file := os.path.abspath(path)):
        return None
    return file


def _is_bytecode(file: str) -> bool:
    prefix = sys.pycache_prefix
    return _BYTECODE in file or bool(prefix and file.startswith(os.path.join(prefix, "")))


def imports_library(frame: FrameType | None) -> bool:
    """Return whether the caller is an installed module that is being imported."""
    while frame is not None:
        code = frame.f_code
        if is_own(code.co_filename):
            return False
        if code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False


def only_asks(event: str, frame: FrameType | None) -> bool:
    """Return whether Python itself starts a program that changes nothing, and waits for it."""
    if not event.startswith(("subprocess.", "os.posix_spawn")):
        return False
    while frame is not None and frame.f_globals.get("__name__") in _STARTING:
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") in _ASKING


class Threads:
    """Announce the app's threads, if Python does not."""

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._start: Any = None

    def watch(self) -> None:
        """Begin to announce them."""
        if not _ANNOUNCES_THREADS:
            self._start = threading._start_new_thread  # type: ignore[attr-defined]
            threading._start_new_thread = self._starting  # type: ignore[attr-defined]

    def leave(self) -> None:
        """Leave the module as it was."""
        if self._start is not None:
            threading._start_new_thread = self._start  # type: ignore[attr-defined]

    def _starting(self, *arguments: Any) -> Any:
        self._announce("it starts a thread")
        return self._start(*arguments)


def _is_harmless(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "os.mkdir":  # `makedirs` tries it for a folder that exists
        return os.path.isdir(arguments[0])
    if event in ("os.rename", "os.remove", "os.chmod", "os.utime"):
        path = arguments[0]  # or a descriptor
        return not isinstance(path, int) and _is_bytecode(os.path.abspath(os.fsdecode(path)))
    if event == "socket.bind":  # urllib3 does this to find out whether there is IPv6
        return isinstance(arguments[1], tuple) and arguments[1][1] == 0
    if event == "sqlite3.connect":
        return bool(arguments[0] == ":memory:")
    return event == "sqlite3.connect/handle"
