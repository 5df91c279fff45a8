"""The server on the inherited socket, and what an app finds around it."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from devtui.config.settings import Settings
from devtui.events import RequestFinished, ServerExited
from devtui.session.state import State
from tests.support.live import Live, Serve
from tests.support.projects import app_environment, app_source, write

pytestmark = pytest.mark.e2e

ENVIRON = """\
import os

SEEN = os.environ.get("WERKZEUG_RUN_MAIN"), os.environ.get("FLASK_DEBUG")

def app(environ, start_response):
    start_response("200 OK", [])
    return [repr((*SEEN, environ["wsgi.multithread"], environ["wsgi.url_scheme"])).encode()]
"""


@pytest.mark.parametrize(
    ("settings", "seen"),
    [
        ({"reload": True}, ("true", "1", True, "http")),
        ({}, (None, "1", True, "http")),
        ({"reload": True, "debug": False, "threaded": False}, ("true", "0", False, "http")),
        ({"debug": False, "cert": "adhoc"}, (None, "0", True, "https")),
    ],
    ids=["debug", "no-reload", "one-thread", "tls"],
)
def test_what_an_app_is_told(serve: Serve, settings: dict[str, Any], seen: object) -> None:
    """Apps look at WERKZEUG_RUN_MAIN before they start what must run once."""
    live = serve(ENVIRON, **settings)
    live.serving()
    assert eval(live.get().text) == seen


def test_sigint_ends_it_as_it_ends_werkzeugs_server(serve: Serve) -> None:
    live = serve("import atexit\natexit.register(print, 'atexit')\n" + ENVIRON)
    pid = live.serving().pid
    live.visit("/")
    os.kill(pid, signal.SIGINT)
    exited = live.wait_for(ServerExited)
    assert (exited.exit_code, exited.signal) == (0, None)
    assert [line.text for line in live.lines()] == ["atexit"]


def test_unguarded_run_is_ignored(serve: Serve) -> None:
    live = serve(
        "from flask import Flask\n"
        "app = Flask(__name__)\n"
        "@app.route('/')\n"
        "def index():\n"
        "    return 'served once'\n"
        "app.run(port=1, debug=True)\n"
        "print('went on', flush=True)\n"
    )
    live.serving()
    live.line("went on")
    assert live.get().text == "served once"


FORKS = """\
import os, time

def app(environ, start_response):
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    start_response("200 OK", [])
    return [b"done"]
"""


def test_a_fork_that_holds_the_connection_does_not_keep_the_client_waiting(serve: Serve) -> None:
    live = serve(FORKS)
    live.serving()
    # Until the end of the connection, with a deadline that is shorter than the fork's life.
    assert b"done" in live.send_raw(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )


SIZED = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "4")])
    return [b"done"]
"""


def test_head_and_body_come_in_one_piece(serve: Serve) -> None:
    live = serve(SIZED)
    live.serving()
    with live.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        # What is sent at once and is so short, one read takes whole.
        assert connection.recv(65536).endswith(b"done")


BARRIER = """\
import threading
barrier = threading.Barrier(2)

def app(environ, start_response):
    barrier.wait(20)
    start_response("200 OK", [])
    return [b"both"]
"""


def test_threads_answer_at_once(serve: Serve) -> None:
    live = serve(BARRIER)
    live.serving()
    answers: list[str] = []
    other = threading.Thread(target=lambda: answers.append(live.get("/a").text))
    other.start()
    assert live.get("/b").text == "both"
    other.join(20)
    assert answers == ["both"]


TAKES_A_WHILE = app_source("serving/takes_a_while.py")


