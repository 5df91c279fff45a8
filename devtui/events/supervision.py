"""Events of the session itself: its state, changed files, reloads, the port."""

from datetime import datetime

from devtui.events.event import Event
from devtui.events.parts import Holder, ModuleTime, RefusalReason


class StateChanged(Event, frozen=True, kw_only=True):
    """The session went from one state to another; the values are those of `session.State`."""

    state: str
    previous: str
    reason: str = ""


class FilesChanged(Event, frozen=True, kw_only=True):
    """Watched files changed. `raw_count` is the number of raw notices merged into this one."""

    paths: tuple[str, ...]
    raw_count: int


class Reloaded(Event, frozen=True, kw_only=True):
    """A new generation answers in place of an older one.

    `cause` is a few words for people; `failed` means that it serves its own load's error.
    `duration_ms` counts from the moment the cause was seen. After `stopped_ms` of it the old
    process was gone, and after `loaded_ms` the app was loaded. `standby` is true if the process had
    been started ahead: it had imported `ahead_modules` modules in `ahead_ms`, and the waiting
    processes took `ahead_bytes` of memory. With `loaded_ahead` it had also begun to load the app,
    up to `ahead_until` (a file, or what the app does next), or to the end. `stepped_back` says why
    no more was done ahead. `raw_count` is the number of notices merged. `seen_ms` is the time from
    the newest write to the moment it was seen, 0 if unknown. `slowest` is as in `AppLoaded`.
    `looping` is the file that the app itself seems to change each time it loads, empty if there is
    none.
    """

    cause: str
    paths: tuple[str, ...]
    duration_ms: float
    failed: bool = False
    stopped_ms: float = 0.0
    loaded_ms: float = 0.0
    standby: bool = False
    stepped_back: str = ""
    ahead_modules: int = 0
    ahead_ms: float = 0.0
    ahead_bytes: int = 0
    loaded_ahead: bool = False
    ahead_until: str = ""
    raw_count: int = 0
    seen_ms: float = 0.0
    slowest: tuple[ModuleTime, ...] = ()
    looping: str = ""


class ControlUsed(Event, frozen=True, kw_only=True):
    """A script or an agent has asked for a change.

    `client` is the name that it gives itself, and `text` describes the change in a few words.
    """

    client: str
    verb: str
    text: str


class HoldBegan(Event, frozen=True, kw_only=True):
    """`holder` keeps saves from causing reloads, at most `until` that time."""

    holder: str
    until: datetime


class HoldEnded(Event, frozen=True, kw_only=True):
    """Saves cause reloads again. All saves made meanwhile become one reload."""

    holder: str
    reason: str


class PagesFollowing(Event, frozen=True, kw_only=True):
    """`count` pages in browsers are connected. They follow saves while live is `on`."""

    count: int
    on: bool


class DashboardsAttached(Event, frozen=True, kw_only=True):
    """`count` further dashboards show this session, in terminals of their own."""

    count: int


class PortBusy(Event, frozen=True, kw_only=True):
    """The session could not get the port.

    `message` says why, and `reason` says it in one word. `holders` are the known holders, and
    `warnings` are other facts about them. `next_free_port` is the nearest free port.
    """

    host: str
    port: int
    message: str
    holders: tuple[Holder, ...] = ()
    reason: RefusalReason = "busy"
    warnings: tuple[str, ...] = ()
    next_free_port: int | None = None
