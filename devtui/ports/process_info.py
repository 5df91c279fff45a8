"""What can be learned of one process, every denial counted as not known."""

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
"""What is read of a command line: no single argument can be longer."""

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
    """When the process began, by which it is told from a later one of the same pid."""
    begun = _or(process.create_time, None)
    return None if begun is None else datetime.fromtimestamp(begun, timezone.utc)


def _or(ask: Callable[[], _Value], unknown: _Value) -> _Value:
    import psutil

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
    """The path in systemd's hierarchy (cgroup version 1) or the only one (2): man 7 cgroups."""
    paths = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        paths[controllers] = path
    named = paths.get("name=systemd", "")
    return named if named.strip("/") else paths.get("", "")


def program(process: Ancestor | ProcessFacts) -> str:
    """What program runs, by name: of an interpreter's the script, not the interpreter."""
    if not process.command or process.command[0].startswith("PM2"):
        return process.command[0] if process.command else process.name
    first = _base(process.command[0])
    words = told_to_run(process.command)
    if len(words) > 1 and words[0] == "-m":
        return words[1].partition(".")[0] if words[1] != "http.server" else words[1]
    return _base(words[0]) if words and words[0] != "-c" else first


def told_to_run(command: Sequence[str]) -> list[str]:
    """What an interpreter was told to run and with what arguments, without its own options.

    First stands `-m` or `-c`, before the module or the code, or else the script. Empty for any
    other program.
    """
    if not command or not _INTERPRETERS.match(_base(command[0]).lower()):
        return []
    at = 1  # and nothing is taken off a list that may be long
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
    """The argument list; of a long one its beginning. Raises `OSError` or `psutil.Error`."""
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
    """What the process with that argument list is called. Raises as `command_of` does.

    The kernel keeps 15 bytes of the name, and what is cut off is taken from the command line.
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
    """The variables that it was started with; of many the first. Raises as `command_of` does."""
    if not _LINUX:
        return process.environ()
    text = os.fsdecode(beginning(f"/proc/{process.pid}/environ", MAX_ENVIRONMENT))
    pairs = (entry.partition("=") for entry in text.split("\0"))
    return {key: value for key, equals, value in pairs if equals}


def split_command(data: bytes) -> tuple[str, ...]:
    """The words of /proc/PID/cmdline.

    Null characters end them, but who has written a title over it often separates by spaces.
    """
    text = os.fsdecode(data)
    if not text:
        return ()
    words = text.removesuffix("\0").split("\0", MAX_WORDS)
    if len(words) == 1 and " " in text:
        words = words[0].split(" ", MAX_WORDS)
    return tuple(words[:MAX_WORDS])


def beginning(path: str, limit: int) -> bytes:
    """The first bytes of a file in /proc, which has no size of its own."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts, room = [], limit
        while room > 0 and (part := os.read(descriptor, min(room, 64 * 1024))):
            parts.append(part)
            room -= len(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)
