"""The two top lines: the app, its address, and the state of the server process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from devtui.dashboard.clock import Clock
from devtui.dashboard.keys.commands import in_force
from devtui.session.state import State
from devtui.text import formats
from devtui.text.sanitize import visible

if TYPE_CHECKING:
    from devtui.dashboard.widgets.usage import Usage
    from devtui.session.shown_session import ShownSession

NOT_FOR_PRODUCTION = "development server, not for production"
OPEN = "open to the network"
OPEN_WITH_DEBUGGER = "debugger open to the network"
ROOM_FOR_BOTH = 160
SAMPLE_SECONDS = 2.0
UPTIME_STEP = 5
"""How often the uptime changes in the first minute, in seconds. More often would be half of an idle
screen's work. Only the first seconds are counted singly: people look there after a reload."""

ROOM_FOR_SERVER = 60
"""The least width of a terminal that shows all of `NOT_FOR_PRODUCTION`."""

TENTH = 0.1

_BADGES = {
    State.STARTING: "primary",
    State.RELOADING: "primary",
    State.SERVING: "success",
    State.SERVING_ERROR: "error",
    State.PORT_BUSY: "warning",
    State.FAILED: "error",
    State.CRASHED: "error",
    State.STOPPED: "foreground-muted",
    State.SUSPENDED: "error",
}

_NOT_LISTENING = frozenset({State.PORT_BUSY, State.FAILED, State.STOPPED})


_SHORT_NAMES = {"generation": "gen", "memory": "", "python": ""}
_LEAST_IMPORTANT_FIRST = (
    *("generation", "CPU", "up", "memory", "pid", "python", "live", "PIN", "agent:", "attached:"),
)


class Facts(msgspec.Struct, frozen=True):
    """The words of the header; equal ones look the same and are not redrawn."""

    app: str
    framework: str
    state: State
    leaving: bool
    url: str
    debug: bool
    details: tuple[tuple[str, str], ...]  # (name, value), each shown if there is room
    notice: str
    exposed: str = ""  # the warning if other machines can reach the server
    elsewhere: str = ""  # the URL for another machine, such as a phone
    usage: tuple[tuple[str, str], ...] = ()
    attached: bool = False  # to a session that another process runs


def _uptime_step(up: float) -> int:
    """Return the seconds between two changes of the uptime."""
    if up < 60:
        return 1 if up < UPTIME_STEP else UPTIME_STEP
    return 60


def facts_of(session: ShownSession, now: float, leaving: bool = False) -> Facts:
    """Put the session's facts into words; `now` is the monotonic time."""
    app = session.served.loaded
    name = app.app if app is not None else session.settings.app or "looking for the app"
    details = [("pid", str(session.generations.pid))] if session.generations.pid is not None else []
    if session.generation:
        details.append(("generation", str(session.generation)))
    if session.served.serving_since is not None and session.state.answers:
        up = now - session.served.serving_since
        details.append(("up", formats.uptime(up - up % _uptime_step(up))))
    if session.settings.python_name:
        details.append(("python", visible(session.settings.python_name, 60)))
    if session.generations.pin:
        details.append(("PIN", visible(session.generations.pin, 40)))
    if session.live.on and session.live.count:
        details.append(("live", str(session.live.count)))
    elif session.settings.debug and not session.live.on:
        details.append(("live", "off"))
    if uses := session.store.control_uses:
        details.append(("agent:", formats.count(uses, "request")))
    if attached := session.store.dashboards_attached:
        details.append(("attached:", formats.count(attached, "dashboard")))
    return Facts(
        app=visible(name, 120),
        framework=visible(_framework(app.framework), 60) if app is not None else "",
        state=session.state,
        leaving=leaving,
        url=visible(session.url, 200),
        debug=session.settings.debug,
        details=tuple(details),
        notice=_notice(session, now),
        exposed=_exposed(session),
        elsewhere=visible(session.url_elsewhere, 200),
        attached=session.attachment is not None,
    )


def _notice(session: ShownSession, now: float) -> str:
    """Return a note on what is going on, or what the user can do."""
    if session.attachment is not None and session.attachment.notice:
        return visible(session.attachment.notice, 160)
    if session.state is State.SUSPENDED:
        return f"suspended by a signal: {in_force.key('restart')} restarts it"
    if session.state is State.CRASHED:
        return f"a save or {in_force.key('restart')} starts the server again"
    if session.state is State.PORT_BUSY:
        who, other = in_force.key("holders"), in_force.key("port")
        return f"{who} shows who holds the port, {other} takes another one"
    if session.served.loading_since is not None:
        return f"loading for {formats.running_time((now - session.served.loading_since) * 1000)}"
    if session.served.not_found:
        return f"{in_force.key('restart')} asks for the app's name again"
    if session.hold.active:
        ends = in_force.key("restart")
        return visible(f"{session.hold.holder} holds reloads: {ends} ends that", 120)
    if session.served.outdated_by:
        name = PurePath(session.served.outdated_by[-1]).name
        restart = in_force.key("restart")
        return visible(f"{name} was saved: {restart} restarts with the new code", 120)
    return ""


def _exposed(session: ShownSession) -> str:
    settings = session.settings
    if settings.is_loopback or session.state in _NOT_LISTENING:
        return ""
    return OPEN_WITH_DEBUGGER if settings.debugger else OPEN


def _framework(name: str) -> str:
    """Return the package and the class: `flask.Flask` for `flask.app.Flask`."""
    package, _, rest = name.partition(".")
    return f"{package}.{rest.rpartition('.')[2]}" if rest else package


