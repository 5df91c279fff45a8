"""Events about a server process: started, loaded, serving, ended."""

from typing import Literal

from devtui.events.event import Event
from devtui.events.parts import Error, ModuleTime, SourceFile


class ServerStarted(Event, frozen=True, kw_only=True):
    """A server process was started; it has not loaded the app yet.

    `python` is the program that runs it, empty for devtui's own.
    """

    pid: int
    python: str = ""


class AppLoaded(Event, frozen=True, kw_only=True):
    """The app was found and imported.

    `app` is what to type to get it (`hello:app`), `framework` the class it is an instance of
    (`flask.Flask`). `sources` are the files of the loaded modules that are the user's own, and
    the env files; `slowest` are the modules that took longest to import, the slowest first.
    `settings_module` has the settings of a Django project that `manage.py` alone names.
    """

    app: str
    framework: str
    file: str
    duration_ms: float
    module_count: int
    sources: tuple[str, ...] = ()
    slowest: tuple[ModuleTime, ...] = ()
    settings_module: str = ""


class AppFailed(Event, frozen=True, kw_only=True):
    """The app could not be found or imported.

    With `reload` the process stays and serves the error. Without it, this is the first load, and
    the process ends. `message` is one sentence for people. `error` is the traceback; it has no
    exceptions if none was raised (no such app). `error_id` is as in `ErrorRaised`.
    """

    reload: bool
    message: str
    error: Error
    duration_ms: float
    sources: tuple[str, ...] = ()
    error_id: str = ""


class Serving(Event, frozen=True, kw_only=True):
    """The server answers at `url`."""

    url: str
    pid: int


class DebuggerReady(Event, frozen=True, kw_only=True):
    """The debugger for the browser was made. `pin` unlocks it, or is None if it needs none.

    `pin_cookie` is the name of the cookie that keeps a browser unlocked. The session repeats this
    event only when one of the two has changed.
    """

    pin: str | None = None
    pin_cookie: str | None = None


class PinAttempted(Event, frozen=True, kw_only=True):
    """Somebody has typed the debugger's PIN.

    `failed_count` is how often in a row it was wrong, in the whole session; 0 if it was right.
    """

    failed_count: int


class ServerExited(Event, frozen=True, kw_only=True):
    """A server process has ended: by itself with `exit_code`, or by `signal` (its name).

    `expected` is true if devtui ended it, or if it has ended because its first load failed.
    """

    pid: int
    exit_code: int | None = None
    signal: str | None = None
    expected: bool = False


class ServerSuspended(Event, frozen=True, kw_only=True):
    """A signal has stopped a server process, which answers nothing until it goes on."""

    pid: int
    signal: str


class ServerContinued(Event, frozen=True, kw_only=True):
    """A server process that a signal had stopped goes on."""

    pid: int


class ImportsTraced(Event, frozen=True, kw_only=True):
    """What a load took from outside the project, for the next process to import ahead.

    `roots` are the names that the user's code imported, in order, up to the point where it changed
    something for the whole process. `changed` says what that is, or is empty. `search_path` is the
    folder that the app's modules are found in, empty if none of them is the user's. `ahead` is how
    many names had been imported ahead of this load, if known; they brought `ahead_modules` modules
    and took `ahead_ms`.
    """

    roots: tuple[str, ...]
    search_path: str
    changed: str = ""
    ahead: int | None = None
    ahead_modules: int = 0
    ahead_ms: float = 0.0


class StandbyUnfit(Event, frozen=True, kw_only=True):
    """The imports ahead do not fit this load, which begins again without them."""

    reason: str


class HeadStartChecked(Event, frozen=True, kw_only=True):
    """A load that was begun before its order has come to its pause, or was checked there.

    `reason` says why it cannot be used, empty if it can. `module_count` modules were imported in
    `duration_ms`. `stopped_at` is the file before which it waits, or what the app is about to do,
    or empty if the whole app is loaded. If it is `spent`, it can never be used, and `stopped_at` is
    the file that ran then.
    """

    reason: str
    module_count: int
    duration_ms: float
    spent: bool = False
    stopped_at: str = ""


class FilesRead(Event, frozen=True, kw_only=True):
    """Which files the load has read and written, until now or (`ended_ns`) until its end.

    `children` says whether it has started other programs, which may have written more. The session
    alone uses it.
    """

    read: tuple[SourceFile, ...]
    written: tuple[str, ...]
    children: bool
    failed: bool = False
    ended_ns: int = 0


class ProjectChecked(Event, frozen=True, kw_only=True):
    """What a Django project's system checks or its migrations say; `text` is empty if all is well.

    The session makes a row of the log from it if it is news.
    """

    topic: Literal["checks", "migrations"]
    text: str
    level: str = "WARNING"


class TemplatesFound(Event, frozen=True, kw_only=True):
    """The folders of a Django project's templates and translations, whose changes it wants to hear.

    The session answers changes in them with `FilesSaved`. `awaited` are folders of the project's
    apps that do not exist; Django looks for them once, so one that appears means a reload.
    """

    folders: tuple[str, ...]
    awaited: tuple[str, ...] = ()


class LiveSet(Event, frozen=True, kw_only=True):
    """`SetLive` was obeyed, and all orders before it: pages get that number of `saves` now.

    While live is `on`, they also get the script.
    """

    on: bool
    saves: int


class PageLeftAlone(Event, frozen=True, kw_only=True):
    """A page did not get the script that follows saves; `reason` says why in a part of a sentence.

    The session makes a row of the log from it, once.
    """

    reason: str


class EventsDropped(Event, frozen=True, kw_only=True):
    """The server process could not send `count` events, because nobody read them in time."""

    count: int
