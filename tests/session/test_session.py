"""The life of a session, with real server processes, real files and real requests."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import psutil
import pytest

from devtui.config.settings import Settings
from devtui.events import (
    AppFailed,
    AppLoaded,
    ErrorRaised,
    FilesChanged,
    PortBusy,
    Reloaded,
    RequestFinished,
    ServerExited,
    ServerStarted,
    Serving,
    StateChanged,
)
from devtui.ports.bind import PortRefused
from devtui.session.session import Session
from devtui.session.state import State
from tests.support.live import Live, Serve, until_warm
from tests.support.processes import alive, eventually, free_port
from tests.support.projects import app_environment, says, write

pytestmark = pytest.mark.e2e


BROWSER = {"Accept": "text/html"}

WAITS = says(
    "slow",
    """
    if path == "/wait":
        print("waiting", flush=True)
        time.sleep(60)
    """,
)


def states(live: Live) -> list[str]:
    return [event.state for event in live.all(StateChanged)]


def kinds(live: Live, *wanted: type) -> list[type]:
    return [type(event) for event in live.events if isinstance(event, wanted)]


# -- serving -----------------------------------------------------------------------------------


def test_a_session_serves_and_closes(serve: Serve) -> None:
    live = serve(says("hello"))
    serving = live.serving()
    session = live.session
    assert serving.url == session.url == f"http://127.0.0.1:{session.settings.port}"
    assert serving.pid == session.generations.pid == live.wait_for(ServerStarted).pid
    assert live.get("/x?y=1").text == "hello"
    assert live.row("/x?y=1").status == 200
    assert session.state is State.SERVING
    assert session.served.loaded is not None
    assert session.served.loaded.app == "app:app"
    assert (session.served.loading_since, session.generation) == (None, 1)
    assert session.served.serving_since is not None
    live.close()
    assert kinds(live, ServerStarted, AppLoaded, Serving, RequestFinished, ServerExited) == [
        ServerStarted, AppLoaded, Serving, RequestFinished, ServerExited,
    ]  # fmt: skip
    exited = live.all(ServerExited)[0]
    assert (exited.expected, exited.exit_code, exited.signal) == (True, 0, None)
    assert states(live) == ["serving", "stopped"]
    assert live.refuses()


def test_a_session_on_ipv6(serve: Serve) -> None:
    live = serve(says("six"), host="::1", reload=False)
    assert live.serving().url == f"http://[::1]:{live.session.settings.port}"
    assert live.get("/").text == "six"
    assert live.row("/").client == "::1"


def test_a_session_on_a_unix_socket(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    live = serve(says("unix"), host=f"unix://{path}", reload=False)
    assert live.serving().url == f"unix://{path}"
    assert live.get("/").text == "unix"
    assert live.row("/").client == "unix"
    with pytest.raises(PortRefused, match="no port"):
        live.run(live.session.move(8000))
    live.close()
    assert not path.exists()


def test_a_session_with_tls(serve: Serve) -> None:
    live = serve(says("secret"), cert="adhoc", reload=False)
    assert live.serving().url.startswith("https://127.0.0.1:")
    assert live.get("/").text == "secret"
    assert live.row("/").status == 200


def test_a_certificate_that_cannot_be_read(serve: Serve, tmp_path: Path) -> None:
    """The app was loaded, and nothing can be served all the same; a restart tries again."""
    cert = tmp_path / "cert.pem"
    cert.write_text("no certificate")
    live = serve(says("never"), cert=str(cert), key=str(cert), reload=False)
    assert live.failed().message.startswith("The certificate cannot be used")
    live.wait_for_state(State.FAILED)
    live.call(live.session.restart)
    live.wait_for(ServerStarted, lambda event: event.generation == 2)
    live.wait_for(AppFailed, lambda event: event.generation == 2)
    live.close()


def test_the_port_is_taken(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        live = serve(says("late"), port=port)
        busy = live.wait_for(PortBusy)
        assert (busy.host, busy.port) == ("127.0.0.1", port)
        assert str(port) in busy.message
        assert os.getpid() in [holder.pid for holder in busy.holders]
        assert live.session.state is State.PORT_BUSY
        assert live.all(ServerStarted) == []
        write(live.session.settings.folder, {"app.py": says("saved")})
        live.wait_for(FilesChanged)
        assert live.session.state is State.PORT_BUSY
    live.call(live.session.restart)
    live.serving()
    assert live.session.settings.port == port
    assert live.get("/").text == "saved"


# -- reloading ---------------------------------------------------------------------------------


def test_a_save_reloads(serve: Serve, folder: Path) -> None:
    live = serve(says("old"))
    first = live.serving()
    assert live.get("/").text == "old"
    write(folder, {"app.py": says("new")})
    reloaded = live.reloaded()
    assert reloaded.paths == (str(folder / "app.py"),)
    assert (reloaded.cause, reloaded.generation) == ("files changed", 2)
    assert 0 < reloaded.duration_ms < 20_000
    assert live.get("/").text == "new"
    assert live.serving(2).url == first.url
    assert live.serving(2).pid != first.pid
    assert states(live)[:3] == ["serving", "reloading", "serving"]


def test_a_save_in_mid_load_overtakes_it(serve: Serve, folder: Path) -> None:
    slow = "import time\nprint('loading', flush=True)\ntime.sleep(60)\n"
    live = serve({"app.py": "import part\n" + says("one"), "part.py": ""}, standby=True)
    live.serving()
    until_warm(live)
    write(folder, {"part.py": slow})
    live.line("loading")
    write(folder, {"app.py": says("two")})
    reloaded = live.reloaded()
    assert reloaded.generation == 3
    assert reloaded.paths == (str(folder / "app.py"), str(folder / "part.py"))
    loaded = live.all(AppLoaded)[-1].duration_ms
    since_the_first = live.all(ServerStarted)[-1].at - live.all(FilesChanged)[0].at
    assert reloaded.duration_ms > since_the_first.total_seconds() * 1000 + loaded
    assert live.get("/").text == "two"
    until_warm(live)
    assert len(live.all(Reloaded)) == 1
    assert live.session.generation == 3


def test_a_reload_that_fails_is_served(serve: Serve, folder: Path) -> None:
    live = serve(says("fine"))
    live.serving()
    write(folder, {"app.py": "import nosuchmodule\n"})
    assert live.reloaded(failed=True).generation == 2
    failure = live.failed("nosuchmodule")
    assert failure.reload
    assert failure.error.exceptions[0].type == "ModuleNotFoundError"
    live.wait_for_state(State.SERVING_ERROR)
    assert live.session.served.failure is failure
    answer = live.get("/", headers=BROWSER)
    assert answer.status == 500
    assert "nosuchmodule" in answer.text
    assert "__debugger__" in answer.text
    assert live.row("/").status == 500
    assert live.all(ErrorRaised) == []  # it was told with the load, and is no request's own
    write(folder, {"app.py": says("fixed")})
    assert live.reloaded().generation == 3
    assert live.get("/").text == "fixed"
    assert live.session.served.failure is None
    assert states(live) == [
        "serving", "reloading", "serving the error", "reloading", "serving",
    ]  # fmt: skip


def test_without_the_debugger_a_failed_reload_is_a_plain_500(serve: Serve, folder: Path) -> None:
    live = serve(says("fine"), debugger=False)
    live.serving()
    write(folder, {"app.py": "1/0\n"})
    live.reloaded(failed=True)
    answer = live.get("/", headers=BROWSER)
    assert answer.status == 500
    assert "ZeroDivisionError" not in answer.text
    assert "<h1>Internal Server Error</h1>" in answer.text
    assert live.row("/").status == 500


def test_no_app_is_a_failure_without_a_traceback(serve: Serve, folder: Path) -> None:
    live = serve({"other.py": ""}, app="missing")
    failure = live.failed("missing")
    assert failure.error.exceptions == ()
    assert "Traceback" not in failure.error.text
    live.wait_for_state(State.FAILED)
    write(folder, {"missing.py": says("there")})
    live.serving(2)
    assert live.get("/").text == "there"


def test_an_imported_file_outside_of_the_project_counts_too(serve: Serve, tmp_path: Path) -> None:
    """Also where it lies below a folder of which another file is watched."""
    package = tmp_path / "elsewhere" / "pkg"
    write(package, {"__init__.py": "", "deep/__init__.py": "", "deep/er/mod.py": "TEXT = 'a'\n"})
    source = f"import sys\nsys.path.append({str(package.parent)!r})\n"
    source += "from pkg.deep.er.mod import TEXT\n" + says("").replace("''.encode", "TEXT.encode")
    live = serve(source)
    live.serving()
    assert live.get("/").text == "a"
    write(package, {"deep/er/mod.py": "TEXT = 'b'\n"})
    live.reloaded()
    assert live.get("/").text == "b"


def test_without_the_reloader_a_save_changes_nothing(serve: Serve, folder: Path) -> None:
    live = serve(says("old"), reload=False)
    live.serving()
    write(folder, {"app.py": says("new")})
    live.call(live.session.restart)
    live.reloaded()
    assert live.get("/").text == "new"
    assert live.session.generation == 2


def test_a_restart_by_hand(serve: Serve) -> None:
    live = serve(says("hello"), reload=False)
    live.serving()
    live.call(live.session.restart)
    reloaded = live.reloaded()
    assert (reloaded.cause, reloaded.paths) == ("restarted by hand", ())
    assert live.get("/").text == "hello"
    assert not alive(live.all(ServerStarted)[0].pid)


def test_debug_mode_off_and_on(serve: Serve, folder: Path) -> None:
    live = serve(says("", "1 / 0"))
    live.serving()
    assert "__debugger__" in live.get("/", headers=BROWSER).text
    assert live.pin() == live.session.generations.pin
    live.call(live.session.set_debug, False)
    live.reloaded()
    assert live.session.generations.pin is None
    assert "__debugger__" not in live.get("/", headers=BROWSER).text
    live.call(live.session.set_debug, True)
    live.reloaded(count=2)
    assert live.session.generations.pin == live.pin()


@pytest.mark.parametrize("how", ["restart", "leaving"])
def test_a_request_in_flight_is_cut_and_its_row_says_why(serve: Serve, how: str) -> None:
    live = serve(WAITS, reload=False)
    live.serving()
    with live.connect() as connection:
        connection.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        live.line("waiting")
        if how == "restart":
            live.call(live.session.restart)
        else:
            live.close()
        row = live.row("/wait")
    assert row.cut == f"cut by {how}"
    assert row.status is None
    assert row.duration_ms >= 500  # the grace
    assert live.session.generations.running == 0


# -- moving ------------------------------------------------------------------------------------


def test_moving_to_another_port(serve: Serve) -> None:
    live = serve(says("here"), reload=False)
    live.serving()
    old, new = live.session.settings.port, free_port()
    live.run(live.session.move(new))
    assert live.reloaded().cause == f"moved to port {new}"
    assert live.session.url.endswith(f":{new}")
    assert live.session.settings.port == new
    assert live.get("/").text == "here"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", old), timeout=5)
    live.run(live.session.move(0))
    live.reloaded(count=2)
    assert live.session.settings.port not in (0, new)
    assert live.get("/").text == "here"


def test_a_refused_port_leaves_the_server_where_it_is(serve: Serve) -> None:
    live = serve(says("here"), reload=False)
    live.serving()
    settings, url = live.session.settings, live.session.url
    with socket.create_server(("127.0.0.1", 0)) as other:
        with pytest.raises(PortRefused, match="taken") as refused:
            live.run(live.session.move(other.getsockname()[1]))
        assert refused.value.busy
    assert (live.session.settings, live.session.url) == (settings, url)
    assert live.get("/").text == "here"
    assert live.session.generation == 1
    assert states(live) == ["serving"]


# -- ending ------------------------------------------------------------------------------------


def test_a_server_that_dies_is_not_served_until_a_restart(serve: Serve) -> None:
    live = serve(says("up", 'if path == "/die":\n    os._exit(7)'), reload=False)
    live.serving()
    with live.connect() as connection:
        connection.sendall(b"GET /die HTTP/1.1\r\nHost: x\r\n\r\n")
        exited = live.wait_for(ServerExited)
    assert (exited.exit_code, exited.signal, exited.expected) == (7, None, False)
    live.wait_for_state(State.CRASHED)
    assert live.row("/die").cut == "the server process died"
    port = live.session.settings.port
    assert live.refuses()
    live.call(live.session.restart)
    live.serving(2)
    assert live.session.settings.port == port
    assert live.get("/").text == "up"


def test_a_server_that_is_killed(serve: Serve, folder: Path) -> None:
    live = serve(says("up"))
    psutil.Process(live.serving().pid).kill()
    assert live.wait_for(ServerExited).signal == "SIGKILL"
    live.wait_for_state(State.CRASHED)
    write(folder, {"app.py": says("saved")})
    live.serving(2)
    assert live.get("/").text == "saved"


STUBBORN = """\
import atexit, signal, subprocess, sys, threading, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
print("child", child.pid, flush=True)
atexit.register(time.sleep, 600)
threading.Thread(target=time.sleep, args=(600,)).start()
"""


def test_a_stubborn_app_is_gone_within_the_deadline(serve: Serve) -> None:
    live = serve(STUBBORN + says("never mind"), reload=False)
    server = live.serving().pid
    child = int(live.line("child").text.split()[1])
    assert alive(child)
    live.close()
    assert not alive(server)
    assert eventually(lambda: not alive(child))


def test_closing_in_mid_load(serve: Serve) -> None:
    live = serve("import time\nprint('loading', flush=True)\ntime.sleep(600)\n")
    live.line("loading")
    assert live.session.served.loading_since is not None
    live.close()
    assert states(live) == ["stopped"]
    assert live.all(AppFailed) == []


def test_a_session_that_was_never_run_leaves_nothing(folder: Path) -> None:
    """What happens where the front end cannot be imported."""
    write(folder, {"app.py": says("never")})
    session = Session(Settings(app="app", folder=folder, port=0, environment=app_environment()))
    session.launch()
    pid = session.generations.pid
    assert pid is not None
    session.kill()
    assert eventually(lambda: not alive(pid))
    early: list[object] = []
    session.bus.subscribe(early.append)
    assert [type(event) for event in early] == [ServerStarted]
    session.close()
    asyncio.run(asyncio.wait_for(session.run(), 20))  # the process is reaped, the socket closed
    assert session.state is State.STOPPED