def header_lines(facts: Facts, width: int) -> Content:
    """Return the two lines; if they do not fit, the least important facts go first."""
    return Content("\n").join([_first_line(facts, width), _second_line(facts, width)])


def _first_line(facts: Facts, width: int) -> Content:
    state = "leaving" if facts.leaving else facts.state.value
    state = f"attached, {state}" if facts.attached else state
    badge = Content.styled(f" {state.upper()} ", f"bold $background on ${_BADGES[facts.state]}")
    on = facts.debug
    debug = Content.assemble(
        ("debug ", "$foreground 55%"),
        ("on" if on else "off", "$text-success" if on else "$foreground 55%"),
    )
    url = Content.styled(facts.url, "$text-accent underline") if facts.url else Content()
    name = Content.styled(facts.app, "bold")
    framework = Content.styled(facts.framework, "$foreground 55%")
    elsewhere = Content.styled(facts.elsewhere, "$text-accent underline")
    for parts in (
        [name, framework, badge, url, elsewhere],
        [name, badge, url, elsewhere],
        [badge, url, elsewhere, name],
        # This machine can use the address for other machines, too.
        *([[name, badge, elsewhere]] if facts.elsewhere else []),
        [name, framework, badge, url],
        [name, badge, url],
        [badge, url, name],
    ):
        left = Content("  ").join(part for part in parts if part.cell_length)
        if left.cell_length + debug.cell_length + 4 <= width:
            break
    return _both_ends(left, debug, width)


def _second_line(facts: Facts, width: int) -> Content:
    warning = _warning(facts, width)
    notice = [Content.styled(facts.notice, "bold $text-primary")] if facts.notice else []
    details = [*facts.details, *facts.usage]
    for gap, names in ((3, {}), (2, _SHORT_NAMES)):
        left = Content(" " * gap).join([*notice, *(_pair(*pair, names) for pair in details)])
        if left.cell_length + warning.cell_length + 4 <= width:
            return _both_ends(left, warning, width)
    for name in _LEAST_IMPORTANT_FIRST:
        details = [pair for pair in details if pair[0] != name]
        left = Content("  ").join([*notice, *(_pair(*pair, _SHORT_NAMES) for pair in details)])
        if left.cell_length + warning.cell_length + 4 <= width:
            break
    if facts.exposed and left.cell_length + warning.cell_length + 4 > width:
        left = Content()  # only the warning has to stay
    return _both_ends(left, warning, width)


def _warning(facts: Facts, width: int) -> Content:
    words = (
        NOT_FOR_PRODUCTION if width >= ROOM_FOR_SERVER else NOT_FOR_PRODUCTION.partition(", ")[2]
    )
    usual = Content.styled(words, "$foreground 55%")
    if not facts.exposed:
        return usual
    exposed = Content.styled(f" {facts.exposed.upper()} ", "bold $background on $warning")
    return Content("  ").join([usual, exposed]) if width >= ROOM_FOR_BOTH else exposed


def _pair(name: str, value: str, names: Mapping[str, str]) -> Content:
    name = names.get(name, name)
    return Content.assemble((f"{name} " if name else "", "$foreground 55%"), value)


def _both_ends(left: Content, right: Content, width: int) -> Content:
    gap = width - 2 - left.cell_length - right.cell_length
    if gap < 1:
        return Content.assemble(" ", left.truncate(max(width - 2, 1), ellipsis=True))
    return Content.assemble(" ", left, " " * gap, right, " ")


class Header(Static):
    """The header; it is redrawn only if its words have changed."""

    def __init__(
        self, session: ShownSession, clock: Clock, sample: Callable[[int | None], Usage | None]
    ) -> None:
        super().__init__(markup=False)
        self._leaving = False
        self._session = session
        self._clock = clock
        self._sample = sample
        self._usage: tuple[tuple[str, str], ...] = ()
        self._shown: tuple[Facts, int] | None = None
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        """Start the samples and the timer."""
        self.set_interval(SAMPLE_SECONDS, self._take_sample)
        self.call_after_refresh(self._take_sample)  # which imports psutil, after the first frame

    def on_resize(self) -> None:
        """Lay out the words for the new width."""
        self.look()

    def show_leaving(self) -> None:
        """Show that the dashboard is leaving."""
        self._leaving = True
        if self.is_mounted:
            self.look()

    def look(self) -> None:
        """Read the session again, and plan the next update."""
        now = self._clock.monotonic()
        facts = structs.replace(facts_of(self._session, now, self._leaving), usage=self._usage)
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        wait = self._next_change(now)
        if wait is not None:
            self._timer = self.set_timer(wait, self.look)
        if self.size.width and (facts, self.size.width) != self._shown:
            self._shown = (facts, self.size.width)
            # The size is fixed; otherwise each tick would lay out the whole screen.
            self.update(header_lines(facts, self.size.width), layout=False)

    def _next_change(self, now: float) -> float | None:
        """Return the seconds until a shown time changes by itself."""
        if self._session.served.loading_since is not None:
            return TENTH
        if self._session.served.serving_since is None:
            return None
        up = now - self._session.served.serving_since
        unit = _uptime_step(up)
        return max(unit - up % unit, TENTH)

    def _take_sample(self) -> None:
        usage = self._sample(self._session.generations.pid)
        self._usage = ()
        if usage is not None:
            self._usage = (
                ("CPU", f"{usage.cpu_percent:.0f} %"),
                ("memory", formats.size(usage.memory_bytes)),
            )
        self.look()
