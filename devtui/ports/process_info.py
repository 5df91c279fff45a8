"""Read facts about one process, within bounds; a fact that the system denies counts as unknown.

A process may have a command line of megabytes, and Linux lets it point to any of its memory. So
we read it from /proc piece by piece; psutil would read all of it.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    import psutil

UNKNOWN_USER = "?"

MAX_BYTES = 128 * 1024
"""How much of a command line to read: no single argument can be longer."""

MAX_WORDS = 1_000
MAX_NAME = 256
MAX_ENVIRONMENT = 1024 * 1024

_KEPT_OF_NAME = 15

_LINUX = sys.platform == "linux"

_Value = TypeVar("_Value")
_MAX_ANCESTORS = 16
_NO_WORDS: tuple[str, ...] = ()

_INTERPRETERS = re.compile(r"^(python|pypy|node|ruby|perl)[\d.]*$")
_OPTIONS_WITH_VALUE = ("-X", "-W", "--check-hash-based-pycs")
# Python's options may stand together: `-Bm module`, `-Ic code`.
_LAST_OPTION = re.compile(r"^-[bBdEhiIOPqRsSuvVx]*([cm])(.*)$", re.DOTALL)


class Ancestor(msgspec.Struct, frozen=True):
    """An ancestor of a process. `command` is its argument list."""

    pid: int
    name: str
    command: tuple[str, ...] = ()
    folder: str = ""
    started: datetime | None = None


class ProcessFacts(msgspec.Struct, frozen=True):
    """The facts that reveal what a process is and who supervises it.

    Unknown facts are empty or None. `ancestors` begin with the parent. `environment` is the
    initial one. `cgroup` is the path in the unified or systemd hierarchy (Linux).
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
        """The process that started this one, or adopted it."""
        return self.ancestors[0] if self.ancestors else None


def facts_of(pid: int) -> ProcessFacts:
    """Read the facts about a process. Raises `psutil.NoSuchProcess` if it has exited."""
    import psutil  # 15 ms that the first frame does not wait for

    process = psutil.Process(pid)
    with process.oneshot():
        words = _or(partial(command_of, process), _NO_WORDS)
        return ProcessFacts(
            pid=pid,
            name=_or(partial(name_of, process, words), ""),
            command=words,
            user=_or(process.username, UNKNOWN_USER),
            started=started(process),
            folder=_or(process.cwd, ""),
            environment=_or(partial(environment_of, process), {}),
            terminal=_terminal(process),
            ancestors=_ancestors(process),
            cgroup=_cgroup(pid),
        )


def started(process: psutil.Process) -> datetime | None:
    """Return when the process started, which tells it from a later one with the same pid."""
    begun = _or(process.create_time, None)
    return None if begun is None else datetime.fromtimestamp(begun, timezone.utc)


def _or(ask: Callable[[], _Value], unknown: _Value) -> _Value:
    import psutil

    try:
        # psutil returns None for some unknown facts, although its types do not say so.
        answer: _Value | None = ask()
        return unknown if answer is None else answer
    except psutil.NoSuchProcess as error:
        if isinstance(error, psutil.ZombieProcess):
            return unknown
        raise
    except (psutil.AccessDenied, OSError, KeyError):  # KeyError: the user has no name
        return unknown


def _terminal(process: psutil.Process) -> str | None:
    if not hasattr(process, "terminal"):  # Windows
        return None
    terminal: str | None = _or(process.terminal, None)
    return terminal


def _ancestors(process: psutil.Process) -> tuple[Ancestor, ...]:
    """Return the ancestors up to pid 1, or up to one that has exited."""
    import psutil

    found: list[Ancestor] = []
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        above = process.parent()
        while above is not None and len(found) < _MAX_ANCESTORS:
            with above.oneshot():
                words = _or(partial(command_of, above), _NO_WORDS)
                found.append(
                    Ancestor(
                        pid=above.pid,
                        name=_or(partial(name_of, above, words), ""),
                        command=words,
                        folder=_or(above.cwd, ""),
                        started=started(above),
                    )
                )
            above = above.parent()
    return tuple(found)


