"""Applications that damage their process: the session survives, and a restart repairs it."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException

import pytest

from devtui.config.settings import Settings
from devtui.events import (
    LogWritten,
    RequestFinished,
    RequestStarted,
    ServerExited,
)
from devtui.session.state import State
from tests.support import processes
from tests.support.live import Live, Serve, until_warm
from tests.support.processes import alive, eventually
from tests.support.projects import app_environment, app_source, write

pytestmark = pytest.mark.e2e

SOURCE = app_source("broken.py")


class Broken:
    """A session that serves `apps/broken.py`, and its processes."""

    def __init__(self, live: Live, mark: str) -> None:
        self.live = live
        self.mark = mark

    def answer(self, name: str) -> str:
        """Make the app do a fault after which it can still answer."""
        answer = self.live.get(f"/{name}")
        assert answer.status == 200, answer.text
        return answer.text

    def begin(self, name: str) -> None:
        """Start a fault without waiting for its end."""
        generation = self.live.session.generation
        with self.live.connect() as connection:
            connection.sendall(f"GET /{name} HTTP/1.0\r\n\r\n".encode())
            self.live.wait_for(
                RequestStarted,
                lambda event: event.target == f"/{name}" and event.generation == generation,
            )

    def lines(self) -> list[LogWritten]:
        """Return the output of the newest server process."""
        generation = self.live.session.generation
        return [line for line in self.live.lines() if line.generation == generation]

    def recover(self) -> None:
        """Restart, as a key does, and check that the server works."""
        following = self.live.session.generation + 1
        self.live.call(self.live.session.restart)
        self.live.serving(following)
        self.live.wait_for_state(State.SERVING)
        assert self.live.get("/").text == "well"

    def left(self) -> list[str]:
        """Return the processes of the session that still run."""
        return [f"{p.pid} {p.cmdline()}" for p in processes.marked(self.mark)]

    def assert_gone(self, port: int) -> None:
        """Assert that none of its processes is left."""
        assert processes.eventually(lambda: not self.left()), self.left()
        assert processes.can_bind(port)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broken]:
    """Run one session for all faults; check at the end that nothing is left of it."""
    folder, mark = tmp_path_factory.mktemp("broken"), uuid.uuid4().hex
    write(folder, {"broken.py": SOURCE})
    environment = app_environment(**{processes.MARK: mark})
    live = Live(Settings(app="broken", folder=folder, port=0, environment=environment))
    broken = Broken(live, mark)
    try:
        with live:
            live.serving()
            yield broken
        broken.assert_gone(live.session.settings.port)
    finally:
        processes.end(processes.marked(mark))


@pytest.fixture
def broken(started: Broken) -> Iterator[Broken]:
    """Return the session; after the test, restart it and check that it serves."""
    yield started
    started.recover()


# -- output ------------------------------------------------------------------------------------


def test_binary_noise(broken: Broken) -> None:
    broken.answer("binary_to_streams")
    broken.live.line("after the noise")
    assert any("\\xff" in line.text for line in broken.lines())


@pytest.mark.parametrize("name", ["one_long_line", "one_long_line_of_a_child"])
def test_a_line_of_100_megabytes_is_cut(broken: Broken, name: str) -> None:
    broken.answer(name)
    assert broken.live.wait_for(
        LogWritten,
        lambda line: " … (+" in line.text and line.generation == broken.live.session.generation,
    )
    assert max(len(line.text) for line in broken.lines()) < 70_000


@pytest.mark.parametrize("name", ["a_million_prints", "a_million_records", "a_child_says_yes"])
def test_a_flood_of_lines_leaves_the_session_responsive(broken: Broken, name: str) -> None:
    before = len(broken.live.events)
    broken.begin(name)
    broken.live.until(lambda: len(broken.live.events) > before + 2_000)
    assert len(broken.lines()) > 1_000
    before = len(broken.live.events)
    broken.live.call(lambda: None)  # as for a key press
    assert broken.live.get("/").text == "well"
    assert len(broken.live.session.store.log) <= broken.live.session.store.log.capacity
    broken.live.until(lambda: len(broken.live.events) > before)


@pytest.mark.parametrize(
    ("name", "last"), [("progress", "done"), ("progress_of_a_child", "19999 of 20000")]
)
def test_a_progress_bar_becomes_one_line(broken: Broken, name: str, last: str) -> None:
    broken.answer(name)
    assert broken.live.until(lambda: [line for line in broken.lines() if line.text == last])
    assert not [line for line in broken.lines() if " … (+" in line.text]


# -- descriptors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "close_the_standard_ones",
        "replace_the_standard_ones",
        "open_files_without_end",
    ],
)
def test_the_app_can_close_its_own_descriptors(broken: Broken, name: str) -> None:
    broken.answer(name)
    assert broken.live.get("/").text == "well"


@pytest.mark.parametrize("name", ["close_all", "replace_all", "become_another_program"])
def test_a_server_without_its_channel_is_ended_with_a_reason(broken: Broken, name: str) -> None:
    live, generation = broken.live, broken.live.session.generation
    broken.begin(name)
    exited = live.wait_for(ServerExited, lambda event: event.generation == generation)
    assert not exited.expected
    live.wait_for_state(State.CRASHED)
    assert [line.level for line in broken.lines() if "devtui's channel" in line.text] == ["ERROR"]
    assert live.refuses()


def test_an_app_that_writes_to_devtui_s_sockets_gets_a_message(broken: Broken) -> None:
    broken.begin("write_to_all_sockets")
    assert broken.live.line("The app wrote to devtui's own channel").level == "WARNING"
    assert broken.live.get("/").text == "well"


# -- processes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [("fork_and_go_on", "pid "), ("fork_and_raise", "None"), ("fork_and_exit", "None")],
)
def test_after_a_fork_only_the_parent_answers(broken: Broken, name: str, text: str) -> None:
    with broken.live.connect() as connection:
        connection.sendall(f"GET /{name} HTTP/1.0\r\n\r\n".encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.count(b"HTTP/1.") == 1
    assert received.partition(b"\r\n\r\n")[2].startswith(text.encode())
    row = broken.live.row(f"/{name}")
    assert (row.status, row.cut) == (200, "")
    assert broken.live.get("/").text == "well"
    if name == "fork_and_raise":
        broken.live.line("ValueError: raised in a fork")
        assert not broken.live.errors("raised in a fork")  # the fork has no channel


def test_a_fork_in_mid_stream(broken: Broken) -> None:
    assert broken.live.get("/fork_in_mid_stream").text == "before after"
    assert broken.live.row("/fork_in_mid_stream").size_bytes == len("before after")


def test_a_fork_while_loading_does_not_serve(serve: Serve) -> None:
    live = serve(
        "import os\n"
        "child = os.fork()\n"
        "print('I am', os.getpid(), 'with', child, flush=True)\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return [str(os.getpid()).encode()]\n"
    )
    serving = live.serving()
    child = int(live.line(f"I am {serving.pid} with ").text.split()[-1])
    assert eventually(lambda: not alive(child))
    assert {live.get().text for _ in range(10)} == {str(serving.pid)}
    live.until(lambda: len(live.all(RequestFinished)) == 10)


@pytest.mark.parametrize(
    "name",
    [
        "forks",
        "fork_with_own_session",
        "fork_with_own_group",
        "fork_with_nothing_open",
        "own_group",
        "join_the_dashboards_group",
        "own_session",
    ],
)
def test_processes_that_leave_the_group(broken: Broken, name: str) -> None:
    """They hold no port while the session runs; the fixture checks that they end with it."""
    broken.answer(name)
    assert broken.live.get("/").text == "well"


@pytest.mark.parametrize(
    "name",
    [
        "kill_itself",
        "end_itself",
        "crash",
        pytest.param(
            "recurse_without_end",
            marks=pytest.mark.skipif(
                sys.version_info[:2] == (3, 12) or sys.version_info >= (3, 14),
                reason="this Python ends a recursion through C by an error",
            ),
        ),
    ],
)
def test_a_process_that_dies(broken: Broken, name: str) -> None:
    generation = broken.live.session.generation
    broken.begin(name)
    broken.live.wait_for(ServerExited, lambda event: event.generation == generation)
    broken.live.wait_for_state(State.CRASHED)


@pytest.mark.parametrize("name", ["stop_itself", "keep_the_interpreter"])
def test_a_process_that_hangs(broken: Broken, name: str) -> None:
    broken.begin(name)


def test_a_process_that_ignores_every_signal(broken: Broken) -> None:
    broken.answer("trap_every_signal")
    assert broken.live.get("/").text == "well"


# -- the interpreter ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "change_the_folder",
        "clear_the_environment",
        "replace_the_streams",
        "close_the_streams",
        "configure_logging",
        "threads_without_end",
        "forbid_recursion",
    ],
)
def test_losing_things_that_the_server_does_not_need(broken: Broken, name: str) -> None:
    broken.answer(name)
    assert broken.live.get("/").text == "well"


@pytest.mark.parametrize(
    "name",
    [
        "delete_the_streams",
        "no_more_threads",
        "trace_and_raise",
        "patch_the_library",
        "spoil_the_builtins",
    ],
)
def test_losing_things_that_every_server_needs(broken: Broken, name: str) -> None:
    with suppress(HTTPException, OSError):
        broken.live.get(f"/{name}")


def test_a_process_that_eats_all_memory(broken: Broken) -> None:
    generation = broken.live.session.generation
    with suppress(HTTPException, OSError):
        broken.live.get("/allocate_without_end")

    def told() -> bool:
        exited = {event.generation for event in broken.live.all(ServerExited)}
        return bool(broken.live.errors("MemoryError")) or generation in exited

    broken.live.until(told)


def test_a_killed_standby(broken: Broken) -> None:
    until_warm(broken.live)
    broken.answer("kill_the_others_that_devtui_started")
