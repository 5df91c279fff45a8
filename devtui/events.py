"""The facts that pass between the parts, the orders that go the other way, and their codec.

Events are immutable and in the past tense. A server process sends them to the session as lines of
JSON, and `--json` prints the very same lines, so the field names are an interface: stable, with
the unit in the name. In each line `type` comes first, then `at` and `generation`.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Literal, TypeAlias, TypeVar

import msgspec

Headers: TypeAlias = tuple[tuple[str, str], ...]
Stream: TypeAlias = Literal["stdout", "stderr", "log"]
T = TypeVar("T")


def _snake_case(class_name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", class_name).lower()


def utc_now() -> datetime:
    """The time of day as every event carries it: UTC, to the microsecond."""
    return datetime.now(timezone.utc)


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=_snake_case):
    """What every event has: when it happened, and in which server process.

    A generation is one server process, numbered from 1; 0 stands for the time before the first.
    """

    at: datetime = msgspec.field(default_factory=utc_now)
    generation: int = 0


# -- the parts of events ---------------------------------------------------------------------


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame of a traceback. `own` means the user's code, not a library's.

    `source` is the line of code, without its indentation; `line` counts from 1. `marked` is the
    failing part of `source`, as the numbers of its first character and of the one after its last;
    None where Python (before 3.11) does not tell, or where it is the whole line. `context` are the
    lines around, as they stand in the file, the first of them line `context_start`; it is empty
    for frames that nobody opens first (those of libraries).
    """

    file: str
    line: int
    function: str
    source: str = ""
    own: bool = False
    marked: tuple[int, int] | None = None
    context: tuple[str, ...] = ()
    context_start: int = 0


class ExceptionData(msgspec.Struct, frozen=True, kw_only=True):
    """One exception of a traceback, as data. `frames` run from the outermost call to the raise.

    `relation` says how it belongs to the exception before it in `Error.exceptions`: it is its
    `cause` (raise ... from), its `context` (raised while handling), or `first`. `exceptions` are
    the members of an exception group. `frames_left_out` counts the frames that are missing in the
    middle of `frames`, where there were too many; `members_left_out` those at the end of
    `exceptions`. A `SyntaxError`'s last frame is the place in the source where the parser stopped.
    """

    type: str
    message: str
    notes: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    relation: Literal["first", "cause", "context"] = "first"
    exceptions: tuple[ExceptionData, ...] = ()
    frames_left_out: int = 0
    members_left_out: int = 0


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """A traceback as data, the exception that was raised first, then its causes.

    `text` is the traceback as Python prints it. `left_out` counts the causes that are missing at
    the end, where there were too many.
    """

    exceptions: tuple[ExceptionData, ...]
    text: str
    left_out: int = 0


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One local variable of a frame. `value` is its repr, cut where it is long.

    `masked` says that its name promises a secret and that `value` therefore does not tell it.
    """

    name: str
    type: str
    value: str
    masked: bool = False


class ModuleTime(msgspec.Struct, frozen=True, kw_only=True):
    """How long a module took to import, without the user's other modules that it imported."""

    module: str
    duration_ms: float


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The captured part of a request's or response's body.

    `size_bytes` is what really passed. `text` is its beginning, None where it is not text.
    """

    content_type: str
    size_bytes: int
    text: str | None = None
    truncated: bool = False


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """An address that a socket is bound to, `ip` without brackets and port.

    `v6_only` matters for `::` alone: such a socket takes IPv4 connections too unless it is set.
    None where the system does not say.
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

    `pid` is None where the socket is seen but not its process: another user's, another
    container's, or the kernel's; `user` is then the socket's. `started` is None where it may not
    be known. `address` is all of `addresses` in one text. `kind` and `note` say what it is: the
    kind for programs, the note in words, with what to do about it. `restarts_by` names what will
    probably start it again; empty where nothing is known to. `children` are the pids of its
    descendants that hold the port with it. `listens` is false of a socket that only keeps the
    port, and `blocks` where no address of it is in the way of the one that is wanted.
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


# -- the server process ----------------------------------------------------------------------


class ServerStarted(Event, frozen=True, kw_only=True):
    """A server process was started; it has not loaded the app yet."""

    pid: int