def _cgroup(pid: int) -> str:
    try:
        data = beginning(f"/proc/{pid}/cgroup", MAX_BYTES)
        return parse_cgroup(data.decode())
    except (OSError, ValueError):
        return ""


def parse_cgroup(text: str) -> str:
    """Return the path in systemd's hierarchy (cgroup v1) or in the only one (v2): man 7 cgroups."""
    paths = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        paths[controllers] = path
    named = paths.get("name=systemd", "")
    return named if named.strip("/") else paths.get("", "")


def program(process: Ancestor | ProcessFacts) -> str:
    """Name the program that a process runs: the script, if the process is an interpreter."""
    if not process.command or process.command[0].startswith("PM2"):
        return process.command[0] if process.command else process.name
    first = _base(process.command[0])
    words = told_to_run(process.command)
    if len(words) > 1 and words[0] == "-m":
        return words[1].partition(".")[0] if words[1] != "http.server" else words[1]
    return _base(words[0]) if words and words[0] != "-c" else first


def told_to_run(command: Sequence[str]) -> list[str]:
    """Return what an interpreter runs and the arguments, without the interpreter's options.

    The list starts with the script, or with `-m` or `-c` before the module or the code. It is
    empty for any other program.
    """
    if not command or not _INTERPRETERS.match(_base(command[0]).lower()):
        return []
    at = 1  # an index: removing words from a long list would be slow
    while at < len(command) and command[at].startswith("-"):
        option = command[at]
        at += 2 if option in _OPTIONS_WITH_VALUE else 1
        if ends := _LAST_OPTION.match(option):
            kind, joined = ends.groups()
            return [f"-{kind}", *([joined] if joined else []), *command[at:]]
    return list(command[at:])


def _base(path: str) -> str:
    name = re.split(r"[/\\]", path)[-1].lstrip("-")
    return re.sub(r"\.(py|exe|js)$", "", name, flags=re.IGNORECASE) or path


def command_of(process: psutil.Process) -> tuple[str, ...]:
    """Return the argument list, or its beginning. Raises `OSError` or `psutil.Error`."""
    if _LINUX:
        return split_command(beginning(f"/proc/{process.pid}/cmdline", MAX_BYTES))
    kept, room = [], MAX_BYTES
    for word in process.cmdline()[:MAX_WORDS]:
        kept.append(word[:room])
        room -= len(word)
        if room <= 0:
            break
    return tuple(kept)


def name_of(process: psutil.Process, words: tuple[str, ...]) -> str:
    """Return the name of the process with that argument list. Raises as `command_of` does.

    The kernel keeps only 15 bytes of the name; the command line has the rest.
    """
    if not _LINUX:
        return process.name()[:MAX_NAME]
    short = os.fsdecode(beginning(f"/proc/{process.pid}/comm", MAX_NAME).removesuffix(b"\n"))
    if len(short) >= _KEPT_OF_NAME and words:
        whole = os.path.basename(words[0])
        if whole.startswith(short):
            return whole[:MAX_NAME]
    return short


def environment_of(process: psutil.Process) -> dict[str, str]:
    """Return the initial environment, or its beginning. Raises as `command_of` does."""
    if not _LINUX:
        return process.environ()
    text = os.fsdecode(beginning(f"/proc/{process.pid}/environ", MAX_ENVIRONMENT))
    pairs = (entry.partition("=") for entry in text.split("\0"))
    return {key: value for key, equals, value in pairs if equals}


def split_command(data: bytes) -> tuple[str, ...]:
    """Split the content of /proc/PID/cmdline into words.

    Null characters end the words, but a program that sets a title often separates by spaces.
    """
    text = os.fsdecode(data)
    if not text:
        return ()
    words = text.removesuffix("\0").split("\0", MAX_WORDS)
    if len(words) == 1 and " " in text:
        words = words[0].split(" ", MAX_WORDS)
    return tuple(words[:MAX_WORDS])


def beginning(path: str, limit: int) -> bytes:
    """Read the first bytes of a file in /proc, where files report no size."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts, room = [], limit
        while room > 0 and (part := os.read(descriptor, min(room, 64 * 1024))):
            parts.append(part)
            room -= len(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)
