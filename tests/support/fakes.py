"""A fake session without processes: the public interface of the real one, fed with real events."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Literal, cast

from devtui.config.settings import Settings
from devtui.events import (
    AnyEvent,
    AppFailed,
    AppLoaded,
    Body,
    Call,
    CallTotal,
    Error,
    ErrorRaised,
    ExceptionData,
    Frame,
    LogWritten,
    Order,
    ProfiledLine,
    Reloaded,
    RequestFinished,
    RequestProfiled,
    RequestStarted,
    StateChanged,
)
from devtui.session.event_bus import EventBus
from devtui.session.inspection import Questions
from devtui.session.profiles.profiler import Profiler
from devtui.session.reload.hold import Hold
from devtui.session.replay.replays import Replays
from devtui.session.replay.sender import Sender
from devtui.session.served_app import ServedApp
from devtui.session.state import State
from devtui.session.store.pulse import Pulse
from devtui.session.store.store import Store
from devtui.session.terminal.app_tty import AppTty
from devtui.session.terminal.terminal_loan import TerminalLoan

# Stands for the terminal of the server process. No fake asks it for anything.
TTY = cast(AppTty, object())

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=timezone.utc)
MONOTONIC = 1000.0


class FakeGenerations:
    """Stands for the server processes."""

    def __init__(self, pid: int | None = 4242) -> None:
        self.pid = pid
        self.pin: str | None = None


class FakePages:
    """Stands for the open pages in browsers."""

    def __init__(self) -> None:
        self.on = True
        self.count = 0


class FakeListener:
    """Stands for the listening socket."""

    is_open = True


class FakeSession:
    """Takes events from the test, and records what the dashboard asks of it."""

    attachment = None

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings(app="hello:app")
        self.generation = 1
        self.bus = EventBus(lambda: self.generation)
        self.store = Store()
        self.store.pulse = Pulse(lambda: MONOTONIC)
        self.generations = FakeGenerations()
        self.listener = FakeListener()
        self.live = FakePages()
        self.url = "http://127.0.0.1:5000"
        self.url_elsewhere = ""
        self.served = ServedApp(in_code=False)
        self.served.loaded = AppLoaded(
            app="hello:app",
            framework="flask.app.Flask",
            file="/project/hello.py",
            duration_ms=120,
            module_count=80,
        )
        self.served.serving_since = MONOTONIC - 12 * 60
        self.state = State.SERVING
        self.asked: list[tuple[str, object]] = []
        self.refusal: str | None = None
        self.refused_for_ever = False
        self.ended = False
        self.end_slowly = False
        self._closed = asyncio.Event()
        self.orders: list[Order] = []
        self.questions = Questions(self._send, lambda: self.generation)
        self.terminal = TerminalLoan(self._send)
        self.hold = Hold(self.bus, lambda *saves: None, lambda *saves: None)
        self.store.subscribe_to(self.bus)
        self.questions.subscribe_to(self.bus)
        self.terminal.subscribe_to(self.bus, lambda: TTY)
        self.sender = Sender(self.bus, self.store, "token", lambda: self.url)
        self.replays = Replays(self.bus, self.store, self.sender, self.settings.folder)
        self.profiler = Profiler(self.bus, self.store, self.sender, self.questions)

    def _send(self, order: Order) -> bool:
        self.orders.append(order)
        return True

    async def run(self) -> None:
        await self._closed.wait()
        if self.end_slowly:
            await asyncio.Event().wait()
        self.ended = True

    def serve_app(self, app: str) -> None:
        self.asked.append(("serve_app", app))

    def restart_from_nothing(self) -> None:
        self.asked.append(("restart_from_nothing", None))

    def restart(self, cause: str = "restart") -> None:
        self.asked.append(("restart", cause))

    def try_again(self) -> None:
        self.asked.append(("try again", None))

    def close(self) -> None:
        self.asked.append(("close", None))
        self._closed.set()

    def kill(self) -> None:
        self.asked.append(("kill", None))

    async def move(self, port: int) -> None:
        from devtui.ports.bind import PortRefused

        self.asked.append(("move", port))
        if self.refusal is not None:
            raise PortRefused(self.refusal, busy=not self.refused_for_ever)
        self.settings = self.settings.with_port(port)
        self.url = f"http://127.0.0.1:{port}"

    def set_debug(self, on: bool) -> None:
        self.asked.append(("debug", on))
        self.settings = self.settings.with_debug(on)

    def set_live(self, on: bool) -> None:
        self.asked.append(("live", on))
        self.live.on = on

    def feed(self, *events: AnyEvent) -> None:
        """Publish events, as the session and its server processes do."""
        for event in events:
            self.bus.publish(event)

    def to(self, state: State) -> None:
        """Change the state, and publish the change."""
        previous, self.state = self.state, state
        self.feed(StateChanged(at=NOON, state=state.value, previous=previous.value))


def store_of(*events: AnyEvent) -> Store:
    """A store that has taken in these events."""
    store = Store()
    for event in events:
        store.apply(event)
    return store


def at(seconds: float) -> datetime:
    """That long after noon."""
    return NOON + timedelta(seconds=seconds)


def started(
    number: int = 1, target: str = "/", *, method: str = "GET", seconds: float = 0
) -> RequestStarted:
    return RequestStarted(
        at=at(seconds),
        generation=1,
        id=f"r{number}",
        method=method,
        target=target,
        client="127.0.0.1",
        headers=(("Host", "127.0.0.1:5000"), ("User-Agent", "curl/8.5.0"), ("Accept", "*/*")),
    )


def finished(
    number: int = 1,
    target: str = "/",
    *,
    method: str = "GET",
    status: int | None = 200,
    ms: float = 12.3,
    size: int = 1234,
    seconds: float = 0,
    cut: str = "",
    request_body: Body | None = None,
    response_body: Body | None = None,
    calls: tuple[Call, ...] = (),
    call_totals: tuple[CallTotal, ...] | None = None,
) -> RequestFinished:
    if call_totals is None:
        call_totals = totals_of(calls)
    return RequestFinished(
        at=at(seconds + ms / 1000),
        generation=1,
        id=f"r{number}",
        method=method,
        target=target,
        client="127.0.0.1",
        status=status,
        duration_ms=ms,
        size_bytes=size,
        first_byte_ms=ms / 2,
        cut=cut,
        response_headers=(("Content-Type", "application/json"), ("Content-Length", str(size))),
        request_body=request_body,
        response_body=response_body,
        calls=calls,
        call_totals=call_totals,
    )


def totals_of(calls: tuple[Call, ...]) -> tuple[CallTotal, ...]:
    """The totals of calls if all are kept."""
    kinds = dict.fromkeys(call.kind for call in calls)
    same = [[call for call in calls if call.kind == kind] for kind in kinds]
    return tuple(
        CallTotal(kind=of[0].kind, count=len(of), duration_ms=sum(call.duration_ms for call in of))
        for of in same
    )


def called(
    text: str,
    parameters: str = "",
    *,
    kind: Literal["sql", "http", "template", "cache"] = "sql",
    library: str = "sqlalchemy",
    start: float = 1.0,
    ms: float = 0.5,
    rows: int | None = None,
    result: str = "",
    place: str = "/project/shop/views.py:88",
    error: str = "",
) -> Call:
    """A call from a line of the app; it has no line if `place` is empty."""
    file, _, number = place.rpartition(":")
    frames = (
        Frame(file="/project/shop/views.py", line=31, function="index", source="", own=True),
        Frame(
            file=file,
            line=int(number or 0),
            function="rows",
            source="customer = order.customer",
            own=True,
        ),
    )
    return Call(
        kind=kind,
        library=library,
        text=text,
        parameters=parameters,
        start_ms=start,
        duration_ms=ms,
        rows=rows,
        result=result,
        file=file,
        line=int(number or 0),
        stack=frames if place else (),
        error=error,
    )


ORDERS_SQL = (
    "SELECT orders.id AS orders_id, orders.customer_id AS orders_customer_id, orders.total AS t "
    "FROM orders WHERE orders.total > ? ORDER BY orders.id LIMIT ?"
)
CUSTOMER_SQL = (
    "SELECT customers.id AS customers_id, customers.name AS customers_name, customers.city AS "
    "customers_city FROM customers WHERE customers.id = ?"
)


def n_plus_one(number: int = 1, times: int = 41, seconds: float = 0) -> list[AnyEvent]:
    """A request that asks for a customer for each of its orders."""
    calls = [
        called(
            ORDERS_SQL, "(10, 41)", start=2.0, ms=9.0, rows=41, place="/project/shop/views.py:31"
        )
    ]
    calls += [
        called(CUSTOMER_SQL, f"({n % 30},)", start=15 + n * 4.0, ms=2.0, rows=1)
        for n in range(times)
    ]
    calls += [
        called(
            "GET https://rates.example/latest?base=EUR",
            kind="http",
            library="requests",
            start=200,
            ms=80,
            result="200",
            place="/project/shop/rates.py:12",
        ),
        called(
            "orders.html",
            kind="template",
            library="jinja2",
            start=290,
            ms=20,
            place="/project/shop/views.py:40",
        ),
    ]
    return [
        started(number, "/orders", seconds=seconds),
        line(
            "41 orders",
            level="INFO",
            logger="shop.db",
            request_id=f"r{number}",
            seconds=seconds + 0.012,
        ),
        finished(number, "/orders", ms=320.0, seconds=seconds, calls=tuple(calls)),
    ]


def profiled(number: int = 1) -> RequestProfiled:
    """Where the time of `n_plus_one` went; it comes before the request's end."""

    def at(
        depth: int, function: str, ms: float, source: str = "", place: str = "flask/app.py:1"
    ) -> ProfiledLine:
        file, _, number = place.rpartition(":")
        return ProfiledLine(
            depth=depth,
            file=file if source else f"/lib/site-packages/{file}",
            line=int(number),
            function=function,
            own=bool(source),
            self_ms=ms,
            source=source,
        )

    lines = (
        ProfiledLine(depth=0, file="", line=0, function="", own=False, self_ms=6.0),
        at(1, "Flask.wsgi_app", 8.0),
        at(2, "orders", 4.0, "for order in orders:", "/project/shop/views.py:86"),
        at(3, "name_of", 60.0, "order.customer.name", "/project/shop/views.py:88"),
        at(4, "Session.execute", 82.0, place="sqlalchemy/orm/session.py:2000"),
        at(5, "Result._only_one_row", 1.0, place="sqlalchemy/engine/result.py:700"),
        at(2, "orders", 10.0, "rates = latest('EUR')", "/project/shop/views.py:38"),
        at(3, "latest", 89.0, "requests.get(URL)", "/project/shop/rates.py:12"),
        at(2, "orders", 0.0, "render_template('orders.html')", "/project/shop/views.py:40"),
        at(3, "Template.render", 60.0, place="jinja2/environment.py:1200"),
    )
    return RequestProfiled(
        request_id=f"r{number}", duration_ms=320.0, sample_count=301, lines=lines
    )


