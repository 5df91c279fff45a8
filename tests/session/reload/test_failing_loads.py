"""Loads that fail or end the process, for the first load and for a reload, until the fix."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from devtui.events import AppFailed, LogWritten, ServerExited, StateChanged
from devtui.session.state import State
from tests.support.live import Live
from tests.support.projects import write

pytestmark = pytest.mark.e2e

WORKS = """\
def create_app():
    return app

def app(environ, start_response):
    start_response("200 OK", [])
    return [b"works"]
"""

# What is saved, and what it is called in the error.
FAILURES = {
    "syntax": ("def create_app(:\n", "SyntaxError"),
    "import": ("from flask import Flsk\n", "ImportError"),
    "missing-module": ("import nothing_of_this_name\n", "ModuleNotFoundError"),
    "at-import": ("1 / 0\n", "ZeroDivisionError"),
    "factory": ("def create_app():\n    raise ValueError('in the factory')\n", "ValueError"),
    "exit": ("import sys\nsys.exit('left')\n", "SystemExit"),
    "interrupt": ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    "warning-as-error": (
        "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('old')\n",
        "UserWarning",
    ),
}

Serve = Callable[..., Live]


def test_first_loads_fail_until_the_fix(serve: Serve, folder: Path) -> None:
    sources = [source for source, _ in FAILURES.values()]
    live = serve(sources[0], app="app:create_app")
    for generation, (name, (source, kind)) in enumerate(FAILURES.items(), 1):
        if generation > 1:
            write(folder, {"app.py": source})
        failure = live.wait_for(AppFailed, lambda event, n=generation: event.generation == n)
        assert (failure.reload, failure.error.exceptions[0].type) == (False, kind), name
        place = failure.error.exceptions[0].frames[-1]
        assert (place.file, place.own) == (str(folder / "app.py"), True), name
        exited = live.wait_for(ServerExited, lambda event, n=generation: event.generation == n)
        assert (exited.exit_code, exited.expected) == (1, True), name  # it was told why
        live.wait_for_state(State.FAILED)
        assert live.refuses(), name
        assert len(live.session.store.errors) == generation, name
    port = live.session.settings.port
    write(folder, {"app.py": WORKS})
    live.serving(len(FAILURES) + 1)
    assert live.session.settings.port == port
    assert live.get().text == "works"
    states = [event.state for event in live.all(StateChanged)]
    assert states == [*["failed", "starting"] * len(FAILURES), "serving"]


def test_reloads_fail_until_the_fix(serve: Serve, folder: Path) -> None:
    live = serve(WORKS, app="app:create_app")
    live.serving()
    for number, (name, (source, kind)) in enumerate(FAILURES.items(), 1):
        write(folder, {"app.py": source})
        live.reloaded(failed=True, count=number)
        failure = live.wait_for(AppFailed, lambda event, n=number + 1: event.generation == n)
        assert (failure.reload, failure.error.exceptions[0].type) == (True, kind), name
        for _ in range(2):
            answer = live.get("/any", headers={"Accept": "application/json"})
            assert answer.status == 500, name
            assert kind in answer.text, name
            assert kind in live.get("/any", headers={"Accept": "text/html"}).text, name
        assert len(live.session.store.errors) == number, name
    write(folder, {"app.py": WORKS})
    live.reloaded()
    assert live.get().text == "works"


def test_a_reload_finds_the_module_deleted(serve: Serve, folder: Path) -> None:
    live = serve(WORKS)
    live.serving()
    (folder / "app.py").unlink()
    live.reloaded(failed=True)
    failure = live.failed("There is no module 'app'")
    assert failure.error.exceptions == ()
    assert "There is no module 'app'" in live.get().text
    write(folder, {"app.py": WORKS})
    live.reloaded()
    assert live.get().text == "works"


def frames_of(live: Live) -> str:
    failure = live.failed()
    ask = live.session.questions.evaluate

    async def answer() -> str:
        number = len(failure.error.exceptions[0].frames) - 1
        answered = await ask(failure, (0,), number, "a * 6").answer
        return answered.value or answered.reason

    return live.run(answer())


def test_a_reload_finds_the_module_empty(serve: Serve, folder: Path) -> None:
    """An empty file may be one that is being written: it is waited for, and then taken as it is."""
    live = serve(WORKS, app="app:create_app")
    live.serving()
    write(folder, {"app.py": ""})
    failure = live.failed("create_app")
    assert (failure.reload, failure.generation) == (True, 2)
    answer = live.get("/", headers={"Accept": "application/json"})
    assert answer.status == 500
    assert "create_app" in answer.text
    write(folder, {"app.py": WORKS})
    live.reloaded()
    assert live.get().text == "works"


def test_the_frames_of_a_failed_reload_can_be_asked(serve: Serve, folder: Path) -> None:
    live = serve(WORKS)
    live.serving()
    write(folder, {"app.py": "a = 7\n1 / 0\n"})
    live.reloaded(failed=True)
    assert frames_of(live) == "42"


def test_the_frames_of_a_failed_first_load_are_gone_with_it(serve: Serve) -> None:
    live = serve("a = 7\n1 / 0\n")
    live.wait_for(ServerExited)
    assert frames_of(live) == "The frames belonged to generation 1, which has ended."


# -- loads that do not end ------------------------------------------------------------------------

LOOPS = "print('loading', flush=True)\nwhile True:\n    pass\n"
HANGS_IN_C = "import time\nprint('loading', flush=True)\ntime.sleep(600)\n"


@pytest.mark.parametrize("source", [LOOPS, HANGS_IN_C], ids=["loop", "sleep"])
@pytest.mark.parametrize("by", ["save", "restart"])
def test_a_first_load_that_hangs(serve: Serve, folder: Path, source: str, by: str) -> None:
    live = serve(source)
    live.line("loading")
    assert live.session.served.loading_since is not None
    assert live.session.state is State.STARTING
    if by == "restart":
        live.call(live.session.restart)
        live.wait_for(LogWritten, lambda event: event.generation == 2)
    write(folder, {"app.py": WORKS})
    live.until(lambda: live.session.state is State.SERVING)
    assert live.get().text == "works"


@pytest.mark.parametrize("source", [LOOPS, HANGS_IN_C], ids=["loop", "sleep"])
def test_a_reload_that_hangs(serve: Serve, folder: Path, source: str) -> None:
    live = serve(WORKS)
    live.serving()
    write(folder, {"app.py": source})
    live.line("loading")
    assert live.session.state is State.RELOADING
    answers: list[str] = []
    waits = threading.Thread(target=lambda: answers.append(live.get().text))
    waits.start()  # in the backlog, until there is code to answer it
    write(folder, {"app.py": WORKS})
    live.reloaded()
    waits.join(20)
    assert answers == ["works"]


def test_leaving_while_a_load_hangs(serve: Serve) -> None:
    live = serve(LOOPS)
    live.line("loading")
    live.close()


# -- processes that die ---------------------------------------------------------------------------

DEATHS = {
    "exit": ("import os\nos._exit(3)\n", 3, None, ""),
    "segfault": (
        "import faulthandler\nfaulthandler._sigsegv()\n",
        None,
        "SIGSEGV",
        "Fatal Python error: Segmentation fault",
    ),
    "abort": ("import os\nos.abort()\n", None, "SIGABRT", "Fatal Python error: Aborted"),
    "killed": ("import os, signal\nos.kill(os.getpid(), 9)\n", None, "SIGKILL", ""),
}


@pytest.mark.parametrize("reload", [False, True], ids=["first load", "reload"])
def test_loads_that_kill_the_process(serve: Serve, folder: Path, reload: bool) -> None:
    sources = [source for source, *_ in DEATHS.values()]
    live = serve(WORKS if reload else sources[0])
    if reload:
        live.serving()
        write(folder, {"app.py": sources[0]})
    for generation, (death, (source, status, name, said)) in enumerate(DEATHS.items(), 1 + reload):
        if source != sources[0]:
            write(folder, {"app.py": source})
        exited = live.wait_for(ServerExited, lambda event, n=generation: event.generation == n)
        assert (exited.exit_code, exited.signal, exited.expected) == (status, name, False), death
        live.wait_for_state(State.CRASHED)
        if said:
            lines = [line for line in live.lines() if line.generation == generation]
            assert [line for line in lines if said in line.text], death
            assert [line for line in lines if f'File "{folder / "app.py"}"' in line.text], death
        assert live.refuses(), death
    write(folder, {"app.py": WORKS})
    live.serving(len(DEATHS) + 1 + reload)
    assert live.get().text == "works"
