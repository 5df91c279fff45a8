"""The output without a screen: lines for people and JSON for programs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pytest

from devtui.config.settings import Settings
from devtui.events import (
    AnyEvent,
    AppFailed,
    AppLoaded,
    CallTotal,
    Completed,
    ControlUsed,
    DashboardsAttached,
    DebuggerReady,
    Error,
    ErrorRaised,
    Evaluated,
    EventsDropped,
    ExceptionData,
    FilesChanged,
    FilesRead,
    HeadStartChecked,
    HoldBegan,
    HoldEnded,
    Holder,
    ImportsTraced,
    LiveSet,
    LocalsShown,
    LogWritten,
    PageLeftAlone,
    PagesFollowing,
    PinAttempted,
    PortBusy,
    ProfilerChecked,
    ProjectChecked,
    Reloaded,
    RequestFinished,
    RequestProfiled,
    RequestStarted,
    RoutesShown,
    ServerContinued,
    ServerExited,
    ServerStarted,
    ServerSuspended,
    Serving,
    StackShown,
    StandbyUnfit,
    StateChanged,
    TemplatesFound,
    TerminalInterrupted,
    TerminalReleased,
    TerminalWanted,
    decode_event,
    utc_now,
)
from devtui.plain_lines import MAX_TARGET, MAX_TEXT, OPEN, OPEN_WITH_DEBUGGER, describe, warn
from tests.support.fakes import called
from tests.support.projects import app_environment, write

EVIL = "\x1b]0;x\x07\u202e\nline two"
ERROR = Error(exceptions=(ExceptionData(type="ValueError", message=EVIL),), text=EVIL)


def finished(**fields: object) -> RequestFinished:
    return RequestFinished(
        **{  # type: ignore[arg-type]
            "id": "1-1",
            "method": "GET",
            "target": "/",
            "client": "::1",
            "status": 200,
            "duration_ms": 12.3,
            "size_bytes": 1234,
            **fields,
        }
    )


TOLD: list[tuple[AnyEvent, list[tuple[str, str]]]] = [
    (PagesFollowing(count=2, on=True), []),
    (LiveSet(on=True, saves=1), []),
    (PageLeftAlone(reason="its policy forbids scripts"), []),
    (ServerStarted(pid=7, generation=2), [("starting", "server process 7, generation 2")]),
    (
        AppLoaded(app="a:app", framework="flask.Flask", file="", duration_ms=5, module_count=1),
        [("loaded", "a:app (flask.Flask) in 5.0 ms")],
    ),
    (
        AppFailed(reload=False, message="No module named 'x'", error=ERROR, duration_ms=1),
        [("failed", "No module named 'x'")],
    ),
    (
        Serving(url="http://127.0.0.1:1", pid=7),
        [
            ("serving", "http://127.0.0.1:1"),
            ("", "this is a development server, not for production"),
        ],
    ),
    (
        DebuggerReady(pin="1-2", pin_cookie="c"),
        [("debugger", "in the browser, with the PIN 1-2")],
    ),
    (DebuggerReady(), []),
    (PinAttempted(failed_count=3), [("debugger", "somebody typed a wrong PIN (3 of 10)")]),
    (PinAttempted(failed_count=0), []),
    (finished(), [("request", "GET    200   12 ms  1.2 kB  /")]),
    (
        finished(
            calls=(called("SELECT 1", place="/project/shop/views.py:88"),) * 5,
            call_totals=(CallTotal(kind="sql", count=5, duration_ms=2),),
        ),
        [("request", "GET    200   12 ms  1.2 kB  /  (5 sql, 5× views.py:88)")],
    ),
    (
        finished(
            calls=(called("SELECT 1", place="/project/shop/views.py:88"),) * 5,
            call_totals=(CallTotal(kind="sql", count=5_000, duration_ms=2),),
        ),
        [("request", "GET    200   12 ms  1.2 kB  /  (5,000 sql, 5+× views.py:88)")],
    ),
    (
        finished(status=None, cut="cut by reload"),
        [("request", "GET      -   12 ms  1.2 kB  /  (cut by reload)")],
    ),
    (LogWritten(stream="stderr", text="hello"), [("stderr", "hello")]),
    (LogWritten(stream="log", level="ERROR", logger="x", text="no"), [("error", "no")]),
    (
        ErrorRaised(
            error=Error(exceptions=(ExceptionData(type="ValueError", message="no"),), text="")
        ),
        [("error", "ValueError: no")],
    ),
    (
        Reloaded(cause="files changed", paths=("/x/a.py", "/x/b.py"), duration_ms=250),
        [("reload", "files changed: a.py, b.py; serves again after 250 ms")],
    ),
    (
        Reloaded(cause="restarted by hand", paths=(), duration_ms=250, failed=True),
        [("reload", "restarted by hand; serves the error after 250 ms")],
    ),
    (
        Reloaded(cause="files changed", paths=tuple("abcdefg"), duration_ms=1),
        [("reload", "files changed: a, b, c, d, e and 2 more; serves again after 1.0 ms")],
    ),
    (
        ServerExited(pid=7, signal="SIGSEGV"),
        [("exited", "server process 7 ended by SIGSEGV")],
    ),
    (
        finished(status=302, response_headers=(("Location", "/in?token=hush"),)),
        [("request", "GET    302   12 ms  1.2 kB  / -> /in?token=••••••••")],
    ),
    (ServerExited(pid=7, exit_code=3), [("exited", "server process 7 ended with exit status 3")]),
    (ServerExited(pid=7, exit_code=0, expected=True), []),
    (
        ServerSuspended(pid=7, signal="SIGSTOP"),
        [
            ("stopped", "SIGSTOP stopped server process 7: it answers nothing"),
            ("", f"kill -CONT 7 continues it, kill -HUP {os.getpid()} restarts it"),
        ],
    ),
    (ServerContinued(pid=7), [("goes on", "server process 7")]),
    (EventsDropped(count=1), [("dropped", "1 event that came too fast to send")]),
    # What others tell already, and would only be noise here.
    (RequestStarted(id="1-1", method="GET", target="/", client="::1"), []),
    (StateChanged(state="serving", previous="starting"), []),
    (FilesChanged(paths=("/x/a.py",), raw_count=1), []),
    (ImportsTraced(roots=("flask",), search_path="/x"), []),
    (FilesRead(read=(), written=(), children=False), []),
    (StandbyUnfit(reason="flask/app.py has changed"), []),
    (ProjectChecked(topic="checks", text="System check identified 1 issue."), []),
    (TemplatesFound(folders=("/srv/templates",)), []),
    (HeadStartChecked(reason="", module_count=3, duration_ms=1.0), []),
    (LocalsShown(ask_id="q1", error_id="1-e1"), []),  # these answer whoever asked
    (Evaluated(ask_id="q1", error_id="1-e1"), []),
    (Completed(ask_id="q1", error_id="1-e1"), []),
    (StackShown(ask_id="q1", request_id="1-1"), []),
    (RoutesShown(ask_id="q1"), []),
    (ProfilerChecked(ask_id="q1"), []),
    (RequestProfiled(request_id="1-1"), []),
    (ControlUsed(client="ctl", verb="restart", text="restarted the server"), []),  # the log has it
    (DashboardsAttached(count=1), []),
    (HoldBegan(holder="ctl", until=utc_now()), []),
    (
        HoldEnded(holder="ctl", reason="it has expired"),
        [("hold", "saves cause reloads again, ctl held them: it has expired")],
    ),
    (TerminalWanted(ask_id="1-t1", purpose="input"), []),  # the lender tells these
    (TerminalInterrupted(ask_id="1-t1"), []),
    (TerminalReleased(ask_id="1-t1"), []),
]


@pytest.mark.parametrize(("event", "told"), TOLD)
def test_the_lines_for_people(event: AnyEvent, told: list[tuple[str, str]]) -> None:
    assert list(describe(event)) == told


def test_every_event_has_a_decision() -> None:
    assert {type(event) for event, _ in TOLD} | {PortBusy} == set(get_args(AnyEvent))


@pytest.mark.parametrize(
    "event",
    [
        AppLoaded(app=EVIL, framework=EVIL, file=EVIL, duration_ms=5, module_count=1),
        AppFailed(reload=True, message=EVIL, error=ERROR, duration_ms=1),
        finished(method=EVIL, target=EVIL, cut=EVIL),
        LogWritten(stream="log", level=EVIL, text=EVIL),
        ErrorRaised(error=ERROR),
        Reloaded(cause="files changed", paths=(f"/{EVIL}.py",), duration_ms=1),
        PortBusy(
            host="127.0.0.1",
            port=1,
            message=EVIL,
            holders=(Holder(pid=1, name=EVIL, command=EVIL, user=EVIL, address="127.0.0.1"),),
        ),
    ],
    ids=lambda event: type(event).__name__,
)
def test_untrusted_text_never_reaches_the_terminal_raw(event: AnyEvent) -> None:
    told = list(describe(event))
    assert told
    for word, text in told:
        assert (word + text).isprintable()


def test_a_line_is_bounded() -> None:
    ((_, text),) = describe(LogWritten(stream="stdout", text="x" * 1_000_000))
    assert len(text) < MAX_TEXT + 50
    ((_, text),) = describe(finished(target="/" + "x" * 1_000_000))
    assert len(text) < MAX_TARGET + 100


# -- the real program --------------------------------------------------------------------------

ANSWERS = """\
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"answered"]
"""

e2e = pytest.mark.e2e


@contextmanager
def program(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start the program without a terminal."""
    popen = subprocess.Popen(
        [sys.executable, "-m", "devtui", "app", *arguments],
        cwd=folder,
        env=dict(app_environment()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield popen
    finally:
        popen.kill()
        popen.communicate(timeout=20)


def ended(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Return the exit status, stdout and stderr of a program that exits by itself."""
    with program(folder, *arguments) as popen:
        out, err = popen.communicate(timeout=20)
        return popen.returncode, out.decode(), err.decode()


@e2e
@pytest.mark.parametrize("option", ["--plain", "--json"])
def test_without_a_screen_a_first_load_that_fails_is_the_end(folder: Path, option: str) -> None:
    write(folder, {"app.py": "raise ValueError('\x1b[31mno')\n"})
    status, out, err = ended(folder, option, "-p", "0")
    assert status == 1
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.endswith("ValueError: \\x1b[31mno\n")
    assert "devtui" not in err
    assert "\x1b" not in out + err


@e2e
def test_without_a_screen_a_taken_port_is_the_end(folder: Path) -> None:
    write(folder, {"app.py": ANSWERS})
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, out, err = ended(folder, "--json", "-p", str(port))
    assert (status, err) == (1, "")
    events = [decode_event(line) for line in out.encode().splitlines()]
    (busy,) = [event for event in events if isinstance(event, PortBusy)]
    assert busy.port == port
    assert not any(isinstance(event, ServerStarted) for event in events)


@e2e
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_is_the_exit_status(folder: Path, number: signal.Signals) -> None:
    write(folder, {"app.py": ANSWERS})
    with program(folder, "--json", "-p", "0") as popen:
        assert popen.stdout is not None
        line = next(line for line in popen.stdout if b'"type":"serving"' in line)
        assert json.loads(line)["url"].startswith("http://127.0.0.1:")
        popen.send_signal(number)
        out, err = popen.communicate(timeout=20)
    assert popen.returncode == 128 + number
    assert err == b""
    last = decode_event(out.splitlines()[-1])
    assert isinstance(last, StateChanged)
    assert last.state == "stopped"


@e2e
def test_sighup_reloads(folder: Path) -> None:
    write(folder, {"app.py": ANSWERS})
    with program(folder, "--json", "-p", "0") as popen:
        assert popen.stdout is not None
        next(line for line in popen.stdout if b'"type":"serving"' in line)
        popen.send_signal(signal.SIGHUP)
        line = next(line for line in popen.stdout if b'"type":"reloaded"' in line)
        assert json.loads(line)["cause"] == "restarted by SIGHUP"
        popen.send_signal(signal.SIGTERM)
        popen.communicate(timeout=20)
    assert popen.returncode == 143


@pytest.mark.parametrize(
    ("host", "debugger", "warned"),
    [
        ("127.0.0.1", True, []),
        ("localhost", True, []),
        ("0.0.0.0", False, [OPEN]),
        ("::", True, [OPEN_WITH_DEBUGGER]),
        ("10.0.0.7", True, [OPEN_WITH_DEBUGGER]),
    ],
)
def test_a_server_that_others_can_reach_is_warned_of(
    host: str, debugger: bool, warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devtui.ports.addresses.of_this_machine", lambda host: "")
    settings = Settings(host=host, debugger=debugger)
    serving = Serving(url=settings.url(5000), pid=1)
    assert [text for _, text in warn(serving, settings)] == warned
    assert list(warn(ServerStarted(pid=1), settings)) == []


def test_the_address_for_other_machines_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devtui.ports.addresses.of_this_machine", lambda host: "192.0.2.7")
    settings = Settings(host="0.0.0.0", debugger=False)
    told = [text for _, text in warn(Serving(url=settings.url(5000), pid=1), settings)]
    assert told[1:] == ["other machines reach it at http://192.0.2.7:5000"]


def test_secrets_in_targets_are_masked() -> None:
    target = "/login?password=hunter2"
    request = RequestFinished(
        id="1-1", method="GET", target=target, client="", status=200, duration_ms=1, size_bytes=1
    )
    access = LogWritten(stream="stdout", text=f'"GET {target} HTTP/1.1" 200')
    for event in (request, access):
        ((_, text),) = describe(event)
        assert "password=" in text
        assert "hunter2" not in text