def request(number: int = 1, target: str = "/", **fields: object) -> list[AnyEvent]:
    """The start and the end of a request."""
    head = {key: fields[key] for key in ("method", "seconds") if key in fields}
    return [started(number, target, **head), finished(number, target, **fields)]  # type: ignore[arg-type]


def line(
    text: str,
    *,
    level: str | None = None,
    logger: str | None = None,
    stream: str = "stdout",
    request_id: str | None = None,
    seconds: float = 0,
) -> LogWritten:
    return LogWritten(
        at=at(seconds),
        generation=1,
        stream="log" if level else stream,  # type: ignore[arg-type]
        text=text,
        level=level,
        logger=logger,
        request_id=request_id,
    )


TRACEBACK = """\
Traceback (most recent call last):
  File "/project/venv/lib/python3.12/site-packages/flask/app.py", line 1511, in wsgi_app
    response = self.full_dispatch_request()
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/project/shop/cart.py", line 48, in total
    return sum(item.price for item in items) / len(items)
           ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~^~~~~~~~~~~~
ZeroDivisionError: division by zero
"""


def error(type_: str = "ZeroDivisionError", message: str = "division by zero") -> Error:
    packages = "/project/venv/lib/python3.12/site-packages"
    frames = (
        Frame(
            file=f"{packages}/flask/app.py",
            line=1511,
            function="Flask.wsgi_app",
            source="response = self.full_dispatch_request()",
        ),
        Frame(
            file=f"{packages}/flask/app.py",
            line=917,
            function="Flask.full_dispatch_request",
            source="rv = self.dispatch_request()",
        ),
        Frame(
            file=f"{packages}/flask/app.py",
            line=902,
            function="Flask.dispatch_request",
            source="return self.ensure_sync(self.view_functions[rule.endpoint])(**view_args)",
        ),
        Frame(
            file="/project/shop/views.py",
            line=31,
            function="show_cart",
            source='return render_template("cart.html", total=cart.total(items))',
            own=True,
        ),
        Frame(
            file="/project/shop/cart.py",
            line=48,
            function="Cart.total",
            source="return sum(item.price for item in items) / len(items)",
            own=True,
        ),
    )
    return Error(
        exceptions=(ExceptionData(type=type_, message=message, frames=frames),), text=TRACEBACK
    )


