"""A save is served, the newest one, and nothing of the old code comes after it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

import psutil
import pytest

from devtui.events import (
    AppFailed,
    AppLoaded,
    Reloaded,
    ServerExited,
    ServerStarted,
)
from devtui.session.reload import reloader
from tests.support.live import Serve, until_warm
from tests.support.processes import alive, eventually
from tests.support.projects import app_source, says, write

pytestmark = pytest.mark.e2e


def write_in_place(path: Path, text: str, pause: float) -> None:
    """Save as some editors do: empty the file, and write it a while later."""
    with open(path, "w", encoding="utf-8") as file:
        time.sleep(pause)
        file.write(text)


# -- the warm standby ----------------------------------------------------------------------------


def test_the_standby_is_used(serve: Serve, folder: Path) -> None:
    live = serve("import sqlite3\n" + says("one"))
    live.serving()
    until_warm(live)
    standby = live.session.generations.standby_pid
    write(folder, {"app.py": "import sqlite3\n" + says("two")})
    reloaded = live.reloaded()
    assert reloaded.standby
    assert live.session.generations.pid == standby
    assert 0 < reloaded.stopped_ms < reloaded.loaded_ms < reloaded.duration_ms
    assert live.get("/").text == "two"


def test_a_save_before_the_standby_is_there(serve: Serve, folder: Path) -> None:
    live = serve(says("0"))
    live.serving()
    for count in range(1, 6):
        write(folder, {"app.py": says(str(count))})
        live.reloaded(count=count)
        assert live.get("/").text == str(count)


def test_a_save_before_the_standby_is_there_says_so(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloader, "FIRST_STANDBY_DELAY_SECONDS", 60)
    monkeypatch.setattr(reloader, "STANDBY_DELAY_SECONDS", 60)
    live = serve(says("one"))
    live.serving()
    write(folder, {"app.py": says("two")})
    reloaded = live.reloaded()
    assert not reloaded.standby
    assert reloaded.stepped_back == "no process had been started ahead yet"


def test_an_app_that_is_installed_is_imported_ahead(serve: Serve, folder: Path) -> None:
    files = {"site-packages/shop.py": "import sqlite3\n" + says("one")}
    live = serve(files, "site-packages/shop.py")
    live.serving()
    until_warm(live)
    live.call(live.session.restart)
    reloaded = live.reloaded()
    assert reloaded.standby
    assert reloaded.stepped_back == ""
    assert reloaded.ahead_modules >= 2


def test_without_the_reloader_there_is_no_standby(serve: Serve) -> None:
    live = serve(says("one"), reload=False)
    live.serving()
    live.call(live.session.restart)
    assert not live.reloaded().standby
    assert live.session.generations.standby_pid is None


def test_the_standby_goes_with_the_session(serve: Serve) -> None:
    live = serve(says("one"))
    live.serving()
    until_warm(live)
    standby = live.session.generations.standby_pid
    assert standby is not None
    live.close()
    assert not alive(standby)


def test_a_standby_that_died_is_no_trouble(serve: Serve, folder: Path) -> None:
    live = serve(says("one"))
    live.serving()
    until_warm(live)
    assert live.session.generations.standby_pid is not None
    psutil.Process(live.session.generations.standby_pid).kill()
    assert eventually(lambda: not alive(live.session.generations.standby_pid or 0))
    write(folder, {"app.py": says("two")})
    reloaded = live.reloaded()
    assert live.get("/").text == "two"
    assert not reloaded.standby
    assert "has ended" in reloaded.stepped_back


def test_restarting_from_nothing(serve: Serve) -> None:
    live = serve(says("one"))
    live.serving()
    until_warm(live)
    standby = live.session.generations.standby_pid
    live.call(live.session.restart_from_nothing)
    reloaded = live.reloaded()
    assert not reloaded.standby
    assert reloaded.cause == "restarted from nothing"
    assert live.session.generations.pid != standby
    assert not alive(standby or 0)


# -- never stale ---------------------------------------------------------------------------------


@pytest.mark.parametrize("warm", [True, False])
def test_two_saves_of_equal_size_within_a_second(serve: Serve, folder: Path, warm: bool) -> None:
    app = "from part import app\n"
    live = serve({"app.py": app, "part.py": says("one")})
    live.serving()
    for count, texts in ((1, ("two", "six")), (2, ("ten", "nil"))):
        if warm:
            until_warm(live)
        # Both within one second: begin at its start.
        assert eventually(lambda: time.time() % 1 < 0.2)
        write(folder, {"part.py": says(texts[0])})
        live.reloaded(count=2 * count - 1)
        write(folder, {"part.py": says(texts[1])})
        live.reloaded(count=2 * count)
        assert live.get("/").text == texts[1]
    assert os.path.getsize(folder / "part.py") == len(says("one"))


@pytest.mark.parametrize("pause", [0.0, 0.04, 0.1])
def test_a_half_written_file_is_not_served(serve: Serve, folder: Path, pause: float) -> None:
    live = serve(says("0"))
    live.serving()
    for count in range(1, 4):
        until_warm(live)
        before = live.session.generation  # on a busy machine one save may have come as two
        write_in_place(folder / "app.py", says(str(count)), pause)
        live.wait_for(AppLoaded, lambda event, n=before: event.generation > n)
        assert live.get("/").text == str(count)
    assert not [event for event in live.all(Reloaded) if event.failed]


def test_a_file_that_is_put_aside_first_is_not_missed(serve: Serve, folder: Path) -> None:
    live = serve(says("0"))
    live.serving()
    for count in range(1, 4):
        until_warm(live)
        os.replace(folder / "app.py", folder / "app.py~")
        time.sleep(0.02)
        (folder / "app.py").write_text(says(str(count)))
        live.wait_for(AppLoaded, lambda event, n=count: event.generation > n)
        assert eventually(lambda n=count: live.get("/").text == str(n))
    assert not [event for event in live.all(Reloaded) if event.failed]


def test_a_save_every_50_ms_ends_with_the_last(serve: Serve, folder: Path) -> None:
    before = {child.pid for child in psutil.Process().children()}  # those of other tests
    live = serve(says("000"))
    live.serving()
    for number in range(1, 41):
        write(folder, {"app.py": says(f"{number:03}")})
        time.sleep(0.05)
    assert eventually(lambda: live.get("/").text == "040")
    until_warm(live)
    assert live.get("/").text == "040"
    started = {event.pid for event in live.all(ServerStarted)}
    running = {pid for pid in started if alive(pid)}
    assert running == {live.session.generations.pid}
    children = {child.pid for child in psutil.Process().children()}
    assert children - before <= {live.session.generations.pid, live.session.generations.standby_pid}


def test_no_request_after_the_change_was_seen_gets_the_old_code(serve: Serve, folder: Path) -> None:
    live = serve(says("0"))
    live.serving()
    answers: list[tuple[float, str]] = []
    done = threading.Event()

    def ask() -> None:
        while not done.wait(0.001):
            began = time.time()
            answers.append((began, live.get("/").text))

    client = threading.Thread(target=ask)
    client.start()
    try:
        for count in range(1, 7):
            write(folder, {"app.py": says(str(count))})
            live.reloaded(count=count)
    finally:
        done.set()
        client.join()
    # The order to end goes out with the change, and nothing answers for a process that has ended.
    ended = [event.at.timestamp() for event in live.all(ServerExited)]
    assert len(ended) == 6
    for began, text in answers:
        assert int(text) >= sum(at < began for at in ended), (began, text, ended)
    assert [int(text) for _, text in answers] == sorted(int(text) for _, text in answers)


def test_the_old_process_is_gone_before_the_new_code_runs(serve: Serve, folder: Path) -> None:
    live = serve({"app.py": "import part\n" + says("0"), "part.py": app_source("reload/alone.py")})
    live.serving()
    for count in range(1, 4):
        until_warm(live)
        write(folder, {"app.py": "import part\n" + says(str(count))})
        live.reloaded(count=count)
        assert live.get("/").text == str(count)


# -- requests in flight --------------------------------------------------------------------------

STREAM = """
if path == "/events":
    start_response("200 OK", [("Content-Type", "text/event-stream")])
    def events():
        while True:
            yield b"data: x\\n\\n"
            time.sleep(0.05)
    return events()
