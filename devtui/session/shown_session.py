"""The parts of a session that a dashboard uses: its own session, or the one it is attached to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from devtui.config.settings import Settings
    from devtui.session.event_bus import EventBus
    from devtui.session.inspection import Questions
    from devtui.session.profiles.profiler import Profiler
    from devtui.session.replay.replays import Replays
    from devtui.session.served_app import ServedApp
    from devtui.session.state import State
    from devtui.session.store.store import Store
    from devtui.session.terminal.terminal_loan import Lender


class Attachment(Protocol):
    """The connection of a dashboard to a session that another process runs.

    `notice` says in a few words what is unusual, for the header; empty if nothing is. `why_not`
    says in a sentence why the session cannot be asked anything now. `why_not_stop` says why the
    holders of a port cannot be stopped from here.
    """

    @property
    def notice(self) -> str: ...
    @property
    def why_not(self) -> str: ...
    @property
    def why_not_stop(self) -> str: ...


class ShownHold(Protocol):
    """See `Hold`."""

    @property
    def active(self) -> bool: ...
    @property
    def holder(self) -> str: ...


class ShownPages(Protocol):
    """See `LivePages`."""

    @property
    def on(self) -> bool: ...
    @property
    def count(self) -> int: ...


class ShownProcess(Protocol):
    """See `Generations`."""

    @property
    def pid(self) -> int | None: ...
    @property
    def pin(self) -> str | None: ...


class ShownListener(Protocol):
    """See `Listener`."""

    @property
    def is_open(self) -> bool: ...


class Lends(Protocol):
    """See `TerminalLoan`."""

    def lend_by(self, lender: Lender | None) -> None:
        """Let this front end grant requests from now on."""


class ShownSession(Protocol):
    """The parts of a session that a dashboard reads and its keys call; see `Session`."""

    @property
    def attachment(self) -> Attachment | None:
        """None in the process that supervises, where leaving ends the session."""

    @property
    def bus(self) -> EventBus: ...
    @property
    def store(self) -> Store: ...
    @property
    def served(self) -> ServedApp: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def state(self) -> State: ...
    @property
    def generation(self) -> int: ...
    @property
    def generations(self) -> ShownProcess: ...
    @property
    def listener(self) -> ShownListener: ...
    @property
    def live(self) -> ShownPages: ...
    @property
    def hold(self) -> ShownHold: ...
    @property
    def url(self) -> str: ...
    @property
    def url_elsewhere(self) -> str: ...
    @property
    def questions(self) -> Questions: ...
    @property
    def replays(self) -> Replays: ...
    @property
    def profiler(self) -> Profiler: ...
    @property
    def terminal(self) -> Lends: ...

    async def run(self) -> None:
        """Work until `close` is called."""

    def close(self) -> None:
        """Make `run` end."""

    def kill(self) -> None:
        """Kill what is left, at once; the last resort."""

    def restart(self) -> None:
        """Restart the server."""

    def restart_from_nothing(self) -> None:
        """Restart the server with no standby."""

    def try_again(self) -> None:
        """Try the port again."""

    async def move(self, port: int) -> None:
        """Serve on another port. Raises `PortRefused`."""

    def set_debug(self, on: bool) -> None:
        """Turn debug mode on or off."""

    def set_live(self, on: bool) -> None:
        """Have the pages in browsers follow the saves, or not."""

    def serve_app(self, app: str) -> None:
        """Serve another app."""
