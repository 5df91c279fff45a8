"""Kinds of holders, and what would restart them: real programs and recorded facts."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any

import pytest

from devtui.config.settings import Settings
from devtui.events import Holder
from devtui.ports import classify, containers, stopping
from devtui.ports.classify import is_server_process, kind_of, unseen
from devtui.ports.holders import holders
from devtui.ports.process_info import Ancestor, ProcessFacts, parse_cgroup, program
from devtui.ports.supervisors import restarts_by
from devtui.server_script import SERVER_SCRIPT
from tests.support.holding import V4, holding, running
from tests.support.processes import eventually, free_port, listens

HERE = Path(__file__).parent
HELLO = """\
from flask import Flask
app = Flask(__name__)
@app.route("/")
def hello():
    return "hello"
"""
SHELL = Ancestor(pid=90, name="bash", command=("-bash",))


@pytest.fixture(autouse=True)
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the container engines of this machine from the tests."""
    monkeypatch.setattr(containers, "daemons", list)


# -- real programs -----------------------------------------------------------------------------


@pytest.mark.e2e
def test_a_real_flask_run_with_its_reloader(tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text(HELLO)
    port = free_port()
    command = [sys.executable, "-m", "flask", "--app", "hello", "run", "--debug", "-p", str(port)]
    with running(command, tmp_path) as flask:
        # Its child has the socket a moment before it is known as one.
        assert eventually(lambda: [one.kind for one in holders(port)] == ["reloader"] * 2, 20)
        assert listens(port)
        parent, child = sorted(holders(port, tmp_path), key=lambda one: one.pid != flask.pid)
        assert (parent.pid, parent.children) == (flask.pid, (child.pid,))
        assert parent.kind == child.kind == "reloader"
        assert (
            parent.note
            == "flask run of this project: the reloader, which devtui stops together with its child"
        )
        assert child.note.endswith(
            f"the reloader's child, which devtui stops together with pid {flask.pid}"
        )
        assert "of this project" not in holders(port, HERE)[0].note
        assert stopping.stop(Settings(port=port), (child,)).freed
        flask.wait(20)
        assert holders(port) == ()


@pytest.mark.e2e
def test_the_orphaned_child_of_a_flask_run(tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text(HELLO)
    port = free_port()
    command = [sys.executable, "-m", "flask", "--app", "hello", "run", "--debug", "-p", str(port)]
    with running(command, tmp_path) as flask:
        assert eventually(lambda: listens(port) and len(holders(port)) == 2, 20)
        child = next(one for one in holders(port) if one.pid != flask.pid)
        flask.kill()
        flask.wait(20)
        assert eventually(lambda: [one.pid for one in holders(port)] == [child.pid])
        (orphan,) = holders(port, tmp_path)
        assert orphan.kind == "orphan"
        assert orphan.note == ("an orphan of flask run of this project: its reloader has exited")
        assert stopping.stop(Settings(port=port), (orphan,)).freed


@pytest.mark.e2e
def test_a_real_gunicorn_with_its_workers(tmp_path: Path) -> None:
    pytest.importorskip("gunicorn", reason="gunicorn is not installed")
    (tmp_path / "hello.py").write_text(HELLO)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "hello:app"]
    with running(command, tmp_path) as gunicorn:
        assert eventually(lambda: len(holders(port)) == 3, 20)
        found = holders(port)
        master = next(one for one in found if one.pid == gunicorn.pid)
        workers = [one for one in found if one.pid != gunicorn.pid]
        assert master.note == "gunicorn, a Python web server"
        assert set(master.children) == {one.pid for one in workers}
        assert all(one.note.endswith(f"a worker of pid {gunicorn.pid}") for one in workers)
        assert [one.restarts_by for one in found] == ["", "", ""]
        steps: list[str] = []
        outcome = stopping.stop(
            Settings(port=port), workers[:1], lambda seconds, text: steps.append(text)
        )
        assert outcome.freed, outcome.text
        assert steps[0].index(f"({gunicorn.pid})") < steps[0].index(f"({workers[0].pid})")
        gunicorn.wait(20)


NGINX = """\
daemon off;
pid {folder}/pid;
error_log {folder}/error;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{port}; }}
}}
"""


def test_a_real_nginx(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    (tmp_path / "conf").write_text(NGINX.format(folder=tmp_path, port=port))
    command = [nginx, "-e", str(tmp_path / "error"), "-c", str(tmp_path / "conf")]
    with running(command, tmp_path) as server:
        assert eventually(lambda: listens(port) and len(holders(port)) == 2, 20)
        master = next(one for one in holders(port) if one.pid == server.pid)
        worker = next(one for one in holders(port) if one.pid != server.pid)
        assert master.note == "nginx, a web server"
        assert worker.note == f"nginx, a web server; a worker of pid {server.pid}"
        assert stopping.stop(Settings(port=port), (worker,)).freed


def test_a_file_server_of_python(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with running(command, tmp_path):
        assert eventually(lambda: listens(port))
        (found,) = holders(port)
    assert found.note == "Python's own file server (python -m http.server)"


@pytest.mark.e2e
def test_the_server_process_of_a_running_devtui(tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text(HELLO)
    port = free_port()
    command = [sys.executable, "-m", "devtui", "hello", "--port", str(port), "--plain"]
    with running(command, tmp_path) as devtui:
        assert eventually(lambda: listens(port) and len(holders(port)) == 2, 20)
        found = holders(port, tmp_path)
        session = next(one for one in found if one.pid == devtui.pid)
        server = next(one for one in found if one.pid != devtui.pid)
        assert (session.kind, session.note) == (
            "devtui",
            "another devtui, of this project: devtui ctl attach shows it",
        )
        assert server.kind == "devtui"
        assert f"the devtui with pid {devtui.pid}" in server.note
        outcome = stopping.stop(Settings(port=port), (session,))
        assert outcome.freed, outcome.text
        devtui.wait(20)


def test_ourselves() -> None:
    facts = ProcessFacts(
        pid=os.getpid(), name="devtui", command=("python", "/venv/bin/devtui", "x")
    )
    assert kind_of(facts, 5000, HERE) == ("devtui", "this devtui itself")


# -- recorded facts ----------------------------------------------------------------------------

SERVER = ("python", f"/src/{SERVER_SCRIPT}", "3", "1", "/src", "devtui", "hello")


@pytest.mark.parametrize(
    "options",
    [
        (), ("-B",), ("-BO",), ("-X", "dev", "-B"), ("-Xdev", "-Werror"), ("-W", "error", "-I"),
        ("--check-hash-based-pycs", "always"),
    ],
)  # fmt: skip
def test_our_server_process_is_known_whatever_options_python_has(options: tuple[str, ...]) -> None:
    command = (SERVER[0], *options, *SERVER[1:-2], "/src/devtui/__main__.py", "hello")
    session = Ancestor(40, "python", ("python", *options, "-m", "devtui", "hello"))
    facts = ProcessFacts(50, "python", command=command, folder=str(HERE), ancestors=(session,))
    note = "the server process of the devtui with pid 40, of this project"
    assert kind_of(facts, 5000, HERE) == ("devtui", note)
    assert is_server_process(("/opt/python3.13t", *SERVER[1:]))


@pytest.mark.parametrize(
    "command",
    [
        ("vi", "devtui/__main__.py"),
        ("vi", f"/src/{SERVER_SCRIPT}"),
        ("vi", f"/src/{SERVER_SCRIPT}", "4", "notes"),
        ("python", "/home/me/devtui/app.py"),
        ("python", "-B", "app.py", "/src/devtui/__main__.py"),
        ("/home/me/devtui/.venv/bin/python", "-c", "import app"),
        ("python", "app.py", "-c", "devtui.server.main"),
        ("/home/me/devtui/.venv/bin/gunicorn", "-c", "devtui.server.py", "app"),
    ],
)
def test_a_program_in_a_folder_named_devtui_is_not_ours(command: tuple[str, ...]) -> None:
    kind, _ = kind_of(ProcessFacts(50, "x", command=command, folder="/else"), 5000, HERE)
    assert kind in ("other", "server")


@pytest.mark.parametrize(
    "command",
    [
        ("python", "-m", "devtui", "hello"),
        ("python", "-X", "dev", "-m", "devtui"),
        ("python", "-Bm", "devtui"),
        ("python", "devtui/__main__.py"),
        ("python", "-B", "/src/devtui/__main__.py", "hello"),
        ("/venv/bin/python", "-B", "/venv/bin/devtui"),
    ],
)
def test_devtui_is_known_by_what_it_runs(command: tuple[str, ...]) -> None:
    kind, _ = kind_of(ProcessFacts(50, "python", command=command, folder="/else"), 5000, HERE)
    assert kind == "devtui"


def test_an_orphan_of_an_earlier_devtui() -> None:
    facts = ProcessFacts(
        pid=50, name="python", command=SERVER, folder=str(HERE), ancestors=(Ancestor(1, "systemd"),)
    )
    kind, note = kind_of(facts, 5000, HERE)
    assert kind == "orphan"
    assert note.startswith("an orphan of an earlier devtui of this project")
    assert "of this project" not in kind_of(facts, 5000, Path("/"))[1]


@pytest.mark.parametrize(
    ("facts", "port", "kind", "told"),
    [
        (
            ProcessFacts(
                pid=50, name="flask", command=("python", "/v/bin/flask", "run"), folder=str(HERE),
                ancestors=(Ancestor(1, "systemd", ("/sbin/init",)),),
            ),
            5000, "orphan", "flask run of this project, left over",
        ),
        (
            ProcessFacts(
                pid=50, name="flask", command=("python", "/v/bin/flask", "run"), folder=str(HERE),
                ancestors=(SHELL,), terminal="/dev/pts/1",
            ),
            5000, "server", "flask run of this project",
        ),
        (
            ProcessFacts(
                pid=50, name="python", command=("python", "manage.py", "runserver"), folder="/else",
                environment={"RUN_MAIN": "true"},
                ancestors=(Ancestor(49, "python", ("python", "manage.py", "runserver")),),
            ),
            8000, "reloader", "manage.py runserver of /else: the reloader's child, which",
        ),
        (
            ProcessFacts(
                pid=50, name="python", command=("python", "app.py"),
                environment={"WERKZEUG_RUN_MAIN": "true"}, ancestors=(Ancestor(1, "init"),),
            ),
            5000, "orphan", "an orphan of app",
        ),
        (ProcessFacts(pid=50, name="ControlCenter"), 5000, "airplay", "AirPlay Receiver"),
        (ProcessFacts(pid=50, name="ControlCe"), 7000, "airplay", "System Settings > General"),
        (ProcessFacts(pid=50, name="ControlCenter"), 8000, "other", ""),
        (
            ProcessFacts(pid=50, name="docker-proxy", command=("/usr/bin/docker-proxy", "-proto")),
            5000, "container", "docker ps --filter publish=5000",
        ),
        (ProcessFacts(pid=50, name="com.docker.backend"), 5000, "container", "container instead"),
        (
            ProcessFacts(pid=50, name="ssh", command=("ssh", "-L", "5000:localhost:80", "host")),
            5000, "tunnel", "an SSH tunnel",
        ),
        (
            ProcessFacts(pid=50, name="python", command=("/v/bin/python", "/v/bin/uvicorn", "a:b")),
            8000, "server", "uvicorn",
        ),
        (ProcessFacts(pid=50, name="gunicorn", command=("gunicorn: master [app]",)), 8000, "server",
         "gunicorn"),
        (ProcessFacts(pid=4, name="System"), 80, "server", "netsh http show servicestate"),
        (ProcessFacts(pid=50, name="mine", command=("./mine",)), 5000, "other", ""),
    ],
)  # fmt: skip
def test_kinds(facts: ProcessFacts, port: int, kind: str, told: str) -> None:
    found, note = kind_of(facts, port, HERE)
    assert found == kind
    assert told in note
    assert bool(told) is bool(note)


def test_airplay_and_containers_are_not_stopped_themselves() -> None:
    facts = ProcessFacts(pid=50, name="ControlCenter")
    kind, note = kind_of(facts, 5000, HERE)
    holder = Holder(pid=50, name="ControlCenter", command="", user="ada", kind=kind, note=note)
    assert "turn it off in System Settings" in (stopping.refusal(holder) or "")


def test_an_invisible_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unseen(5000, "ada", False) == (
        "unseen",
        "held by a process of another user (ada): sudo ss -ltnp 'sport = :5000' names it",
    )
    assert "in another container" in unseen(5000, "root", True)[1]
    monkeypatch.setattr(classify, "PLATFORM", "darwin")
    assert unseen(5000, "ada", False)[0] == "airplay"
    assert "sudo lsof -nP -iTCP:8000 -sTCP:LISTEN" in unseen(8000, "ada", False)[1]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("/v/bin/python3.12", "/v/bin/flask", "run"), "flask"),
        (("python", "-m", "flask", "run"), "flask"),
        (("python", "-X", "dev", "-m", "http.server", "1"), "http.server"),
        (("python", "-u", "app.py"), "app"),
        (("python", "-c", "code"), "python"),
        (("node", "/usr/lib/node_modules/.bin/nodemon", "x.js"), "nodemon"),
        ((r"C:\Python\python.exe", r"C:\app\serve.py"), "serve"),
        (("-zsh",), "zsh"),
        (("PM2 v5.3.0: God Daemon (/root/.pm2)",), "PM2 v5.3.0: God Daemon (/root/.pm2)"),
        ((), "kworker"),
    ],
)
def test_which_program_runs(command: tuple[str, ...], name: str) -> None:
    assert program(Ancestor(7, "kworker", command)) == name


# -- what starts it again ------------------------------------------------------------------------

PYTHON_SUPERVISORD = ("/usr/bin/python3", "/usr/bin/supervisord", "-n")
SYSTEM_UNIT = "/system.slice/shop.service"
USER_UNIT = "/user.slice/user-1000.slice/user@1000.service/app.slice/shop.service"


def below(*ancestors: Ancestor, **more: Any) -> ProcessFacts:
    return ProcessFacts(pid=50, name="python", ancestors=ancestors, **more)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (below(Ancestor(9, "supervisord", PYTHON_SUPERVISORD)), "supervisorctl stop"),
        (below(Ancestor(9, "PM2 v5", ("PM2 v5.3.0: God Daemon",))), "pm2 stop"),
        (below(Ancestor(9, "runsv", ("runsv", "shop"))), "runsv (pid 9)"),
        (below(Ancestor(9, "node", ("node", "/bin/nodemon", "a.js"))), "nodemon, a reloader"),
        (below(Ancestor(9, "python", ("python", "/bin/watchmedo", "x"))), "watchmedo, a reloader"),
        (below(Ancestor(9, "sh", ("sh", "-c", "while true; do x; done"))), "kill 9"),
        (below(Ancestor(9, "bash", ("bash", "-ec", "set -u\nuntil x; do :; done"))), "a loop in"),
        (below(Ancestor(9, "bash", ("bash", "-c", "for ((;;)); do x; done"))), "a loop in"),
        (below(Ancestor(8, "make", ("make",)), Ancestor(9, "sh", ("sh", "-c", "while :; do make; "
         "done"))), "a loop in the shell sh (pid 9)"),
        (below(Ancestor(8, "make", ("make",)), Ancestor(9, "sh", ("sh", "-c", "for x in a; do make "
         "$x; done"))), ""),
        (below(Ancestor(9, "sh", ("sh", "-c", "echo while; python x"))), ""),
        (below(Ancestor(9, "sh", ("sh", "no-such-file"))), ""),
        (below(SHELL, Ancestor(9, "supervisord", PYTHON_SUPERVISORD)), ""),
        (below(Ancestor(1, "systemd"), cgroup=SYSTEM_UNIT), "sudo systemctl stop shop.service"),
        (below(Ancestor(2, "systemd"), cgroup=USER_UNIT), "systemctl --user stop shop.service"),
        (below(SHELL, cgroup=SYSTEM_UNIT, terminal="/dev/pts/1"), ""),
        (below(SHELL, cgroup="/system.slice/ssh.service"), ""),
        (below(SHELL, cgroup="/user.slice/user-1000.slice/session-2.scope"), ""),
        (
            below(Ancestor(1, "launchd"), environment={"XPC_SERVICE_NAME": "homebrew.mxcl.nginx"}),
            "launchctl bootout gui/$(id -u)/homebrew.mxcl.nginx",
        ),
        (below(Ancestor(1, "launchd"), environment={"XPC_SERVICE_NAME": "0"}), ""),
        (below(SHELL, environment={"XPC_SERVICE_NAME": "homebrew.mxcl.nginx"}), ""),
        (below(), ""),
    ],
)  # fmt: skip
def test_what_restarts_it(facts: ProcessFacts, told: str) -> None:
    text = restarts_by(facts)
    assert told in text
    assert bool(told) is bool(text)