def raised(
    number: int = 1, seconds: float = 0, origin: str = "request", **fields: str
) -> ErrorRaised:
    return ErrorRaised(
        at=at(seconds),
        generation=1,
        error=error(**fields),
        origin=origin,  # type: ignore[arg-type]
        request_id=f"r{number}" if origin in ("request", "logging") else None,
        error_id=f"1-e{number}",
    )


def load_failed(seconds: float = 0, *, reload: bool = True) -> AppFailed:
    frame = Frame(file="/project/hello.py", line=12, function="", source='@app.route("/"', own=True)
    text = (
        '  File "/project/hello.py", line 12\n    @app.route("/"\n              ^\n'
        "SyntaxError: '(' was never closed\n"
    )
    return AppFailed(
        at=at(seconds),
        generation=2,
        reload=reload,
        message="While importing 'hello': SyntaxError: '(' was never closed (hello.py, line 12)",
        error=Error(
            exceptions=(
                ExceptionData(type="SyntaxError", message="'(' was never closed", frames=(frame,)),
            ),
            text=text,
        ),
        duration_ms=31.0,
    )


def reloaded(seconds: float = 0, *, failed: bool = False, generation: int = 2) -> Reloaded:
    return Reloaded(
        at=at(seconds),
        generation=generation,
        cause="hello.py changed",
        paths=("/project/hello.py",),
        duration_ms=36.4,
        failed=failed,
    )


