"""One server process as the session sees it, where what it does is not nice."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from devtui.events import RequestFinished, RequestStarted, ServerExited, StateChanged
from devtui.session.processes.server_process import ServerProcess
from devtui.session.processes.spawn import Interpreter
from devtui.session.state import State
from tests.support.live import Serve
from tests.support.processes import alive, eventually
from tests.support.projects import app_environment

pytestmark = pytest.mark.e2e

ANSWERS = """\
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"answered"]
"""


def test_an_escaped_child_that_writes_without_end_holds_nobody_up(serve: Serve) -> None:
    """It left the process group, so it outlives the server, and its output is not waited for."""
    live = serve(
        "import subprocess\n"
        "child = subprocess.Popen(['yes', 'x' * 50], start_new_session=True)\n"
        "print('child', child.pid, flush=True)\n" + ANSWERS
    )
    live.serving()
    child = int(next(line.text.split()[1] for line in live.lines("child")))
    try:
        assert live.close() < 10
        assert live.all(ServerExited)[-1].expected
        assert eventually(lambda: not alive(child))  # nobody reads any more
    finally:
        if alive(child):
            psutil.Process(child).kill()


def test_output_lies_between_the_beginning_and_the_end_of_its_request(serve: Serve) -> None:
    live = serve(
        "import os\n"
        "def app(environ, start_response):\n"
        "    os.write(1, b'past Python ' + environ['PATH_INFO'].encode() + b'\\n')\n"
        "    print('printed', environ['PATH_INFO'])\n"
        "    start_response('200 OK', [])\n"
        "    return [b'answered']\n"
    )
    live.serving()
    for number in range(20):
        if number % 2:
            live.stall(0.1)  # then all of the request is read at once
        live.visit(f"/{number}")
    order: dict[str, list[str]] = {}
    for event in live.events:
        if isinstance(event, (RequestStarted, RequestFinished)):
            order.setdefault(event.id, []).append(type(event).__name__)
        elif getattr(event, "request_id", None):
            order[event.request_id].append("output")  # type: ignore[union-attr,index]
    assert set(map(tuple, order.values())) == {
        ("RequestStarted", "output", "output", "RequestFinished")
    }
    assert len(order) == 20


def test_output_of_two_requests_at_once_is_nobody_s_where_python_did_not_see_it(
    serve: Serve,
) -> None:
    live = serve(
        "import os, threading\n"
        "both = threading.Barrier(2)\n"
        "def app(environ, start_response):\n"
        "    both.wait(20)\n"
        "    os.write(1, b'past Python\\n')\n"
        "    print('printed', environ['PATH_INFO'])\n"
        "    both.wait(20)\n"
        "    start_response('200 OK', [])\n"
        "    return [b'answered']\n"
    )
    live.serving()
    with live.connect() as one, live.connect() as other:
        one.sendall(b"GET /one HTTP/1.0\r\n\r\n")
        other.sendall(b"GET /other HTTP/1.0\r\n\r\n")
        for target in ("/one", "/other"):
            row = live.row(target)
            assert live.line(f"printed {target}").request_id == row.id
    assert [line.request_id for line in live.lines("past Python")] == [None, None]


def test_a_server_that_stops_by_itself(serve: Serve) -> None:
    live = serve("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n" + ANSWERS)
    exited = live.wait_for(ServerExited)
    assert (exited.exit_code, exited.signal, exited.expected) == (None, "SIGTERM", False)


def test_a_kill_leaves_the_end_to_be_seen_by_who_waits_for_it() -> None:
    """It reaps nothing, also where the process has ended an instant before."""
    process = ServerProcess(Interpreter(1, dict(app_environment()), ["devtui"]), lambda event: None)
    try:
        os.kill(process.pid, signal.SIGKILL)
        assert eventually(lambda: not alive(process.pid))
        process.kill(signal.SIGTERM)
        assert os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT) is not None
    finally:
        process.discard()


def test_a_process_that_a_signal_stops_is_told_of_and_goes_on(serve: Serve) -> None:
    live = serve(ANSWERS)
    pid = live.serving().pid
    for _ in range(2):
        os.kill(pid, signal.SIGSTOP)
        live.wait_for_state(State.SUSPENDED)
        assert live.all(StateChanged)[-1].reason == f"SIGSTOP has stopped process {pid}"
        os.kill(pid, signal.SIGCONT)
        live.wait_for_state(State.SERVING)
    assert live.get().text == "answered"


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU])
def test_what_stops_the_job_of_a_shell_does_not_stop_a_process(
    serve: Serve, number: signal.Signals
) -> None:
    """It has a session of its own, in which nobody could make it go on."""
    live = serve(ANSWERS)
    os.kill(live.serving().pid, number)
    assert live.get().text == "answered"
    assert [event.state for event in live.all(StateChanged)] == ["serving"]


def test_a_suspended_process_is_replaced_in_good_order(serve: Serve) -> None:
    live = serve("import atexit\natexit.register(print, 'in good order', flush=True)\n" + ANSWERS)
    pid = live.serving().pid
    os.kill(pid, signal.SIGSTOP)
    live.wait_for_state(State.SUSPENDED)
    live.call(live.session.restart)
    live.serving(2)
    live.wait_for_state(State.SERVING)
    live.line("in good order")
    assert live.get().text == "answered"


def test_a_suspended_process_that_is_killed_has_crashed(serve: Serve) -> None:
    live = serve(ANSWERS)
    pid = live.serving().pid
    os.kill(pid, signal.SIGSTOP)
    live.wait_for_state(State.SUSPENDED)
    os.kill(pid, signal.SIGKILL)
    live.wait_for_state(State.CRASHED)
