"""The present facts of a session, beside its events, for an attached dashboard."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import structs

from devtui.config.preferences import Preferences
from devtui.config.settings import Settings
from devtui.events import CALLS, AppFailed, AppLoaded, Main
from devtui.session.session import Session


class SessionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts. They change seldom, and are sent whole.

    `identity` is drawn for each session. Times are those of the machine's monotonic clock, which
    all its processes share. `terminal` says what the app uses the first terminal for; empty if
    it does not. Without `may_evaluate` no code may be run from here, and there is no `pin`.
    """

    identity: str
    pid: int
    state: str
    generation: int
    server_pid: int | None
    pin: str | None
    may_evaluate: bool
    app: str | None
    folder: str
    host: str
    port: int
    cert: str | None
    debug: bool
    debugger: bool
    reload: bool
    live: bool
    in_code: bool
    python_name: str
    listens: bool
    pages_follow: bool
    page_count: int
    held_by: str | None
    loaded: AppLoaded | None
    failure: AppFailed | None
    crash: str
    outdated_by: tuple[str, ...]
    loading_since: float | None
    serving_since: float | None
    dashboards_attached: int
    control_uses: int
    events_dropped: int
    ignored: tuple[tuple[str, str], ...]
    pinned: tuple[str, ...]
    terminal: str

    def settings(self, preferences: Preferences | None) -> Settings:
        """Return the settings of the session that a dashboard reads."""
        return Settings(
            app=self.app,
            folder=Path(self.folder),
            host=self.host,
            port=self.port,
            cert=self.cert,
            debug=self.debug,
            debugger=self.debugger,
            reload=self.reload,
            live=self.live,
            main=Main("module", "") if self.in_code else None,
            python_name=self.python_name,
            preferences=preferences,
        )


class Greeting(msgspec.Struct, frozen=True):
    """What a dashboard needs before it can be drawn: its keys and colours, and the facts."""

    facts: SessionFacts
    preferences: Preferences | None


def facts_of(session: Session, identity: str, pid: int, *, may_evaluate: bool) -> SessionFacts:
    """Return the facts of a session."""
    settings, served, store = session.settings, session.served, session.store
    loaded, failure, holder = served.loaded, served.failure, session.terminal.holder
    return SessionFacts(
        identity=identity,
        pid=pid,
        state=session.state.value,
        generation=session.generation,
        server_pid=session.generations.pid,
        pin=session.generations.pin if may_evaluate else None,
        may_evaluate=may_evaluate,
        app=settings.app,
        folder=str(settings.folder.resolve()),
        host=settings.host,
        port=settings.port,
        cert=settings.cert,
        debug=settings.debug,
        debugger=settings.debugger,
        reload=settings.reload,
        live=settings.live,
        in_code=settings.main is not None,
        python_name=settings.python_name,
        listens=session.listener.is_open,
        pages_follow=session.live.on,
        page_count=session.live.count,
        held_by=session.hold.holder if session.hold.active else None,
        loaded=None if loaded is None else structs.replace(loaded, sources=()),
        failure=None if failure is None else structs.replace(failure, sources=()),
        crash=served.crash,
        outdated_by=served.outdated_by,
        loading_since=served.loading_since,
        serving_since=served.serving_since,
        dashboards_attached=store.dashboards_attached,
        control_uses=store.control_uses,
        events_dropped=store.events_dropped,
        ignored=tuple(store.ignored.items()),
        pinned=session.replays.pins.ids,
        terminal="" if holder is None else CALLS.get(holder.purpose, holder.program),
    )


def differing_version(here: str, there: str) -> str:
    """Say that a dashboard of one version cannot show a session of another; empty if it can."""
    if here == there:
        return ""
    return (
        f"This is devtui {here}, but devtui {there} is running: attach with that version, or "
        "restart it with this one."
    )
