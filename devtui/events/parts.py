"""The parts of events: tracebacks, variables, bodies, addresses, holders of a port."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

Headers: TypeAlias = tuple[tuple[str, str], ...]
ExceptionPath: TypeAlias = tuple[int, ...]
"""The path to an exception: its number in `Error.exceptions`, then its number in each group."""

Stream: TypeAlias = Literal["stdout", "stderr", "log"]


class Frame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One frame of a traceback. `own` means the user's code, not a library's.

    `source` is the line of code, without its indentation; `line` counts from 1. `marked` is the
    failing part of `source`, from the number of its first character up to the number after its
    last; None if Python does not tell (before 3.11), or if it is the whole line. `context` has the
    lines around it with their indentation, and begins with line `context_start`. It is empty for
    frames that are folded at first, those of libraries.
    """

    file: str
    line: int
    function: str
    source: str = ""
    own: bool = False
    marked: tuple[int, int] | None = None
    context: tuple[str, ...] = ()
    context_start: int = 0


class ExceptionData(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One exception of a traceback, as data. `frames` run from the outermost call to the raise.

    `relation` says what it is to the exception before it in `Error.exceptions`: its `cause`
    (raise ... from), its `context` (raised while handling), or `first` if there is none.
    `exceptions` are the members of an exception group. If there were too many, `frames_left_out`
    counts the frames missing in the middle of `frames`, and `members_left_out` the members missing
    at the end of `exceptions`. A `SyntaxError`'s last frame is the place in the source where the
    parser stopped, and that of an error in a Django template is the place in the template. `notes`
    are those that the app has added, after one that says where Django looked for a missing
    template.
    """

    type: str
    message: str
    notes: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    relation: Literal["first", "cause", "context"] = "first"
    exceptions: "tuple[ExceptionData, ...]" = ()
    frames_left_out: int = 0
    members_left_out: int = 0


class Error(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A traceback as data, the exception that was raised first, then its causes.

    `text` is the traceback as Python prints it. If there were too many causes, `left_out` counts
    those missing at the end.
    """

    exceptions: tuple[ExceptionData, ...]
    text: str
    left_out: int = 0


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One local variable of a frame. `value` is its repr, cut if it is long.

    `masked` says that `value` is a mask, because the name is that of a secret. `parts` are the
    members of a container or the attributes of an object, by key, index or name, if the repr alone
    is hard to read; some may be left out.
    """

    name: str
    type: str
    value: str
    masked: bool = False
    parts: "tuple[Variable, ...]" = ()


class Route(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One route of an app: a rule of Flask, or a URL pattern of Django.

    `methods` is empty if the framework leaves them to the view. `view` is the place of the view,
    None if it is unknown.
    """

    rule: str
    endpoint: str = ""
    methods: tuple[str, ...] = ()
    view: Frame | None = None


class ModuleTime(msgspec.Struct, frozen=True, kw_only=True):
    """How long a module took to import, without the user's other modules that it imported."""

    module: str
    duration_ms: float


class Body(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The captured part of a request's or response's body.

    `size_bytes` is the number of bytes that really passed. `text` is the beginning, None if the
    body is not text. `truncated` says that more followed, or that the app did not read the rest of
    a request's. `digest` is of all that passed, and `data` is the whole body, as base64 in JSON.
    Both are empty if `text` is the whole body. A very large body has no digest, and a truncated one
    no data.
    """

    content_type: str
    size_bytes: int
    text: str | None = None
    truncated: bool = False
    digest: str = ""
    data: bytes = b""

    @property
    def whole(self) -> bytes | None:
        """All bytes of the body, None if they were not recorded."""
        if self.data:
            return self.data
        if self.text is None or self.truncated or self.digest:
            return None
        return self.text.encode()


class Call(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that the app asked of something else while it answered a request.

    `library` is the outermost one that was called, such as `sqlalchemy`, and `database` the kind of
    database if the library is for several: `mysql`. `parameters` is a repr, cut if it is long, with
    secrets masked; empty if there are none. `start_ms` counts from the start of the request. `rows`
    is None if the library does not tell. `result` says in a word what came back: the status of an
    HTTP response, `hit` or `miss` of a cache. `file` and `line` are the line of the user's code
    that caused it, and `stack` has the user's frames, innermost last; all are empty if unknown.
    Only the first three calls of the same text from the same line have a `stack`. `error` is what
    the library raised, as `Type: message`.
    """

    kind: Literal["sql", "http", "template", "cache"]
    library: str
    database: str = ""
    text: str
    parameters: str = ""
    start_ms: float
    duration_ms: float
    rows: int | None = None
    result: str = ""
    file: str = ""
    line: int = 0
    stack: tuple[Frame, ...] = ()
    error: str = ""


class CallTotal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The total of all calls of one kind that a request made, including those only counted."""

    kind: Literal["sql", "http", "template", "cache"]
    count: int
    duration_ms: float


class ProfiledLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line of a profiled request, with the time that it took itself.

    The lines are a tree in depth-first order: each comes before those that it called. `depth`
    counts from the first line, which stands for the server. `own` lines are the user's. For a
    library's function `line` is its first line, and a function written in C has no `file`.
    `self_ms` is the time without the lines below. `source` is the user's line of code, without its
    indentation.
    """

    depth: int
    file: str
    line: int
    function: str
    own: bool
    self_ms: float
    source: str = ""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """An address that a socket is bound to, `ip` without brackets and port.

    `v6_only` matters for `::` alone: such a socket accepts IPv4 connections too unless it is set.
    It is None if the system does not say.
    """

    ip: str
    v6_only: bool | None = None

    def __str__(self) -> str:
        if ":" not in self.ip:
            return self.ip
        return f"[{self.ip}]{' (IPv6 only)' if self.ip == '::' and self.v6_only else ''}"


RefusalReason: TypeAlias = Literal["busy", "permission", "excluded", "address", "other"]
HolderKind: TypeAlias = Literal[
    "devtui", "orphan", "reloader", "airplay", "container", "tunnel", "server", "unseen", "other"
]


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A process that has a socket on the port.

    `pid` is None if the socket can be seen but not its process, because that is another user's,
    another container's, or the kernel's; `user` is then the owner of the socket. `started` is None
    if it is unknown. `address` is all of `addresses` in one text. `kind` says what it is to
    programs, and `note` says it in words, with what to do about it. `restarts_by` names what will
    probably start it again, empty if nothing is known to. `children` are the pids of its
    descendants that hold the port with it. `listens` is false if the socket only keeps the port,
    and `blocks` if none of its addresses is in the way of the wanted one.
    """

    pid: int | None
    name: str
    command: str
    user: str
    started: datetime | None = None
    address: str = ""
    addresses: tuple[Address, ...] = ()
    folder: str = ""
    parent_pid: int | None = None
    parent: str = ""
    kind: HolderKind = "other"
    note: str = ""
    restarts_by: str = ""
    children: tuple[int, ...] = ()
    listens: bool = True
    blocks: bool = True


class SourceFile(msgspec.Struct, frozen=True, gc=False):
    """A file as it was before a load read it; `digest` is of the text read, empty if unknown."""

    file: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    digest: str = ""


def innermost(frames: Sequence[Frame]) -> int:
    """Return the number of the innermost frame of the user's code, else of the last frame.

    It is -1 if there are no frames.
    """
    own = (number for number in reversed(range(len(frames))) if frames[number].own)
    return next(own, len(frames) - 1)


def place_of(error: Error) -> tuple[int, int] | None:
    """Return the exception and the frame to look at first, by their numbers.

    They are the innermost frame of the user's code in the first exception that has one, else the
    last frame of the first exception.
    """
    for at, exception in enumerate(error.exceptions):
        number = innermost(exception.frames)
        if number >= 0 and exception.frames[number].own:
            return at, number
    frames = error.exceptions[0].frames if error.exceptions else ()
    return (0, len(frames) - 1) if frames else None