class AppLoaded(Event, frozen=True, kw_only=True):
    """The app was found and imported.

    `app` is what to type to get it (`hello:app`), `framework` the class it is an instance of
    (`flask.Flask`). `sources` are the files of the loaded modules that are the user's own, and
    `slowest` those of them that took longest to import, the slowest first.
    """

    app: str
    framework: str
    file: str
    duration_ms: float
    module_count: int
    sources: tuple[str, ...] = ()
    slowest: tuple[ModuleTime, ...] = ()


class AppFailed(Event, frozen=True, kw_only=True):
    """The app could not be found or imported.

    With `reload` the process stays and serves the error; without, it is the first load and the
    process ends. `message` is one sentence for people; `error` the traceback, which is empty
    of exceptions where nothing was raised (no such app). `error_id` as in `ErrorRaised`.
    """

    reload: bool
    message: str
    error: Error
    duration_ms: float
    sources: tuple[str, ...] = ()
    error_id: str = ""


class Serving(Event, frozen=True, kw_only=True):
    """The server answers at `url`. `pin` unlocks the debugger in the browser, where it is on.

    `pin_cookie` is the name of the cookie that keeps a browser unlocked.
    """

    url: str
    pid: int
    pin: str | None = None
    pin_cookie: str | None = None


class ServerExited(Event, frozen=True, kw_only=True):
    """A server process has ended: by itself with `exit_code`, or by `signal` (its name).

    `expected` is true where devtui ended it.
    """

    pid: int
    exit_code: int | None = None
    signal: str | None = None
    expected: bool = False


class ImportsTraced(Event, frozen=True, kw_only=True):
    """What a load took from outside the project, for the next process to import ahead.

    `roots` are the names that the user's code imported, in order, up to the point where it
    changed something for the whole process; `changed` says what, and is empty where it did not.
    `search_path` is the folder that the app's modules are found in.
    """

    roots: tuple[str, ...]
    search_path: str
    changed: str = ""


class StandbyUnfit(Event, frozen=True, kw_only=True):
    """What was imported ahead does not fit this load, which begins anew without it."""

    reason: str


class EventsDropped(Event, frozen=True, kw_only=True):
    """The server process could not send `count` events, because nobody read them in time."""

    count: int


# -- requests, log and errors ----------------------------------------------------------------


class RequestStarted(Event, frozen=True, kw_only=True):
    """A request's head was read. `id` is unique in the session; `client` is an address."""

    id: str
    method: str
    target: str
    client: str
    headers: Headers = ()


class RequestFinished(Event, frozen=True, kw_only=True):
    """A response was sent, or given up.

    `status` is None where none was sent; `size_bytes` counts the body's bytes as sent, before
    chunking. `cut` says why the response is incomplete, and is empty where it is whole.
    """

    id: str
    method: str
    target: str
    client: str
    status: int | None
    duration_ms: float
    size_bytes: int
    cut: str = ""
    first_byte_ms: float | None = None
    response_headers: Headers = ()
    request_body: Body | None = None
    response_body: Body | None = None


class ErrorRaised(Event, frozen=True, kw_only=True):
    """An exception reached the top of the user's code. `origin` says where it was seen.

    `error_id` is what to ask by for the locals of its frames; unique in the session.
    """

    error: Error
    origin: Literal["request", "logging", "thread", "uncaught", "unraisable"] = "request"
    request_id: str | None = None
    error_id: str = ""


class LogWritten(Event, frozen=True, kw_only=True):
    """One line of output: of a descriptor, or of `logging` (then `logger` and `level` are set)."""

    stream: Stream
    text: str
    logger: str | None = None
    level: str | None = None
    request_id: str | None = None


# -- answers: `ask_id` is that of the order that asked -----------------------------------------


class LocalsShown(Event, frozen=True, kw_only=True):
    """The local variables of a frame, in the order in which the function has them.

    `left_out` counts those past the bound. Where the frame is `gone`, `reason` says why in one
    sentence for people, and there are no variables.
    """

    ask_id: str
    error_id: str
    variables: tuple[Variable, ...] = ()
    left_out: int = 0
    gone: bool = False
    reason: str = ""


