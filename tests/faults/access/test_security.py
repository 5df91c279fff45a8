"""Other users get no access: not to sockets, files, the channel or evaluation."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from devtui import demo
from devtui.dashboard.desktop import clipboard
from devtui.events import Evaluate, Evaluated, encode
from tests.support import processes
from tests.support.live import Live, Serve
from tests.support.projects import app_source, write
from tests.support.terminal.starter import Devtui

HTML = {"Accept": "text/html"}

# The states of connections: include/net/tcp_states.h and include/linux/net.h of Linux.
ACCEPTS = 0x10000

linux = pytest.mark.skipif(sys.platform != "linux", reason="it is read from Linux's /proc")


@contextmanager
def careless_umask() -> Iterator[None]:
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """List what in a folder users other than the owner may read, write or enter."""
    return [
        f"{stat.filemode(path.lstat().st_mode)} {path}"
        for path in folder.rglob("*")
        if not path.is_symlink() and path.stat().st_mode & 0o077
    ]


# -- sockets -----------------------------------------------------------------------------------


def listening(of: list[psutil.Process]) -> set[str]:
    """List every socket on which these processes accept connections or datagrams."""
    pids = {process.pid for process in of}
    found = {
        "{} {}:{}".format("udp" if entry.type == 2 else "tcp", *entry.laddr)
        for entry in psutil.net_connections("inet")
        if entry.pid in pids and (entry.status == psutil.CONN_LISTEN or entry.type == 2)
    }
    inodes = {target for pid in pids for target in descriptors(pid).values()}
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        if f"socket:[{fields[6]}]" in inodes and int(fields[3], 16) & ACCEPTS:
            found.add(f"unix {' '.join(fields[7:])}")
    return found


def descriptors(pid: int) -> dict[int, str]:
    """Map each open descriptor of a process to its target."""
    found = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found[int(entry.name)] = os.readlink(entry)
        except FileNotFoundError:
            continue  # it has just been closed
    return found


@linux
@pytest.mark.e2e
def test_only_the_port_of_the_app_listens(devtui: Devtui, free_port: int, tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "def app(environ, start_response):\n    raise ValueError\n"})
    tmp_path.chmod(0o700)
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}
    terminal = devtui("app", "--port", free_port, environment=runtime, standby=True)
    terminal.wait_for(re.compile(r"\bserving\b", re.I), 20)
    assert processes.eventually(lambda: len(processes.marked(devtui.mark)) == 3, 20)  # a standby
    of = processes.marked(devtui.mark)
    assert processes.eventually(lambda: len(listening(of)) == 2, 20)
    control, app = sorted(listening(of), reverse=True)
    assert app == f"tcp 127.0.0.1:{free_port}"
    # The session alone has the control socket.
    assert control.startswith("unix ")
    assert open_to_others(Path(control.removeprefix("unix ")).parent) == []
    assert control not in listening([one for one in of if one.pid != terminal.pid])
    terminal.press("q")
    terminal.expect_exit(0)


# -- files on disk -------------------------------------------------------------------------


def test_only_the_owner_can_read_our_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with careless_umask():
        folder = demo.make_copy()
        copied = clipboard.copy("a secret", None, {"PATH": ""})
    assert folder.parent == tmp_path
    assert str(tmp_path) in copied
    assert len(list(tmp_path.iterdir())) == 2
    assert open_to_others(tmp_path) == []


@pytest.mark.e2e
def test_a_whole_session_leaves_nothing_for_others(devtui: Devtui, tmp_path: Path) -> None:
    port = processes.free_port()
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    places = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    with careless_umask():
        terminal = devtui("--demo", "--port", port, environment=places)
    terminal.wait_for(re.compile(r"\bserving\b", re.I), 20)
    assert list((tmp_path / "tmp").iterdir())  # the copy
    # Others cannot reach files in a folder that they may not enter.
    tops = [*(tmp_path / "tmp").iterdir(), *(tmp_path / "home").iterdir()]
    assert [path for path in tops if path.stat().st_mode & 0o077] == []
    terminal.press("q")
    terminal.expect_exit(0)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert list((tmp_path / "home").iterdir()) == []


# -- the channel -------------------------------------------------------------------------------

SPAWNING = app_source("faults/spawning.py")


@linux
def test_programs_of_the_app_inherit_no_descriptor_of_ours(serve: Serve) -> None:
    live = serve(SPAWNING)
    live.serving()
    for how in ("subprocess", "system", "spawn"):
        found = json.loads(live.get(f"/{how}").text)
        # 0 to 2, and the folder that it lists
        assert {number for number in found if int(number) > 2} <= {"3"}, (how, found)
        assert not [target for target in found.values() if target.startswith("socket:")], how


@linux
def test_the_channel_has_no_name(serve: Serve) -> None:
    live = serve(SPAWNING)
    sockets = {
        number: target
        for number, target in descriptors(live.serving().pid).items()
        if target.startswith("socket:")
    }
    assert len(sockets) >= 2  # the listener, the channel
    for number in sockets:
        # A socket cannot be opened through /proc, not even by its owner.
        with pytest.raises(OSError, match="No such device") as caught:
            os.open(f"/proc/{live.serving().pid}/fd/{number}", os.O_RDWR)
        assert caught.value.errno == errno.ENXIO
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        assert f"socket:[{fields[6]}]" not in sockets.values() or len(fields) == 7, line


@linux
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_can_open_no_descriptor(serve: Serve) -> None:
    live = serve(SPAWNING)
    attempt = app_source("faults/opening_descriptors.py")
    result = subprocess.run(
        [_system_python(), "-c", attempt, str(live.serving().pid), str(os.getpid())],
        user=65534,
        group=65534,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)


def _system_python() -> str:
    """Find an interpreter that another user may run; root's home is closed to them."""
    for path in ("/usr/bin/python3", sys.executable):
        try:
            subprocess.run([path, "-c", ""], user=65534, cwd="/", check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return path
    pytest.skip("no interpreter here can be run by another user")


# -- evaluation --------------------------------------------------------------------------------

FAILING = app_source("faults/failing.py")


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None
    return match[1]


@pytest.fixture
def console(serve: Serve, folder: Path) -> tuple[Live, Callable[..., int], Path]:
    """Run code that creates a file in a page of Werkzeug's debugger; return the status."""
    live = serve(FAILING)
    live.serving()
    page = live.get("/fail", headers=HTML).text
    secret, frame = found(r'SECRET = "(\w+)"', page), found(r'id="frame-(\d+)"', page)
    made = folder / "made"
    code = quote(f"open({str(made)!r}, 'w').close()")

    def run(**headers: str) -> int:
        target = f"/fail?__debugger__=yes&cmd={code}&frm={frame}&s={secret}"
        return live.get(target, headers=headers).status

    return live, run, made


@pytest.mark.e2e
def test_the_browser_s_console_needs_a_trusted_host_and_the_pin(
    console: tuple[Live, Callable[..., int], Path],
) -> None:
    live, run, made = console
    pin = live.pin()
    page = live.get("/fail", headers=HTML).text
    secret = found(r'SECRET = "(\w+)"', page)
    unlock = f"/fail?__debugger__=yes&cmd=pinauth&pin={pin}&s={secret}"
    assert live.get(unlock, headers={"Host": "evil.example"}).status == 400
    run()  # without the cookie the app handles it
    assert not made.exists()
    cookie = live.get(unlock).headers["Set-Cookie"].partition(";")[0]
    for host in ("evil.example", "evil.example:5000", "localhost.evil.example", "127.0.0.1.evil"):
        assert run(Host=host, Cookie=cookie) == 400
    assert not made.exists()
    assert run(Cookie=cookie) == 200  # a client with both may
    assert made.exists()


def test_no_request_reaches_devtui_s_evaluation(serve: Serve, folder: Path) -> None:
    live = serve(FAILING)
    live.serving()
    live.visit("/fail")
    (error,) = live.errors("here")
    source = f"open({str(folder / 'made')!r}, 'w').close()"
    order = encode(
        Evaluate(ask_id="x", error_id=error.error_id, exception=(0,), frame=0, source=source)
    )
    for target in ("/", "/evaluate", "/devtui", "/__devtui__", "/.well-known/devtui"):
        for method in ("GET", "POST"):
            assert live.request(method, target, order).text == f"the app's own: {target}"
    for header in ("Host", "X-Devtui", "Cookie"):
        try:
            live.get("/", headers={header: order.decode().strip()})
        except (HTTPException, ConnectionError):
            continue  # the server may refuse such a Host
    assert live.get("/").status == 200
    assert not (folder / "made").exists()
    assert live.all(Evaluated) == []


def test_with_debug_mode_off_nothing_is_evaluated(serve: Serve, folder: Path) -> None:
    live = serve(FAILING, debug=False, debugger=False, reload=False)
    live.serving()
    for target in ("/fail?__debugger__=yes&cmd=resource&f=style.css", "/console"):
        answer = live.get(target, headers=HTML)
        assert "SECRET" not in answer.text
        assert answer.status == (500 if target.startswith("/fail") else 200)
    live.visit("/fail")
    assert live.session.generations.pin is None
