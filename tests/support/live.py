"""A real session for tests, on a loop in a thread of its own; every wait has a deadline."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from http.client import HTTPException
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlsplit

import psutil

from devtui.config.settings import Settings
from devtui.events import (
    AnyEvent,
    AppFailed,
    DebuggerReady,
    ErrorRaised,
    LogWritten,
    Reloaded,
    RequestFinished,
    ServerStarted,
    Serving,
    StateChanged,
)
from devtui.session.session import Session
from devtui.session.state import State
from tests.support.client import Answer, request, send_raw
from tests.support.processes import DEADLINE, alive, eventually

T = TypeVar("T")


class Live:
    """A running session, all of its events, and a client for the app that it serves.

    As a context manager it starts the session. At the end it asserts that the session closes within
    the deadline and leaves no server process.
    """

    def __init__(self, settings: Settings) -> None:
        self.session = Session(settings)
        self.events: list[AnyEvent] = []
        self._by_kind: defaultdict[type, list[AnyEvent]] = defaultdict(list)
        self._news = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="session")

    def __enter__(self) -> Live:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            with self._news:
                self._failure = error
                self._news.notify_all()

    async def _main(self) -> None:
        self.session.bus.subscribe(self._heard)
        self.session.launch()
        with self._news:
            self._loop = asyncio.get_running_loop()
            self._news.notify_all()
        await self.session.run()

    def _heard(self, event: AnyEvent) -> None:
        with self._news:
            self.events.append(event)
            self._by_kind[type(event)].append(event)
            self._news.notify_all()

    # -- waiting -----------------------------------------------------------------------------

    def until(self, condition: Callable[[], T | None], timeout: float = DEADLINE) -> T:
        """Wait until `condition` is true, and return its result; it is checked after each event.

        By then the session has handled the last event completely.
        """
        deadline = time.monotonic() + timeout
        with self._news:
            while not (result := condition()):
                if self._failure is not None:
                    raise AssertionError("the session failed") from self._failure
                left = deadline - time.monotonic()
                assert left > 0, f"nothing after {timeout} s in {self.told()}"
                self._news.wait(left)
        self._settle()
        return result

    def _settle(self) -> None:
        """Wait for one more turn of the loop, if it still runs."""
        if self._loop is None or self._loop.is_closed():
            return
        settled = threading.Event()
        with suppress(RuntimeError):  # it has been closed meanwhile
            self._loop.call_soon_threadsafe(settled.set)
        while self._thread.is_alive() and not settled.wait(0.05):
            continue

    def wait_for(
        self,
        kind: type[T],
        where: Callable[[T], bool] = lambda event: True,
        timeout: float = DEADLINE,
    ) -> T:
        """Return the first event of that kind for which `where` holds; wait for it if necessary."""

        def find() -> T | None:
            return next((event for event in self.all(kind) if where(event)), None)

        return self.until(find, timeout)

    def wait_for_state(self, state: State) -> None:
        """Wait until the newest change of state leads to this one."""

        def reached() -> bool:
            changes = self.all(StateChanged)
            return bool(changes) and changes[-1].state == state.value

        self.until(reached)

    def serving(self, generation: int = 1) -> Serving:
        """Wait until that generation, or a later one, serves."""
        return self.wait_for(Serving, lambda event: event.generation >= generation)

    def pin(self) -> str:
        """Wait until the debugger in the browser is ready, and return its PIN."""
        pin = self.wait_for(DebuggerReady).pin
        assert pin is not None
        return pin

    def reloaded(self, failed: bool = False, count: int = 1) -> Reloaded:
        """Wait for the reload of that number, among those that failed or among the others."""

        def found() -> Reloaded | None:
            reloads = [event for event in self.all(Reloaded) if event.failed is failed]
            return reloads[count - 1] if len(reloads) >= count else None

        return self.until(found)

    def failed(self, message: str = "") -> AppFailed:
        """Wait for a load that failed with this in its message."""
        return self.wait_for(AppFailed, lambda event: message in event.message)

    def row(self, target: str, count: int = 1) -> RequestFinished:
        """Wait for the end of the request of that target; of several, the one of that number."""

        def found() -> RequestFinished | None:
            rows = [event for event in self.all(RequestFinished) if event.target == target]
            return rows[count - 1] if len(rows) >= count else None

        return self.until(found)

    def visit(self, target: str, method: str = "GET", **options: Any) -> RequestFinished:
        """Make a request, however it ends, and wait for its row."""
        before = len(self.all(RequestFinished))
        with suppress(HTTPException, ConnectionError):
            self.request(method, target, **options)

        def found() -> RequestFinished | None:
            rows = self.all(RequestFinished)[before:]
            return next((row for row in rows if row.target == target), None)

        return self.until(found)

    def line(self, text: str) -> LogWritten:
        """Wait for a line of output with this in it."""
        return self.wait_for(LogWritten, lambda event: text in event.text)

    # -- events so far -----------------------------------------------------------------------

    def all(self, kind: type[T]) -> list[T]:
        """The events of that kind so far."""
        with self._news:
            return cast("list[T]", [*self._by_kind[kind]])

    def lines(self, text: str = "") -> list[LogWritten]:
        """The lines of output so far with this in them."""
        return [event for event in self.all(LogWritten) if text in event.text]

    def errors(self, message: str) -> list[ErrorRaised]:
        """The errors so far with this in their text."""
        return [event for event in self.all(ErrorRaised) if message in event.error.text]

    def told(self) -> str:
        """The last events, for the message of a failing test."""
        return "\n".join(repr(event)[:300] for event in self.events[-40:])

    # -- doing -------------------------------------------------------------------------------

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call one of the session's methods on its loop, and wait until it has returned."""

        async def call() -> None:
            function(*arguments)

        self.run(call())

    def run(self, coroutine: Coroutine[Any, Any, T], timeout: float = DEADLINE) -> T:
        """Run a coroutine on the session's loop, and return its result."""
        loop = self.until(lambda: self._loop)
        future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, loop)
        return future.result(timeout)

    def stall(self, seconds: float) -> None:
        """Keep the session from reading for a while, so that much comes at once; does not wait."""
        loop = self.until(lambda: self._loop)
        loop.call_soon_threadsafe(time.sleep, seconds)

    def close(self, timeout: float = DEADLINE) -> float:
        """Close the session; returns how many seconds that took."""
        began = time.monotonic()
        if self._thread.is_alive():
            self.call(self.session.close)
            self._thread.join(timeout)
        assert not self._thread.is_alive(), f"open after {timeout} s: {self.told()}"
        took = time.monotonic() - began
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise AssertionError("the session failed") from failure
        left = [pid for event in self.all(ServerStarted) if alive(pid := event.pid)]
        assert not left, f"server processes are left: {left}"
        return took

    # -- the client --------------------------------------------------------------------------

    def get(self, target: str = "/", **options: Any) -> Answer:
        """GET the target from where the session serves now."""
        return self.request("GET", target, **options)

    def request(
        self,
        method: str,
        target: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Answer:
        """One request and its whole response; redirects are not followed."""
        return request(self.session.url, method, target, body, headers or {}, **options)

    def connect(self) -> socket.socket:
        """A bare connection to where the session serves now."""
        return socket.create_connection(self.address(), timeout=DEADLINE)

    def send_raw(self, data: bytes) -> bytes:
        """Send bytes that no honest client would, and read until the server closes."""
        host, port = self.address()
        return send_raw(port, data, host)

    def refuses(self) -> bool:
        """Whether a connection is refused."""
        try:
            self.connect().close()
        except ConnectionRefusedError:
            return True
        return False

    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.session.url)
        return cast(str, parts.hostname), cast(int, parts.port)


class Serve(Protocol):
    """Starts a session; see the fixture `serve`."""

    def __call__(self, source: str | dict[str, str], app: str = "app", **settings: Any) -> Live: ...


def until_warm(live: Live) -> None:
    """Wait until the standby has imported what it can, and is idle."""
    assert eventually(lambda: live.session.generations.standby_pid), "there is no standby"
    still, before = 0, -1.0

    def rests() -> bool:
        nonlocal still, before
        process = psutil.Process(live.session.generations.standby_pid)
        times = process.cpu_times()
        now = times.user + times.system
        # A process that waits for the disk is amid an import, for however long.
        asleep = process.status() == psutil.STATUS_SLEEPING and now > 0.03
        still = still + 1 if asleep and now == before else 0
        before = now
        return still >= 10

    assert eventually(rests), "the standby is never warm"