class Evaluated(Event, frozen=True, kw_only=True):
    """What came of an evaluation in a frame.

    `value` is the last expression's repr, None where the last thing was a statement or the value
    was None. `output` is what was printed, stdout and stderr as they came. `traceback` is set
    where it raised. Each is cut where it is long, and then `truncated` is true. `interrupted` is
    true where it was stopped by `Interrupt`. Where the frame is `gone`, `reason` says why.
    """

    ask_id: str
    error_id: str
    value: str | None = None
    output: str = ""
    traceback: str = ""
    truncated: bool = False
    interrupted: bool = False
    duration_ms: float = 0.0
    gone: bool = False
    reason: str = ""


class StackShown(Event, frozen=True, kw_only=True):
    """Where the thread of a request stands now, from the outermost call of the app inwards.

    No frames and `running` mean that the server itself has it, between the app and the client.
    `running` is false where the request has ended meanwhile.
    """

    ask_id: str
    request_id: str
    thread: str = ""
    frames: tuple[Frame, ...] = ()
    frames_left_out: int = 0
    running: bool = True


# -- the terminal ------------------------------------------------------------------------------


class TerminalWanted(Event, frozen=True, kw_only=True):
    """The app needs the terminal, and the thread that does waits for `TerminalGranted`."""

    ask_id: str
    purpose: Literal["breakpoint", "input", "getpass"]
    request_id: str | None = None


class TerminalReleased(Event, frozen=True, kw_only=True):
    """The app does not need the terminal any more."""

    ask_id: str


# -- the session -----------------------------------------------------------------------------


class StateChanged(Event, frozen=True, kw_only=True):
    """The session went from one state to another; the values are those of `session.State`."""

    state: str
    previous: str
    reason: str = ""


class FilesChanged(Event, frozen=True, kw_only=True):
    """Watched files changed. `raw_count` is how many raw notices were merged into this one."""

    paths: tuple[str, ...]
    raw_count: int


class Reloaded(Event, frozen=True, kw_only=True):
    """A new generation answers in place of an older one.

    `cause` is a few words for people; `failed` means that it serves its own load's error.
    `duration_ms` runs from the moment the cause was seen; `stopped_ms` and `loaded_ms` say after
    how much of it the old process was gone and the app loaded. `standby` is true where the
    process had been started ahead; `stepped_back` says why not all imports were done ahead.
    `raw_count` notices of changes were merged; `seen_ms` is how long before it was seen the newest
    of the files was written (0: not known). `slowest` as in `AppLoaded`. `looping` is the file
    that the app itself seems to change each time it loads, empty where there is none.
    """

    cause: str
    paths: tuple[str, ...]
    duration_ms: float
    failed: bool = False
    stopped_ms: float = 0.0
    loaded_ms: float = 0.0
    standby: bool = False
    stepped_back: str = ""
    raw_count: int = 0
    seen_ms: float = 0.0
    slowest: tuple[ModuleTime, ...] = ()
    looping: str = ""


class PortBusy(Event, frozen=True, kw_only=True):
    """The port could not be had.

    `message` says why, `reason` in one word; `holders` who has it, as far as is known;
    `warnings` what else is to be known; `next_free_port` the nearest port that could be had.
    """

    host: str
    port: int
    message: str
    holders: tuple[Holder, ...] = ()
    reason: RefusalReason = "busy"
    warnings: tuple[str, ...] = ()
    next_free_port: int | None = None


AnyEvent: TypeAlias = (
    ServerStarted
    | AppLoaded
    | AppFailed
    | Serving
    | ServerExited
    | ImportsTraced
    | StandbyUnfit
    | EventsDropped
    | RequestStarted
    | RequestFinished
    | ErrorRaised
    | LogWritten
    | LocalsShown
    | Evaluated
    | StackShown
    | TerminalWanted
    | TerminalReleased
    | StateChanged
    | FilesChanged
    | Reloaded
    | PortBusy
)


# -- orders: from the session to a server process ----------------------------------------------


class Order(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=_snake_case):
    """What the session tells a server process to do."""


class Main(msgspec.Struct, frozen=True):
    """The program that calls `devtui.run`: a script's absolute path, or a module's name."""

    kind: Literal["path", "module"]
    target: str


class Pin(msgspec.Struct, frozen=True):
    """What unlocks Werkzeug's debugger, and the cookie that remembers who has typed it."""

    pin: str
    cookie: str


