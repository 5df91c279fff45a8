"""The server process itself: it ends when nobody listens any more, and takes its children along."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from devtui.events import AnyEvent, LogWritten, ServerStarted, Serving, decode_event
from tests.support.live import Serve
from tests.support.processes import alive, eventually
from tests.support.projects import app_environment, app_source, write

pytestmark = pytest.mark.e2e

InFork = Callable[..., Any]

ANSWERS = """\
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"answered"]
"""

CHILD = """\
import subprocess
child = subprocess.Popen(["sleep", "600"])
print("child", child.pid, flush=True)
"""

LOADING = "import time\nprint('loading', flush=True)\ntime.sleep(600)\n"
STUBBORN = "import threading\nthreading.Thread(target=threading.Event().wait).start()\n"


class Program:
    """The real program with `--json`, and what it said."""

    def __init__(self, folder: Path) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "devtui", "app", "--json", "--port", "0"],
            cwd=folder,
            env=dict(app_environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        self.said: list[AnyEvent] = []

    def read_to(self, kind: type[AnyEvent], text: str = "") -> AnyEvent:
        """Read up to an event of the kind, with this in it. The test's timeout is the deadline."""
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self.said.append(decode_event(line))
            if isinstance(self.said[-1], kind) and text in line.decode():
                return self.said[-1]
        raise AssertionError(f"no {kind.__name__} in {self.said}")

    def pids(self) -> list[int]:
        """The server processes and the children that they told of."""
        servers = [event.pid for event in self.said if isinstance(event, ServerStarted)]
        lines = [event.text.split() for event in self.said if isinstance(event, LogWritten)]
        return servers + [int(words[1]) for words in lines if words[:1] == ["child"]]

    def finish(self) -> None:
        self.popen.kill()
        self.popen.communicate(timeout=20)
        for pid in filter(alive, self.pids()):
            psutil.Process(pid).kill()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.mark.parametrize(
    ("source", "ready"),
    [
        (CHILD + ANSWERS, Serving),
        (CHILD + STUBBORN + ANSWERS, Serving),
        (CHILD + LOADING, LogWritten),
    ],
    ids=["serving", "stubborn", "loading"],
)
def test_nothing_is_left_where_the_session_is_killed(
    folder: Path, stack: ExitStack, source: str, ready: type[AnyEvent]
) -> None:
    write(folder, {"app.py": source})
    program = Program(folder)
    stack.callback(program.finish)
    program.read_to(LogWritten, "child")
    if ready is LogWritten:
        program.read_to(LogWritten, "loading")
    else:
        program.read_to(ready)
    pids = program.pids()
    assert len(pids) == 2
    assert all(map(alive, pids))
    program.popen.kill()
    assert eventually(lambda: not any(map(alive, pids))), list(map(alive, pids))


def test_the_server_has_a_process_group_of_its_own(serve: Serve) -> None:
    live = serve(ANSWERS)
    pid = live.serving().pid
    assert os.getpgid(pid) == pid != os.getpgid(0)


def test_what_is_ordered_ahead_is_done_before_the_load(in_fork: InFork) -> None:
    code = app_source("standby/ordered_ahead.py")
    assert in_fork(code) == [True, [["warm", True], "look"]]


def test_what_no_first_response_waits_for(serve: Serve) -> None:
    live = serve(
        "import sys\ndef app(environ, start_response):\n    start_response('200 OK', [])\n"
        "    return [' '.join(sys.modules).encode()]\n"
    )
    waits = {"werkzeug.debug", "multiprocessing", "ctypes", "asyncio", "runpy", "django"}
    waits |= {f"devtui.server.{room}" for room in ("standby.standby", "django_project.checks")}
    if sys.version_info >= (3, 11):
        waits.add("typing_extensions")
    live.serving()
    assert not sorted(waits & set(live.get("/").text.split()))


def test_cleaning_up_is_done_at_the_end(serve: Serve) -> None:
    live = serve("import atexit\natexit.register(print, 'cleaned up', flush=True)\n" + ANSWERS)
    live.serving()
    live.close()
    assert live.lines("cleaned up")


def test_the_app_s_arguments_are_those_of_the_program(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["devtui", "app", "--port", "0"])
    live = serve("import sys\nprint('argv', sys.argv, flush=True)\n" + ANSWERS)
    assert live.line("argv").text == "argv ['devtui', 'app', '--port', '0']"


def test_files_of_the_user_s_do_not_stand_in_for_what_we_need(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)  # where Python looks for modules first
    names = ("json", "queue", "signal", "selectors", "msgspec", "werkzeug", "devtui")
    wrong = {f"{name}.py": f"raise SystemExit('the wrong {name}')\n" for name in names}
    live = serve({**wrong, "app.py": ANSWERS})
    live.serving()
    assert live.get().text == "answered"


def test_env_files_are_read_for_the_app_and_again_at_a_reload(serve: Serve, folder: Path) -> None:
    pytest.importorskip("dotenv")
    shows = ANSWERS.replace('b"answered"', "os.environ['COLOR'].encode()")
    live = serve({"app.py": "import os\n" + shows, ".env": "COLOR=red\n"}, reload=True)
    live.serving()
    assert live.get().text == "red"
    write(folder, {".env": "COLOR=blue\n"})
    live.reloaded()
    assert live.get().text == "blue"
