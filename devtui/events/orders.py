"""The orders, from the session to a server process."""

from typing import Literal, TypeAlias

import msgspec

from devtui.events.event import snake_case

SEND_HEADER = "X-Devtui-Sent"
"""The header by which a server process recognises a request that the session sends.

Its value has these words, separated by blanks: the token of `Load`, the number of the sending, the
id of the request that is sent again, if any, and `PROFILE` if the request is to be profiled.
"""

PROFILE = "profile"
"""The word in that header that asks for a profile."""


class Order(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=snake_case):
    """What the session tells a server process to do."""


class Main(msgspec.Struct, frozen=True):
    """The program that calls `devtui.run`: a script's absolute path, or a module's name."""

    kind: Literal["path", "module"]
    target: str


class SessionPin(msgspec.Struct, frozen=True):
    """The PIN of Werkzeug's debugger, and the cookie that remembers who has typed it.

    `failed_count` is the number of wrong PINs in a row so far, over all server processes, and
    `max_failed` the number that locks the debugger.
    """

    pin: str
    cookie: str
    failed_count: int = 0
    max_failed: int = 10


class Load(Order, frozen=True, kw_only=True):
    """Find the app, import it and serve it on the inherited socket.

    The fields mean the same as in `Settings`; `port` and `url` are those of the socket. `first` is
    true until a load has succeeded. `pin` is the session's, the same for each generation, so that
    an unlocked browser stays unlocked. It is None in a `Preload` and a `HeadStart`. With `keep_all`
    no event may be dropped: if too many come, the app waits for the session. With `migrations` a
    Django project reports those that are not applied. `advice` is what to type if the app imports a
    `{module}` that is not installed, empty if unknown. With `trace` record what requests call.
    `send_token` is in the header `SEND_HEADER` of the requests that the session sends.
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
    env_files: bool = True
    main: Main | None = None
    pin: SessionPin | None = None
    trusted_hosts: tuple[str, ...] = ()
    keep_all: bool = False
    migrations: bool = False
    advice: str = ""
    trace: bool = False
    send_token: str = ""


class Preload(Order, frozen=True, kw_only=True):
    """Import these names ahead of the order `Load`, which will be like `load`.

    `roots` and `search_path` are those of the last load's `ImportsTraced`.
    """

    load: Load
    roots: tuple[str, ...]
    search_path: str


class HeadStart(Order, frozen=True, kw_only=True):
    """Begin to load before the order `Load`, which will be like `load`, and pause in time.

    `before` are the files that may change: pause before the first of their modules runs, or when
    the app is loaded. Answer with `HeadStartChecked` then, and after each `LoadSoon`.
    """

    load: Load
    before: tuple[str, ...]


class LoadSoon(Order, frozen=True, kw_only=True):
    """`Load` follows as soon as the process before has ended: check now what can be checked."""


class Stop(Order, frozen=True, kw_only=True):
    """Stop accepting, let requests in flight finish within `grace_ms`, and end."""

    grace_ms: int


class TellFiles(Order, frozen=True, kw_only=True):
    """Answer with what the load has read and written until now (`FilesRead`)."""


class SetLive(Order, frozen=True, kw_only=True):
    """Put the script that follows saves into pages, or stop doing so (`on`).

    A descriptor comes with it: hand over the script's connections through it. `key` is in the
    pages, and admits them to the session. `saves` counts the saves that needed no new process; it
    is in the pages too. With `console` the pages get the app's log. The answer is `LiveSet`.
    """

    on: bool
    key: str
    saves: int
    console: bool = False


class FilesSaved(Order, frozen=True, kw_only=True):
    """These files were saved in folders of `TemplatesFound`. No new process is needed for them."""

    paths: tuple[str, ...]


class ShowLocals(Order, frozen=True, kw_only=True):
    """Answer with the local variables of a frame (`LocalsShown`).

    `exception` is the path to the exception in the error, and `frame` the number in its `frames`.
    Secrets are masked unless `reveal`.
    """

    ask_id: str
    error_id: str
    exception: tuple[int, ...]
    frame: int
    reveal: bool = False


class Evaluate(Order, frozen=True, kw_only=True):
    """Run `source`, an expression or statements, in a frame and answer with `Evaluated`.

    `exception` and `frame` are as in `ShowLocals`.
    """

    ask_id: str
    error_id: str
    exception: tuple[int, ...]
    frame: int
    source: str


class Complete(Order, frozen=True, kw_only=True):
    """Answer with the names that complete a typed one (`Completed`); no code of the app runs.

    `path` has the names before the last dot, none for a name of the frame. `prefix` is the typed
    part of the last name. `exception` and `frame` are as in `ShowLocals`.
    """

    ask_id: str
    error_id: str
    exception: tuple[int, ...]
    frame: int
    path: tuple[str, ...]
    prefix: str


class Interrupt(Order, frozen=True, kw_only=True):
    """Raise KeyboardInterrupt in the evaluation of that `ask_id`, unless it has ended.

    If that does not end it, because it waits in a call written in C, it stays in its thread, and
    the answer says that it was interrupted.
    """

    ask_id: str


class ShowStack(Order, frozen=True, kw_only=True):
    """Answer with the current stack of a running request's thread (`StackShown`)."""

    ask_id: str
    request_id: str


class ShowRoutes(Order, frozen=True, kw_only=True):
    """Answer with the routes of the app (`RoutesShown`)."""

    ask_id: str


class CheckProfiler(Order, frozen=True, kw_only=True):
    """Answer whether requests can be profiled (`ProfilerChecked`)."""

    ask_id: str


class TerminalGranted(Order, frozen=True, kw_only=True):
    """The terminal is yours: your process group is in its foreground."""

    ask_id: str


class TerminalRefused(Order, frozen=True, kw_only=True):
    """The app cannot have the terminal; `reason` is a sentence for people."""

    ask_id: str
    reason: str


AnyOrder: TypeAlias = (
    Load
    | Preload
    | HeadStart
    | LoadSoon
    | Stop
    | TellFiles
    | SetLive
    | FilesSaved
    | ShowLocals
    | Evaluate
    | Complete
    | Interrupt
    | ShowStack
    | ShowRoutes
    | CheckProfiler
    | TerminalGranted
    | TerminalRefused
)
