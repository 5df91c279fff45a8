"""What can be learned of one process, every denial counted as not known."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import partial
from typing import TypeVar

import msgspec
import psutil

from devtui.ports import process_texts

UNKNOWN_USER = "?"

_Value = TypeVar("_Value")
_MAX_ANCESTORS = 16
_NO_WORDS: tuple[str, ...] = ()


class Ancestor(msgspec.Struct, frozen=True):
    """A process above another one. `command` is its argument list."""

    pid: int
    name: str
    command: tuple[str, ...] = ()
    folder: str = ""
    started: datetime | None = None


class ProcessFacts(msgspec.Struct, frozen=True):
    """A process as its kind and its supervisor are told by. `ancestors` begin with the parent.

    What may not be known is empty or None. `environment` is the one it was started with;
    `cgroup` the path in the unified or systemd hierarchy (Linux).
    """

    pid: int
    name: str
    command: tuple[str, ...] = ()
    user: str = UNKNOWN_USER
    started: datetime | None = None
    folder: str = ""
    environment: Mapping[str, str] = msgspec.field(default_factory=dict)
    terminal: str | None = None
    ancestors: tuple[Ancestor, ...] = ()
    cgroup: str = ""

    @property
    def parent(self) -> Ancestor | None:
        """The process that started it, or that took it over."""
        return self.ancestors[0] if self.ancestors else None


def facts_of(pid: int) -> ProcessFacts:
    """Look at a process. Raises `psutil.NoSuchProcess` where it has ended."""
    process = psutil.Process(pid)
    with process.oneshot():
        words = _or(partial(process_texts.command, process), _NO_WORDS)
        return ProcessFacts(
            pid=pid,
            name=_or(partial(process_texts.name, process, words), ""),
            command=words,
            user=_or(process.username, UNKNOWN_USER),
            started=started(process),
            folder=_or(process.cwd, ""),
            environment=_or(partial(process_texts.environment, process), {}),
            terminal=_terminal(process),
            ancestors=_ancestors(process),
            cgroup=_cgroup(pid),
        )


def started(process: psutil.Process) -> datetime | None:
    """When the process began, by which it is told from a later one of the same pid."""
    begun = _or(process.create_time, None)
    return None if begun is None else datetime.fromtimestamp(begun, timezone.utc)


def _or(ask: Callable[[], _Value], unknown: _Value) -> _Value:
    try:
        # psutil answers None for some things that it cannot find, whatever its types say.
        answer: _Value | None = ask()
        return unknown if answer is None else answer
    except psutil.NoSuchProcess as error:
        if isinstance(error, psutil.ZombieProcess):
            return unknown
        raise
    except (psutil.AccessDenied, OSError, KeyError):  # KeyError: a user without a name
        return unknown


def _terminal(process: psutil.Process) -> str | None:
    if not hasattr(process, "terminal"):  # Windows
        return None
    terminal: str | None = _or(process.terminal, None)
    return terminal


def _ancestors(process: psutil.Process) -> tuple[Ancestor, ...]:
    """The processes above, up to pid 1; one that ended meanwhile ends the row."""
    found: list[Ancestor] = []
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        above = process.parent()
        while above is not None and len(found) < _MAX_ANCESTORS:
            with above.oneshot():
                words = _or(partial(process_texts.command, above), _NO_WORDS)
                found.append(
                    Ancestor(
                        pid=above.pid,
                        name=_or(partial(process_texts.name, above, words), ""),
                        command=words,
                        folder=_or(above.cwd, ""),
                        started=started(above),
                    )
                )
            above = above.parent()
    return tuple(found)


def _cgroup(pid: int) -> str:
    try:
        data = process_texts.beginning(f"/proc/{pid}/cgroup", process_texts.MAX_BYTES)
        return parse_cgroup(data.decode())
    except (OSError, ValueError):
        return ""


def parse_cgroup(text: str) -> str:
    """The path in systemd's hierarchy (cgroup version 1) or the only one (2): man 7 cgroups."""
    paths = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        paths[controllers] = path
    named = paths.get("name=systemd", "")
    return named if named.strip("/") else paths.get("", "")