def a_morning() -> list[AnyEvent]:
    """Some minutes of work: requests of every kind, output, reloads."""
    plan = [
        ("GET", "/", 200, 12.3, 5_120),
        ("GET", "/static/style.css", 304, 0.8, 0),
        ("GET", "/static/app.js", 200, 1.4, 48_211),
        ("POST", "/login", 302, 86.0, 209),
        ("GET", "/account?tab=orders&page=2", 200, 31.0, 18_204),
        ("GET", "/favicon.ico", 404, 0.6, 207),
        ("GET", "/api/items?limit=50", 200, 1_240.0, 120_553),
        ("DELETE", "/api/items/17", 204, 9.4, 0),
        ("GET", "/report.csv", 200, 412.0, 9_733_120),
    ]
    events: list[AnyEvent] = []
    for number, (method, target, status, ms, size) in enumerate(plan, 1):
        events += [
            started(number, target, method=method, seconds=number * 7),
            line(
                f"{method} {target} took {ms} ms",
                level="INFO",
                logger="shop.access",
                request_id=f"r{number}",
                seconds=number * 7,
            ),
            finished(
                number, target, method=method, status=status, ms=ms, size=size, seconds=number * 7
            ),
        ]
    events.insert(6, line("connected to sqlite:///shop.db", seconds=8))
    events.append(line("the cache is cold", level="WARNING", logger="shop.cache", seconds=65))
    events.append(line("DeprecationWarning: use items()", stream="stderr", seconds=66))
    events.append(reloaded(70))
    return events
