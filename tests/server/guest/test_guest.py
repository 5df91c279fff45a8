"""What an app sees of being served, and what is said of its faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

import pytest

from devtui.config.settings import Settings
from devtui.events import AppFailed, ErrorRaised, LogWritten, RequestFinished, ServerExited
from tests.support.client import get
from tests.support.live import Live
from tests.support.processes import eventually, free_port, listens
from tests.support.projects import app_environment, app_source, write

pytestmark = pytest.mark.e2e

Start = Callable[[str], Live]


@pytest.fixture
def start(tmp_path: Path, request: pytest.FixtureRequest) -> Start:
    def begin(source: str) -> Live:
        write(tmp_path, {"app.py": source})
        settings = Settings(folder=tmp_path, port=0, standby=False, environment=app_environment())
        live = Live(settings)
        live.__enter__()
        request.addfinalizer(live.close)
        return live

    return begin


def test_what_ends_a_request_is_told_once_and_with_its_request(start: Start) -> None:
    live = start(
        "class Fatal(BaseException): pass\n"
        "def app(environ, start_response):\n"
        "    if environ['PATH_INFO'] == '/fatal': raise Fatal('once')\n"
        "    start_response('200 OK', []); return [b'fine']\n"
    )
    live.serving()
    with pytest.raises((OSError, HTTPException)):
        live.get("/fatal")
    assert live.get("/").text == "fine"
    live.wait_for(LogWritten, lambda line: "Fatal: once" in line.text)
    live.wait_for(RequestFinished, lambda event: event.target == "/")
    (raised,) = live.all(ErrorRaised)
    assert raised.origin == "request"
    assert raised.request_id == live.wait_for(RequestFinished).id


# What an app does with a request, and what is said of it.
WRONG_ANSWERS = {
    "'text'": "returned str",
    "None": "returned None",
    "7": "an object of type int",
    "['text']": "a piece of type str",
    "iter(['text'])": "a piece of type str",
    "b'bytes'": "returned bytes",
    "type('Odd', (), {'__iter__': lambda self: 5})()": "an object of type Odd",
}
WRONG_HEADS = {
    "return [b'fine']": "has not called start_response",
    "return []": "has not called start_response",
    "return (piece for piece in (b'fine',))": "has not called start_response",
    "start_response('abc', []); return [b'']": "'abc' does not begin with a number",
    "start_response('', []); return [b'']": "'' does not begin with a number",
    "start_response(200, []); return [b'']": "The status is of type int",
    "start_response(b'200 OK', []); return [b'']": "The status is of type bytes",
    "start_response('200 OK', {'A': 'b'}); return [b'']": "'A' is not a pair",
    "start_response('200 OK', [('A', 'b', 'c')]); return [b'']": "is not a pair",
    "start_response('200 OK', [(b'A', b'b')]); return [b'']": "is of type bytes",
    "start_response('200 OK', None); return [b'']": "The headers are of type NoneType",
}
FAULTS = [
    *(f"start_response('200 OK', []); return {answer}" for answer in WRONG_ANSWERS),
    *WRONG_HEADS,
]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One session for all faults: `/3` does the fault of that number."""
    functions = [
        f"def app_{number}(environ, start_response):\n    {fault}\n"
        for number, fault in enumerate(FAULTS)
    ]
    chooses = (
        "def app(environ, start_response):\n"
        "    return globals()['app_' + environ['PATH_INFO'][1:]](environ, start_response)\n"
    )
    folder = tmp_path_factory.mktemp("faulty")
    write(folder, {"app.py": "".join([*functions, chooses])})
    settings = Settings(folder=folder, port=0, reload=False, environment=app_environment())
    with Live(settings) as live:
        live.serving()
        yield live


def told_of(live: Live, fault: str) -> ErrorRaised:
    """Have the app do this, and return the one error that was told; it shows none of our code."""
    target = f"/{FAULTS.index(fault)}"
    page = live.get(target)
    assert page.status == 500
    finished = live.row(target)
    (raised,) = (one for one in live.all(ErrorRaised) if one.request_id == finished.id)
    assert finished.status == 500
    if fault in WRONG_HEADS:
        assert WRONG_HEADS[fault] in page.text
    for text in (raised.error.text, page.text, *(line.text for line in live.all(LogWritten))):
        assert "devtui/server" not in text
    return raised


@pytest.mark.parametrize(("answer", "said"), WRONG_ANSWERS.items())
def test_a_wrong_answer_is_told_without_our_code(faulty: Live, answer: str, said: str) -> None:
    raised = told_of(faulty, f"start_response('200 OK', []); return {answer}")
    assert said in raised.error.exceptions[0].message
    assert raised.error.exceptions[0].frames == ()


@pytest.mark.parametrize(("body", "said"), WRONG_HEADS.items())
def test_a_head_that_is_none_is_told_as_an_error_of_the_app(
    faulty: Live, body: str, said: str
) -> None:
    raised = told_of(faulty, body)
    assert said in raised.error.exceptions[0].message


def test_a_head_that_comes_with_the_first_piece_is_in_time(start: Start) -> None:
    live = start(
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('A', 1)])\n    yield b'fine'\n"
    )
    live.serving()
    assert live.get("/").text == "fine"
    assert live.wait_for(RequestFinished).status == 200