def test_without_threads_one_waits_for_the_other(serve: Serve) -> None:
    live = serve(TAKES_A_WHILE, threaded=False)
    live.serving()
    answers: list[str] = []
    others = [threading.Thread(target=lambda: answers.append(live.get("/").text)) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join(20)
    assert answers == ["1", "1", "1"]


def test_an_app_that_closes_its_descriptors(serve: Serve) -> None:
    live = serve(
        "import os\n"
        "os.close(1)\n"
        "os.close(2)\n"
        "def app(environ, start_response):\n"
        "    print('printed all the same')\n"
        "    start_response('200 OK', [])\n"
        "    return [b'answered']\n"
    )
    live.serving()
    assert live.get("/x").text == "answered"
    line = live.line("printed all the same")
    assert line.request_id == live.row("/x").id


def test_a_signal_handler_that_raises_between_requests_is_told(serve: Serve) -> None:
    """As under Werkzeug's server, the process ends with the traceback."""
    live = serve(
        "import signal\n"
        "def ring(*_):\n"
        "    raise TimeoutError('too late')\n"
        "signal.signal(signal.SIGALRM, ring)\n"
        "def app(environ, start_response):\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.2)\n"
        "    start_response('200 OK', [])\n"
        "    return [b'answered']\n",
        threaded=True,
    )
    live.serving()
    assert live.get("/").text == "answered"
    exited = live.wait_for(ServerExited)
    assert (exited.exit_code, exited.expected) == (1, False)
    live.line("TimeoutError: too late")


def test_an_app_that_writes_to_our_channel(serve: Serve) -> None:
    """It is told so, and neither the session nor the events that follow take harm."""
    live = serve(
        "import gc, os\n"
        "from devtui.server.channel.channel import Channel\n"
        "channel = next(it for it in gc.get_objects() if isinstance(it, Channel))\n"
        "def app(environ, start_response):\n"
        '    os.write(channel._socket.fileno(), b\'hello\\n{"type": "\\xff"}\\n\')\n'
        "    start_response('200 OK', [])\n"
        "    return [b'answered']\n"
    )
    live.serving()
    assert live.visit("/").status == 200
    (line,) = live.lines("The app wrote to devtui's own channel")
    assert line.text.endswith("b'hello', and 1 more line")
    assert live.session.state is State.SERVING


def test_a_flood_of_output_arrives_whole(serve: Serve) -> None:
    live = serve(
        "import os, sys\n"
        "def app(environ, start_response):\n"
        "    for number in range(20_000):\n"
        "        sys.stdout.write(f'printed {number}\\n')\n"
        "    os.write(1, b''.join(b'written %d\\n' % number for number in range(20_000)))\n"
        "    start_response('200 OK', [])\n"
        "    return [b'done']\n"
    )
    live.serving()
    live.visit("/")
    printed = [line.text for line in live.lines("printed")]
    written = [line.text for line in live.lines("written")]
    assert printed == [f"printed {number}" for number in range(20_000)]
    assert written == [f"written {number}" for number in range(20_000)]


def test_the_last_words_of_a_server_arrive(serve: Serve) -> None:
    live = serve(
        "import os, sys\n"
        "def app(environ, start_response):\n"
        "    print('printed last')\n"
        "    sys.stdout.write('without end')\n"
        "    os.write(2, b'written last')\n"
        "    os._exit(1)\n"
    )
    live.serving()
    live.visit("/")
    live.wait_for_state(State.CRASHED)
    assert live.lines("printed last")
    assert live.lines("written last")


def test_a_crash_in_c_leaves_its_traceback(serve: Serve) -> None:
    live = serve(
        "import faulthandler\ndef app(environ, start_response):\n    faulthandler._sigsegv()\n"
    )
    live.serving()
    live.visit("/")
    live.wait_for_state(State.CRASHED)
    assert live.lines("Segmentation fault")


def test_a_listener_is_not_inherited_by_children(serve: Serve) -> None:
    """Or a child that outlives the server would keep the port."""
    live = serve(
        "import os, subprocess, sys\n"
        "CODE = 'import os; print(sorted(map(int, os.listdir(\"/proc/self/fd\"))))'\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    command = [sys.executable, '-c', CODE]\n"
        "    return [subprocess.run(command, stdout=-1, close_fds=False).stdout]\n"
    )
    if not Path("/proc/self/fd").exists():
        pytest.skip("there is no /proc to see the descriptors of a child in")
    live.serving()
    descriptors = eval(live.get().text)
    assert descriptors[:3] == [0, 1, 2]
    assert len(descriptors) == 4  # and the folder that is being listed


def silent(live: Live, stack: ExitStack, data: bytes) -> socket.socket:
    """A client that sends this and then nothing."""
    client = stack.enter_context(live.connect())
    client.sendall(data)
    return client


@pytest.fixture(scope="module", params=[None, "adhoc"])
def one_thread(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """One session without threads for all silent clients, over each protocol."""
    folder = tmp_path_factory.mktemp("one_thread")
    write(folder, {"app.py": READS})
    settings = Settings(
        app="app", folder=folder, port=0, reload=False, threaded=False, cert=request.param,
        environment=app_environment(),
    )  # fmt: skip
    with Live(settings) as live:
        live.serving()
        yield live


@pytest.mark.parametrize(
    "data",
    [b"", b"GET / HTT", b"GET /half HTTP/1.1\r\nHost: localhost\r\n",
     b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nab"],
    ids=["nothing", "half a line", "half a head", "half a body"],
)  # fmt: skip
def test_without_threads_a_silent_client_keeps_nobody_waiting(
    one_thread: Live, data: bytes
) -> None:
    live = one_thread
    with ExitStack() as stack:
        for _ in range(6):
            silent(live, stack, data)
        began = time.monotonic()
        assert live.get(f"/after-{len(data)}").text == "read 0"
        assert time.monotonic() - began < 8
    live.row(f"/after-{len(data)}")
    assert not [row for row in live.all(RequestFinished) if row.target == "/half"]


READS = """\
def app(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [])
    return [b"read %d" % len(body)]
"""


def test_without_threads_a_client_that_nobody_waits_behind_has_its_time(serve: Serve) -> None:
    live = serve(READS, threaded=False)
    live.serving()
    with ExitStack() as stack:
        client = silent(live, stack, b"GET / HTTP/1.1\r\n")
        assert select.select([client], [], [], 1.5) == ([], [], [])
        client.sendall(b"Host: localhost\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.0 200 ")


WORKS_LONG = """\
import time

def app(environ, start_response):
    time.sleep(2)
    start_response("200 OK", [])
    return [environ["PATH_INFO"].encode()]
"""


def test_without_threads_an_app_that_takes_its_time_is_not_cut(serve: Serve) -> None:
    live = serve(WORKS_LONG, threaded=False)
    live.serving()
    answers: list[str] = []
    targets = ["/a", "/b", "/c"]
    others = [
        threading.Thread(target=lambda target=target: answers.append(live.get(target).text))
        for target in targets
    ]
    for other in others:
        other.start()
    for other in others:
        other.join(20)
    assert sorted(answers) == targets