class Load(Order, frozen=True, kw_only=True):
    """Find the app, import it and serve it on the inherited socket.

    The fields mean what they mean in `Settings`, with `port` and `url` as the socket has them;
    `first` is true where no load succeeded yet. `pin` is the one that an earlier generation had:
    who has unlocked the debugger in a browser stays unlocked.
    """

    app: str | None
    folder: str
    host: str
    port: int
    url: str
    debug: bool
    reload: bool
    debugger: bool
    threaded: bool
    cert: str | None
    key: str | None
    env_file: str | None
    load_dotenv: bool
    first: bool
    main: Main | None = None
    pin: Pin | None = None


class Preload(Order, frozen=True, kw_only=True):
    """Import these names ahead of the order `Load`, which will be like `load`.

    `roots` and `search_path` are those of the last load's `ImportsTraced`.
    """

    load: Load
    roots: tuple[str, ...]
    search_path: str


class Stop(Order, frozen=True, kw_only=True):
    """Stop accepting, let requests in flight finish within `grace_ms`, and end."""

    grace_ms: int


class ShowLocals(Order, frozen=True, kw_only=True):
    """Answer with the local variables of a frame (`LocalsShown`).

    `exception` is the way to the exception in the error: its number in `Error.exceptions`, then,
    in groups, the numbers in `ExceptionData.exceptions`; `frame` is the number in `frames`.
    Secrets are masked unless `reveal`.
    """

    ask_id: str
    error_id: str
    exception: tuple[int, ...]
    frame: int
    reveal: bool = False


class Evaluate(Order, frozen=True, kw_only=True):
    """Run `source`, an expression or statements, in a frame and answer with `Evaluated`.

    `exception` and `frame` as in `ShowLocals`.
    """

    ask_id: str
    error_id: str
    exception: tuple[int, ...]
    frame: int
    source: str


class Interrupt(Order, frozen=True, kw_only=True):
    """Raise KeyboardInterrupt in the evaluation of that `ask_id`; nothing where it has ended.

    One that does not end by it (it waits in a call written in C) is left alone in its thread and
    answered for as interrupted.
    """

    ask_id: str


class ShowStack(Order, frozen=True, kw_only=True):
    """Answer with where the thread of a running request stands now (`StackShown`)."""

    ask_id: str
    request_id: str


class TerminalGranted(Order, frozen=True, kw_only=True):
    """The terminal is yours: your process group is in its foreground."""

    ask_id: str


class TerminalRefused(Order, frozen=True, kw_only=True):
    """There is no terminal to be had; `reason` is a sentence for people."""

    ask_id: str
    reason: str


AnyOrder: TypeAlias = (
    Load
    | Preload
    | Stop
    | ShowLocals
    | Evaluate
    | Interrupt
    | ShowStack
    | TerminalGranted
    | TerminalRefused
)

# -- the codec -------------------------------------------------------------------------------


def _plain_text(value: object) -> str:
    """A subclass of str (markup, the name of a logger), which msgspec does not take for one."""
    if isinstance(value, str):
        return str.__str__(value)
    raise NotImplementedError(f"no event holds a {type(value).__name__}")


_encoder = msgspec.json.Encoder(enc_hook=_plain_text)
_event_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_order_decoder: msgspec.json.Decoder[AnyOrder] = msgspec.json.Decoder(AnyOrder)


def encode(message: msgspec.Struct) -> bytes:
    """One line of JSON, its newline included, of an event, an order or another such object.

    A lone surrogate in a string (an undecodable byte of a file name or header) has no UTF-8
    form; it is written as its escape (`\\udc80`), since the alternative is to lose the event.
    """
    try:
        return _encoder.encode(message) + b"\n"
    except UnicodeEncodeError:
        return (
            _encoder.encode(_without_surrogates(msgspec.to_builtins(message, enc_hook=_plain_text)))
            + b"\n"
        )


def decode_event(line: bytes) -> AnyEvent:
    """The event of one line. Raises `msgspec.DecodeError` where it is none of ours."""
    return _decode(_event_decoder, line)


def decode_order(line: bytes) -> AnyOrder:
    """The order of one line. Raises `msgspec.DecodeError` where it is none of ours."""
    return _decode(_order_decoder, line)


def _decode(decoder: msgspec.json.Decoder[T], line: bytes) -> T:
    try:
        return decoder.decode(line)
    except (UnicodeDecodeError, RecursionError) as error:
        # msgspec lets these two pass: a string that is no UTF-8, and nesting without end.
        raise msgspec.DecodeError(str(error)) from error


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {key: _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_surrogates(item) for item in value]
    return value
