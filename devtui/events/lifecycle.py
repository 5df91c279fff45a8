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

    `app` is what to type to get it (`hello:app`), and `framework` is its class (`flask.Flask`).
    `sources` are the files of the user's own modules that were loaded, and the env files.
    `slowest` are the modules that took longest to import, the slowest first. `settings_module` is
    the settings module of a Django project that only `manage.py` names.
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
    exceptions if none was raised, as when there is no such app. `error_id` is as in `ErrorRaised`.
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

    `failed_count` is the number of wrong PINs in a row, in the whole session; 0 if it was right.
    """

    failed_count: int


class ServerExited(Event, frozen=True, kw_only=True):
    """A server process has ended: by itself with `exit_code`, or by `signal` (its name).

    `expected` is true if devtui ended it, or if it ended because its first load failed.
    """

    pid: int
    exit_code: int | None = None
    signal: str | None = None
    expected: bool = False


class ServerSuspended(Event, frozen=True, kw_only=True):
    """A signal has stopped a server process. It answers nothing until it continues."""

    pid: int
    signal: str


class ServerContinued(Event, frozen=True, kw_only=True):
    """A server process that a signal had stopped continues."""

    pid: int


class ImportsTraced(Event, frozen=True, kw_only=True):
    """What a load imported from outside the project, so that the next process can import it ahead.

    `roots` are the names that the user's code imported, in order, up to the point where it changed
    something for the whole process. `changed` says what it changed, empty if nothing.
    `search_path` is the folder of the app's modules, empty if none of them is the user's. `ahead`
    is the number of names that had been imported ahead of this load, if known; they brought
    `ahead_modules` modules and took `ahead_ms`.
    """

    roots: tuple[str, ...]
    search_path: str
    changed: str = ""
    ahead: int | None = None
    ahead_modules: int = 0
    ahead_ms: float = 0.0


class StandbyUnfit(Event, frozen=True, kw_only=True):
    """The modules imported ahead do not fit this load. It begins again without them."""

    reason: str


class HeadStartChecked(Event, frozen=True, kw_only=True):
    """A head start has reached its pause, or was checked there.

    `reason` says why it cannot be used, empty if it can. It imported `module_count` modules in
    `duration_ms`. It waits before `stopped_at`: a file, or what the app is about to do; empty if
    the whole app is loaded. If it is `spent`, it can never be used, and `stopped_at` is the file
    that was running.
    """

    reason: str
    module_count: int
    duration_ms: float
    spent: bool = False
    stopped_at: str = ""


class FilesRead(Event, frozen=True, kw_only=True):
    """The files that the load has read and written until now, or until its end at `ended_ns`.

    `children` says whether it has started other programs, which may have written more. Only the
    session uses this event.
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
    """The folders of a Django project's templates and translations, which Django wants watched.

    The session answers changes in them with `FilesSaved`. `awaited` are folders of the project's
    apps that do not exist yet. Django looks for them once, so a new one means a reload.
    """

    folders: tuple[str, ...]
    awaited: tuple[str, ...] = ()


class LiveSet(Event, frozen=True, kw_only=True):
    """`SetLive` was obeyed, and so were all orders before it.

    Pages have this number of `saves` now. While live is `on`, they also have the script.
    """

    on: bool
    saves: int


class PageLeftAlone(Event, frozen=True, kw_only=True):
    """A page did not get the script that follows saves. `reason` is the rest of a sentence.

    The session makes one row of the log from it.
    """

    reason: str


class EventsDropped(Event, frozen=True, kw_only=True):
    """The server process could not send `count` events, because nobody read them in time."""

    count: int