def test_a_script_that_is_not_a_file_is_not_read(tmp_path: Path) -> None:
    """`bash <(...)` runs /dev/fd/63, which for us is another file, or a pipe without a writer."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").write_text("while true; do x; done\n")
    with open(tmp_path / "loop") as ours:
        for script in (str(tmp_path / "pipe"), f"/dev/fd/{ours.fileno()}", str(tmp_path)):
            assert restarts_by(below(Ancestor(9, "bash", ("bash", script)))) == ""
    assert "a loop in" in restarts_by(below(Ancestor(9, "bash", ("bash", str(tmp_path / "loop")))))


def test_a_supervisor_that_is_stopped_too_starts_nothing() -> None:
    above = Ancestor(9, "uvicorn", ("python", "/v/bin/uvicorn", "--reload"))
    assert "a reloader" in restarts_by(below(above))
    assert restarts_by(below(above), {9, 50}) == ""


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("0::/system.slice/shop.service\n", "/system.slice/shop.service"),
        ("9:name=systemd:/system.slice/a.service\n4:memory:/b\n0::/\n", "/system.slice/a.service"),
        ("9:name=systemd:/\n0::/user.slice/x\n", "/user.slice/x"),
        ("", ""),
    ],
)
def test_the_cgroup_file(text: str, path: str) -> None:
    assert parse_cgroup(text) == path


# -- containers --------------------------------------------------------------------------------

CONTAINERS = [
    {"Id": "0123456789abcdef", "Names": ["/db"], "Ports": [{"Type": "tcp", "PrivatePort": 5432}]},
    {
        "Id": "fedcba9876543210",
        "Names": ["/shop-web-1"],
        "Ports": [
            {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 5000, "Type": "tcp"},
            {"IP": "::", "PrivatePort": 80, "PublicPort": 5000, "Type": "tcp"},
            {"IP": "0.0.0.0", "PrivatePort": 53, "PublicPort": 5353, "Type": "udp"},
        ],
    },
]


class _Daemon(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    answer = b""
    asked: str | None = None


class _Handler(BaseHTTPRequestHandler):
    server: _Daemon

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked = self.path
        self.send_response(200 if self.server.answer else 403)
        self.end_headers()
        self.wfile.write(self.server.answer)


@contextmanager
def daemon(path: Path, answer: bytes) -> Iterator[_Daemon]:
    """Start a fake container engine that answers like Docker, on a Unix socket."""
    with _Daemon(str(path), _Handler) as server:
        server.answer = answer
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(20)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Daemon]:
    monkeypatch.setattr(containers, "daemons", lambda: [str(tmp_path / "docker.sock")])
    with daemon(tmp_path / "docker.sock", json.dumps(CONTAINERS).encode()) as server:
        yield server


def test_the_container_is_named(engine: _Daemon) -> None:
    assert containers.publisher(5000) == "shop-web-1"
    assert engine.asked == "/containers/json"
    assert containers.publisher(5432) is None
    assert containers.publisher(5353) is None
    facts = ProcessFacts(pid=50, name="docker-proxy", command=("/usr/bin/docker-proxy",))
    told = "published by the container shop-web-1: docker stop shop-web-1 frees the port"
    assert kind_of(facts, 5000, HERE) == ("container", told)
    # docker-proxy is root's: to everybody else it is a socket without a process.
    assert unseen(5000, "root", False) == ("container", told)


@pytest.mark.parametrize("answer", [b"", b"no json", b'{"message": "no"}'])
def test_an_engine_that_does_not_tell(engine: _Daemon, answer: bytes) -> None:
    engine.answer = answer
    assert containers.publisher(5000) is None


def test_an_engine_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "docker.sock")
    monkeypatch.setattr(containers, "daemons", lambda: [path])
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path)
        silent.listen()
        assert containers.publisher(5000) is None
    assert containers.publisher(5000) is None  # and one that refuses


def test_the_places_of_container_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    (tmp_path / "docker.sock").touch()
    (tmp_path / "mine.sock").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/mine.sock")
    found = containers.daemons()
    assert found[0] == f"{tmp_path}/mine.sock"
    assert f"{tmp_path}/docker.sock" in found
    monkeypatch.setenv("DOCKER_HOST", "tcp://somewhere:2375")
    assert f"{tmp_path}/mine.sock" not in containers.daemons()


def test_an_unknown_program_has_no_note() -> None:
    with holding(V4) as held:
        (found,) = holders(held.port)
    assert (found.kind, found.note) == ("other", "")