def test_patched_clocks_change_no_duration(start: Start) -> None:
    live = start(
        "import time\nfrom itertools import count\nback = count(10**9, -10**6)\n"
        "time.perf_counter = time.monotonic = time.time = lambda: next(back)\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', []); return [b'fine']\n"
    )
    live.serving()
    assert live.get("/").text == "fine"
    finished = live.wait_for(RequestFinished)
    assert 0 <= finished.duration_ms < 10_000
    assert finished.first_byte_ms is not None
    assert 0 <= finished.first_byte_ms < 10_000


def test_only_what_the_app_has_put_on_werkzeugs_logger_gets_request_lines(
    start: Start, tmp_path: Path
) -> None:
    live = start(
        "import logging\n"
        "log = logging.getLogger('werkzeug')\n"
        "log.addHandler(logging.FileHandler(__file__ + '.log'))\n"
        "log.addHandler(logging.StreamHandler())\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', []); return [b'fine']\n"
    )
    live.serving()
    live.get("/one")
    live.wait_for(RequestFinished)
    assert '"GET /one HTTP/1.1" 200' in (tmp_path / "app.py.log").read_text()
    assert not any("GET /one" in line.text for line in live.all(LogWritten))


@pytest.mark.parametrize(
    "configure",
    [
        "logging.basicConfig(filename=__file__ + '.log', level=logging.INFO)",
        "logging.getLogger().addHandler(logging.FileHandler(__file__ + '.log'))",
    ],
)
def test_a_handler_on_the_root_logger_gets_request_lines(
    start: Start, tmp_path: Path, configure: str
) -> None:
    live = start(
        f"import logging\n{configure}\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', []); return [b'fine']\n"
    )
    live.serving()
    live.get("/one")
    live.wait_for(RequestFinished)
    assert '"GET /one HTTP/1.1" 200' in (tmp_path / "app.py.log").read_text()


def test_a_handler_that_looks_for_the_caller_finds_the_app(start: Start) -> None:
    """As in a recipe of loguru's, which passes records of logging on."""
    live = start(app_source("guest/intercepting_logs.py"))
    live.serving()
    assert live.get("/").text == "(['app:app'], [])"


def test_start_response_takes_the_names_of_its_arguments(start: Start) -> None:
    live = start(
        "def app(environ, start_response):\n"
        "    start_response(status='200 OK', headers=[], exc_info=None); return [b'fine']\n"
    )
    live.serving()
    assert live.get("/").text == "fine"


def test_an_error_in_close_shows_none_of_our_code(start: Start) -> None:
    live = start(
        "class Body:\n"
        "    def __iter__(self): return iter([b'x'])\n"
        "    def close(self): raise ValueError('while closing')\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', []); return Body()\n"
    )
    live.serving()
    live.visit("/")
    live.line("ValueError: while closing")
    assert not live.lines("devtui/server/"), live.told()


def test_programs_that_the_app_starts_are_below_no_reloader(start: Start) -> None:
    live = start(app_source("guest/starting_programs.py"))
    live.serving()
    expected = repr((("true", True), "[]\n", "[]\n", ("true", None)))
    assert live.get("/").text == expected


def test_another_script_that_the_app_starts_serves_by_app_run(start: Start, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "other.py").write_text(
        "from flask import Flask\n"
        "app = Flask('other')\n"
        "@app.get('/')\n"
        "def view(): return 'other'\n"
        f"app.run(port={port})\n"
    )
    live = start(
        "import os, subprocess, sys\n"
        "from flask import Flask\n"
        "Flask('unguarded').run(port=1)\n"
        "other = os.path.join(os.path.dirname(__file__), 'other.py')\n"
        "subprocess.Popen([sys.executable, other], env={**os.environ, 'MORE': '1'})\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return [os.environ['FLASK_RUN_FROM_CLI'].encode()]\n"
    )
    live.serving()
    assert live.get("/").text == "true"
    url = f"http://127.0.0.1:{port}/"
    assert eventually(lambda: listens(port), 20), live.told()
    assert get(url).text == "other"


@pytest.mark.parametrize("error", ["ConnectionError()", "StopIteration()"])
def test_a_connection_that_a_library_has_taken_over_ends_without_an_error(
    start: Start, error: str
) -> None:
    live = start(
        "def app(environ, start_response):\n"
        "    if 'HTTP_UPGRADE' in environ:\n"
        "        socket = environ['werkzeug.socket']\n"
        "        socket.sendall(b'HTTP/1.1 101 Switching Protocols\\r\\n\\r\\nbye')\n"
        f"        raise {error}\n"
        "    start_response('200 OK', []); return [b'fine']\n"
    )
    live.serving()
    answer = live.send_raw(
        b"GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nAccept: text/html\r\n\r\n"
    )
    assert answer == b"HTTP/1.1 101 Switching Protocols\r\n\r\nbye"
    finished = live.wait_for(RequestFinished)
    assert (finished.status, finished.cut) == (101, "")
    assert live.get("/").text == "fine"
    assert not live.all(ErrorRaised)
    assert not live.all(LogWritten)


def test_an_app_that_closes_all_descriptors_is_told_of(start: Start) -> None:
    live = start("import os\nprint('before')\nos.closerange(3, 200)\ndef app(e, s): ...\n")
    live.wait_for(LogWritten, lambda line: line.text == "before")
    told = live.wait_for(LogWritten, lambda line: line.logger == "devtui")
    assert "os.closerange" in told.text
    live.wait_for(ServerExited)


def test_an_app_that_closes_the_listener_alone_is_told_of(start: Start) -> None:
    live = start(app_source("guest/closing_the_listener.py"))
    failed = live.wait_for(AppFailed)
    assert "has closed the socket" in failed.message
    assert "certificate" not in failed.message
