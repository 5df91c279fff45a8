"""A session as an attached dashboard sees it: what it is told, and what it asks."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from pathlib import Path

import msgspec
import pytest

from devtui.control import place
from devtui.control.attached import dashboards
from devtui.control.attached.dashboards import Follower
from devtui.control.attached.session_facts import Greeting, SessionFacts, facts_of
from devtui.control.attached.session_history import MAX_EVENT_BYTES, history_of
from devtui.control.client.link import CtlError, Link, living
from devtui.control.listening import Listening
from devtui.control.place import Found
from devtui.control.remote.remote_session import RemoteSession
from devtui.control.verbs.attaching import NO_EVALUATION
from devtui.events import LogWritten, Reloaded, StateChanged, decode_event
from devtui.ports.bind import PortRefused
from devtui.session.replay.outgoing import CannotSend
from devtui.session.session import Session
from devtui.session.state import State
from devtui.session.store.error_groups import ErrorEntry
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store
from devtui.version import __version__
from tests.control.conftest import Ask, Controlled
from tests.support.live import Live
from tests.support.processes import DEADLINE, until
from tests.support.projects import app_source, says, write

pytestmark = pytest.mark.e2e

SOURCE = app_source("agents.py")


@pytest.fixture
def live(controlled: Controlled) -> Live:
    pytest.importorskip("flask", reason="Flask is not installed")
    live = controlled(SOURCE, grace=0.1)
    live.serving()
    return live


@asynccontextmanager
async def attached() -> AsyncIterator[RemoteSession]:
    """Attach to the one devtui that listens, until everything from before is told."""
    (found,) = living()
    greeting = await asyncio.to_thread(greeting_of, found)
    remote = RemoteSession(found, msgspec.convert(greeting, Greeting))
    running = asyncio.create_task(remote.run())
    await until(lambda: not remote.why_not)
    yield remote
    remote.close()
    await asyncio.wait_for(running, DEADLINE)


def rows(store: Store) -> list[tuple[str, str, int | None]]:
    return [(one.id, one.row.target, one.row.status) for one in store.requests]


def newest_error(remote: RemoteSession) -> ErrorEntry:
    return list(remote.store.errors)[-1]


async def test_it_is_told_what_happened_and_what_happens(live: Live) -> None:
    live.visit("/bad")
    live.visit("/form", "POST", body=b"name=ada&token=t", headers={"Cookie": "a=b"})
    theirs = live.session.store
    async with attached() as remote:
        ours = remote.store
        await until(lambda: len(ours.log) == len(theirs.log))
        assert rows(ours) == rows(theirs)
        assert remote.state is State.SERVING
        assert remote.url == live.session.url
        assert remote.generations.pid == live.session.generations.pid
        assert [entry.text for entry in ours.log] == [entry.text for entry in theirs.log]
        assert [one.error for one in ours.errors] == [one.error for one in theirs.errors]
        assert ours.errors
        mine, other = list(ours.requests)[-1], list(theirs.requests)[-1]
        assert (mine.started, mine.finished) == (other.started, other.finished)
        assert ours.pulse.read() is None  # none of them ended just now
        live.visit("/count")
        await until(lambda: rows(ours) == rows(theirs) and not list(ours.requests)[-1].running)
        await until(lambda: ours.dashboards_attached == theirs.dashboards_attached == 1)
        assert ours.control_uses == theirs.control_uses == 0
        assert not [one for one in live.lines() if "attached" in one.text]  # it has only looked
    await until(lambda: theirs.dashboards_attached == 0)


async def test_it_restarts_and_moves(live: Live) -> None:
    async with attached() as remote:
        remote.restart()
        await until(lambda: remote.generation == 2 and remote.state is State.SERVING)
        await until(lambda: any(isinstance(one, Reloaded) for one in remote.store.reloads))
        assert [one.text for one in live.lines("attached dashboard")] == [
            "attached dashboard: restart the server"
        ]
        assert live.session.store.control_uses == 0  # a person, and no agent
        before = remote.settings.port
        await remote.move(0)
        await until(lambda: remote.settings.port not in (0, before))
        assert remote.url == live.session.url
        with pytest.raises(PortRefused) as refused:
            await remote.move(remote.settings.port)
        assert refused.value.busy
        remote.set_debug(False)
        await until(lambda: not remote.settings.debug)
        remote.set_live(True)
        await until(lambda: remote.live.on)
        remote.serve_app("app:app")
        await until(lambda: remote.settings.app == "app:app")
        before = remote.generation
        remote.restart_from_nothing()
        await until(lambda: remote.generation > before and remote.state is State.SERVING)


async def test_it_looks_into_frames_and_evaluates(live: Live) -> None:
    live.visit("/bad")
    async with attached() as remote:
        await until(lambda: remote.store.errors)
        error = newest_error(remote)
        frame = len(error.error.exceptions[0].frames) - 1
        shown = await remote.questions.show_locals(error, (0,), frame).answer
        assert [one.name for one in shown.variables] == ["password", "numbers"]
        value = await remote.questions.evaluate(error, (0,), frame, "sum(numbers)").answer
        assert value.value == "6"
        assert any("evaluate code" in one.text for one in live.lines("attached dashboard"))
        names = await remote.questions.complete(error, (0,), frame, (), "numb").answer
        assert names.names == ("numbers",)
        slow = remote.questions.evaluate(error, (0,), frame, "import time; time.sleep(60)")
        await asyncio.sleep(0)  # it has been sent
        remote.questions.interrupt(slow.ask_id)
        assert (await asyncio.wait_for(slow.answer, DEADLINE)).interrupted
        remote.restart()
        await until(lambda: remote.generation == 2)
        assert "generation 1" in remote.questions.why_gone(error)


async def test_it_sends_again_compares_pins_and_profiles(live: Live) -> None:
    live.visit("/count")
    async with attached() as remote:
        await until(lambda: remote.store.requests)
        (first,) = remote.store.requests
        sent = await remote.replays.send(first)
        assert sent.request is not None
        assert sent.request.verdict.startswith("body differs: $.visits")
        remote.replays.pin(first)
        await until(lambda: live.session.replays.pins.ids == (first.id,))
        remote.restart()
        await until(lambda: sum(one.row.replay_of == first.id for one in remote.store.requests) > 1)
        assert remote.replays.pins.of(first) is not None
        there: Request | None = live.session.store.request(first.id)
        assert there is not None
        pin = live.session.replays.pins.of(there)
        assert pin is not None
        live.call(live.session.replays.pins.remove, pin)
        await until(lambda: not first.pinned)
        if "pyinstrument" not in (await _profiled(remote, first)):
            assert remote.profiler.of(list(remote.store.requests)[-1]) is not None


async def _profiled(remote: RemoteSession, request: Request) -> str:
    try:
        await remote.profiler.profile(request)
    except CannotSend as reason:
        return str(reason)
    return ""


async def test_what_the_environment_refuses(
    controlled: Controlled, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("flask", reason="Flask is not installed")
    monkeypatch.setenv("DEVTUI_CONTROL_EVAL", "0")
    live = controlled(SOURCE)
    live.serving()
    live.visit("/bad")
    async with attached() as remote:
        await until(lambda: remote.store.errors)
        error = newest_error(remote)
        answer = await remote.questions.evaluate(error, (0,), 0, "1").answer
        assert (answer.gone, answer.reason) == (True, NO_EVALUATION)
        remote.may_evaluate = True  # as somebody would who does not know it
        answer = await asyncio.wait_for(
            remote.questions.evaluate(error, (0,), 0, "1").answer, DEADLINE
        )
        assert answer.gone
        remote.may_evaluate = False
        assert remote.why_not_stop
        assert await asyncio.to_thread(live.pin)
        assert remote.generations.pin is None


def test_another_version_is_refused(live: Live, ask: Ask) -> None:
    for verb, more in (("greet", {}), ("attach", {"token": "d00000000"})):
        with pytest.raises(CtlError, match=r"This is devtui 0\.1, but devtui"):
            ask(verb, version="0.1", **more)


def test_the_questions_of_others_are_not_answered(live: Live, ask: Ask) -> None:
    order = {"type": "show_stack", "ask_id": "q1", "request_id": "1-1"}
    with pytest.raises(CtlError, match="begins with the dashboard's token"):
        ask("ask", order=order)
    for word in ("load", "stop", "preload", "set_live"):
        with pytest.raises(CtlError):
            ask("ask", order={**order, "type": word, "ask_id": "d1-q1"})


async def test_it_waits_for_the_next_session_of_the_folder(
    controlled: Controlled, folder: Path
) -> None:
    first = controlled(says("one"))
    first.serving()
    first.visit("/")
    async with attached() as remote:
        begun: list[bool] = []
        remote.on_begin = begun.append
        await until(lambda: remote.store.requests)
        kept = list(remote.store.requests)[-1]
        states: list[str] = []
        remote.bus.listen(lambda event: states.append(event.state), StateChanged)
        await asyncio.to_thread(first.close)
        await until(lambda: remote.why_not)
        assert remote.state is State.STOPPED
        assert "waits for the next devtui" in remote.notice
        assert list(remote.store.requests) == [kept]  # the screen stays
        with pytest.raises(CannotSend):
            await remote.replays.send(kept)
        second = await asyncio.to_thread(controlled, says("two"))
        await asyncio.to_thread(second.serving)
        await until(lambda: remote.state is State.SERVING)
        assert begun == [True]
        assert not remote.store.requests
        assert states[-1] == "serving"
        await asyncio.to_thread(second.visit, "/two")
        await until(lambda: [one.row.target for one in remote.store.requests] == ["/two"])


async def test_a_session_beside_it_does_not_take_its_place(live: Live) -> None:
    async with attached() as remote:
        (found,) = living()
        with closing(Listening({**found.record, "port": 1, "pid": 1})):
            await asyncio.to_thread(live.close)
            await until(lambda: remote.state is State.STOPPED)
            with closing(Listening({**found.record, "port": 2, "pid": 2})) as after:
                after.socket.setblocking(False)
                loop = asyncio.get_running_loop()
                connection, _ = await asyncio.wait_for(loop.sock_accept(after.socket), DEADLINE)
                with connection:
                    asks = await asyncio.wait_for(loop.sock_recv(connection, 10_000), DEADLINE)
                    assert b"attach" in asks
                    remote.close()
                    gone = await asyncio.wait_for(loop.sock_recv(connection, 10_000), DEADLINE)
                    assert gone == b""


async def test_a_connection_that_comes_too_late_is_closed(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, goes_on, connect = threading.Event(), threading.Event(), place.connect

    def slowly(path: str, timeout: float) -> socket.socket | None:
        began.set()
        goes_on.wait(DEADLINE)
        return connect(path, timeout)

    (found,) = living()
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        async with attached() as remote:
            await asyncio.to_thread(live.close)
            await until(lambda: remote.state is State.STOPPED)
            monkeypatch.setattr(place, "connect", slowly)
            after = stack.enter_context(closing(Listening({**found.record, "pid": 1})))
            await until(began.is_set)
        goes_on.set()
        late, _ = await asyncio.wait_for(loop.sock_accept(after.socket), DEADLINE)
        with late:
            assert await asyncio.wait_for(loop.sock_recv(late, 10_000), DEADLINE) == b""


def greeting_of(found: Found) -> object:
    connection = place.connect(found.path, DEADLINE)
    assert connection is not None
    link = Link(found, connection, "tests")
    try:
        return link.ask("greet", {"version": __version__})
    finally:
        link.close()


async def test_a_dashboard_that_does_not_read_begins_from_the_start(
    live: Live, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboards, "MAX_WAITING_BYTES", 20_000)
    link = ask.link()
    items = link.follow("attach", {"version": __version__, "token": "d00000000"})
    assert next(items)["begins"]
    line = LogWritten(stream="stdout", text="x" * 1_000)

    def flood() -> None:
        for _ in range(2_000):
            live.session.bus.publish(line)

    live.call(flood)
    assert live.get("/").status == 200  # the session goes on
    begins = 0
    for item in items:
        if item.get("begins"):
            begins += 1
            break
    assert begins == 1
    link.close()


def test_what_waits_has_a_bound(live: Live) -> None:
    facts = facts_of(live.session, "one", 1, may_evaluate=True)

    async def fill() -> Follower:
        follower = Follower("d1", lambda: facts)
        for _ in range(10):
            follower.put(msgspec.Raw(b"1"), dashboards.MAX_WAITING_BYTES // 5, urgent=False)
        assert await follower.next() is None
        return follower

    assert asyncio.run(fill()).behind


def test_the_history_leads_to_the_same_rows(live: Live) -> None:
    for target in ("/bad", "/", "/bad", "/count"):
        live.visit(target)
    write(Path(live.session.settings.folder), {"app.py": "1 / 0\n"})
    live.failed()
    live.reloaded(failed=True)
    theirs = live.session.store
    told = history_of(theirs)
    ours = Store()
    for line in told.events:
        ours.apply(decode_event(bytes(line)))
    assert rows(ours) == rows(theirs)
    assert [one.text for one in ours.log] == [one.text for one in theirs.log]
    assert [one.error for one in ours.errors] == [one.error for one in theirs.errors]
    assert list(ours.reloads) == list(theirs.reloads)
    assert told.without_details == ()
    groups = [(one.key, one.count) for one in ours.error_groups.ring]
    assert groups == [(one.key, one.count) for one in theirs.error_groups.ring]


def test_the_newest_requests_keep_their_details(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        live.visit("/long")
    oldest, *_, newest = live.session.store.requests
    monkeypatch.setattr(
        "devtui.control.attached.session_history.MAX_DETAILS_BYTES", newest.details_bytes
    )
    told = history_of(live.session.store)
    assert oldest.id in told.without_details
    assert newest.id not in told.without_details


async def test_an_event_that_is_too_large_is_counted(live: Live) -> None:
    large = LogWritten(stream="stdout", text="\x9b" * MAX_EVENT_BYTES)
    async with attached() as remote:
        live.call(live.session.bus.publish, large)
        live.visit("/")
        await until(lambda: remote.store.requests)
        assert not [one for one in remote.store.log if "\x9b" in one.text]
    assert b"\xc2\x9b" not in b"".join(map(bytes, history_of(live.session.store).events))


def test_the_facts_fit_the_settings(live: Live) -> None:
    facts = facts_of(live.session, "one", 1, may_evaluate=True)
    session: Session = live.session
    again = msgspec.json.decode(msgspec.json.encode(facts), type=SessionFacts)
    assert again == facts
    settings = again.settings(None)
    for name in ("host", "port", "app", "debug", "debugger", "reload", "live", "python_name"):
        assert getattr(settings, name) == getattr(session.settings, name)
    assert settings.url(settings.port) == session.url