if path == "/poll":
    print("polled", flush=True)
    time.sleep(60)
if path == "/brief":
    print("brief", flush=True)
    time.sleep(0.2)
"""


@pytest.mark.parametrize("grace", [0.5, 0.0])
@pytest.mark.parametrize("target", ["/events", "/poll"])
def test_an_open_request_is_cut_after_the_grace(
    serve: Serve, folder: Path, target: str, grace: float
) -> None:
    live = serve(says("one", STREAM), grace=grace)
    live.serving()
    until_warm(live)
    with live.connect() as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        if target == "/events":
            connection.recv(1)
        else:
            live.line("polled")
        write(folder, {"app.py": says("two", STREAM)})
        reloaded = live.reloaded()
        row = live.row(target)
    assert reloaded.stopped_ms >= grace * 1000
    assert row.cut == "cut by reload"
    assert row.status is None or target == "/events"
    assert row.duration_ms >= grace * 1000
    assert live.session.generations.running == 0
    assert live.get("/").text == "two"


def test_a_brief_request_ends_within_the_grace(serve: Serve, folder: Path) -> None:
    live = serve(says("one", STREAM))
    live.serving()
    until_warm(live)
    with live.connect() as connection:
        connection.sendall(b"GET /brief HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        live.line("brief")
        write(folder, {"app.py": says("two", STREAM)})
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"one" in answer
    assert (live.row("/brief").status, live.row("/brief").cut) == (200, "")
    live.reloaded()
    assert live.get("/").text == "two"


# -- stopping for real ---------------------------------------------------------------------------

STUBBORN = {
    "thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n",
    "atexit": "import atexit, time\natexit.register(time.sleep, 600)\n",
    "SIGTERM": (
        "import atexit, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "atexit.register(time.sleep, 600)\n"
    ),
    "grandchildren": (
        "import subprocess\nsubprocess.Popen(['sh', '-c', 'trap \"\" TERM; sleep 600 & wait'])\n"
    ),
}


@pytest.mark.parametrize("how", STUBBORN)
def test_a_stubborn_process_is_gone_in_time(serve: Serve, folder: Path, how: str) -> None:
    live = serve(STUBBORN[how] + says("one"))
    old = live.serving().pid
    group = [old, *(child.pid for child in psutil.Process(old).children(recursive=True))]
    assert len(group) > 1 or how != "grandchildren"
    until_warm(live)
    write(folder, {"app.py": says("two")})
    live.reloaded()
    assert live.get("/").text == "two"
    assert eventually(lambda: not any(alive(pid) for pid in group))


def test_many_reloads_refuse_nothing(serve: Serve, folder: Path) -> None:
    live = serve(says("000"))
    live.serving()
    statuses: list[object] = []
    done = threading.Event()

    def ask() -> None:
        while not done.wait(0.001):
            try:
                statuses.append(live.get("/").status)
            except OSError as error:
                statuses.append(error)

    clients = [threading.Thread(target=ask) for _ in range(2)]
    for client in clients:
        client.start()
    try:
        for count in range(1, 7):
            write(folder, {"app.py": says(f"{count:03}")})
            live.reloaded(count=count)
    finally:
        done.set()
        for client in clients:
            client.join()
    assert set(statuses) == {200}


_READS = """
def app(environ, start_response):
    start_response("200 OK", [])
    return [open("data", "rb").read()]
"""


def test_a_project_that_is_deleted_and_made_again_is_served_from_the_new_folder(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session stands in it, and its server processes have to be in the one that is there."""
    monkeypatch.chdir(folder)
    live = serve(says("one"))
    live.serving()
    until_warm(live)
    shutil.rmtree(folder)
    live.wait_for(AppFailed)
    folder.mkdir()
    write(folder, {"data": "two", "app.py": _READS})

    def new() -> bool:
        try:
            return live.get("/").text == "two"
        except OSError:
            return False

    assert eventually(new, 30), live.told()
