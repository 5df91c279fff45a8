"""The control socket: where it is, who may use it, and what it withstands."""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from devtui.control import place
from devtui.control.client.link import CtlError, living
from devtui.control.connection import MAX_RUNNING
from devtui.control.control_server import MAX_CONNECTIONS
from devtui.control.listening import Listening, machine
from devtui.control.place import Record
from devtui.control.protocol import MAX_REQUEST_BYTES
from devtui.control.verbs.every import VERBS
from devtui.control.verbs.verb import Verb, VerbCall
from tests.control.conftest import Ask, Controlled
from tests.support.processes import eventually
from tests.support.projects import says

pytestmark = pytest.mark.e2e

ONE = says("one")


def made_up(folder: str = "/project", port: int = 5000) -> Record:
    return {
        "devtui": 1,
        "version": "0",
        "folder": folder,
        "app": "app",
        "port": port,
        "url": "http://127.0.0.1:5000",
        "pid": os.getpid(),
        "machine": machine(),
    }


def answer(connection: socket.socket, line: bytes) -> Any:
    connection.sendall(line)
    return read(connection)


def read(connection: socket.socket) -> Any:
    with connection.makefile("rb") as lines:
        return json.loads(lines.readline())


def request(number: int, verb: str = "status", **fields: Any) -> bytes:
    return json.dumps({"devtui": 1, "id": number, "verb": verb, **fields}).encode() + b"\n"


# -- the place -----------------------------------------------------------------------------------


def test_only_the_user_reaches_it(controlled: Controlled, runtime: Path, folder: Path) -> None:
    live = controlled(ONE)
    (found,) = living()
    assert found.path.startswith(f"{runtime}/devtui/")
    assert stat.S_IMODE(os.stat(runtime / "devtui").st_mode) == 0o700
    assert stat.S_IMODE(os.stat(found.path).st_mode) == 0o600
    assert found.record["folder"] == str(folder)
    assert found.record["port"] == live.session.settings.port
    live.close()
    assert [path.name for path in (runtime / "devtui").iterdir()] == ["lock"]


def test_the_record_follows_the_port(controlled: Controlled) -> None:
    live = controlled(ONE)
    live.serving()
    before = live.session.settings.port
    live.run(live.session.move(0))
    after = live.session.settings.port
    assert after != before
    assert eventually(lambda: living()[0].record["port"] == after)


def test_a_full_disk_ends_nothing(
    controlled: Controlled, ask: Ask, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*paths: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    live = controlled(ONE)
    live.serving()
    before = live.session.settings.port
    with monkeypatch.context() as full:
        full.setattr(os, "replace", fail)
        with pytest.raises(place.PlaceError, match=r"\.json was not written: No space left"):
            Listening(made_up())
        live.run(live.session.move(0))
        assert eventually(lambda: "may show an old address" in live.told())
        assert sorted(path.suffix for path in (runtime / "devtui").iterdir()) == [
            "", ".json", ".sock"
        ]  # fmt: skip
        assert ask("status")["port"] == live.session.settings.port != before
    live.run(live.session.move(0))
    assert eventually(lambda: living()[0].record["port"] == live.session.settings.port)


def test_two_sessions_of_one_folder_and_port(runtime: Path) -> None:
    first, second = Listening(made_up()), Listening(made_up())
    assert {one.path for one in living()} == {first.path, second.path}
    second.close()
    assert [one.path for one in living()] == [first.path]
    first.close()


def test_what_a_killed_session_left_confuses_nobody(runtime: Path) -> None:
    killed = Listening(made_up())
    killed.socket.close()  # as if by kill -9: the files stay
    assert len(list(place.records())) == 1
    assert living() == []
    following = Listening(made_up())
    assert following.path == killed.path
    assert [one.path for one in place.records()] == [following.path]
    following.close()
    (runtime / "devtui" / "bad.json").write_text("[")  # no record
    assert list(place.records()) == []


def test_the_sockets_of_another_machine_stay(runtime: Path) -> None:
    far = Listening({**made_up(), "machine": "elsewhere"})
    far.socket.close()
    near = Listening(made_up(port=5001))
    assert os.path.exists(far.path)
    assert [one.path for one in living()] == [near.path]
    near.close()


@pytest.mark.parametrize("what", ["file", "link", "open"])
def test_a_folder_that_is_not_ours_is_refused(runtime: Path, what: str) -> None:
    folder = runtime / "devtui"
    if what == "file":
        folder.write_text("")
    elif what == "link":
        folder.symlink_to(runtime)
    else:
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
    with pytest.raises(place.PlaceError, match=r"not a folder|open to others"):
        place.check(str(folder))
    elsewhere = Listening(made_up())  # it is in the next best
    assert not elsewhere.path.startswith(str(folder) + "/")
    elsewhere.close()


def test_a_path_that_is_too_long_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deep = tmp_path / ("deep" * 20)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    assert not any(folder.startswith(str(deep)) for folder in place.folders())
    assert place.folders()


def test_somebody_elses_runtime_folder_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, runtime: Path
) -> None:
    """As under `sudo -E`."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(runtime, 12345, 12345)
    assert f"{runtime}/devtui" not in place.folders()
    os.chown(runtime, 0, 0)


# -- clients -------------------------------------------------------------------------------------


def test_answers_have_the_ids_of_their_requests(controlled: Controlled, ask: Ask) -> None:
    controlled(ONE)
    with ask.bare() as connection:
        connection.sendall(b"".join(request(number) for number in range(50)))
        with connection.makefile("rb") as lines:
            answers = [json.loads(lines.readline()) for _ in range(50)]
    assert sorted(one["id"] for one in answers) == list(range(50))
    assert all(one["devtui"] == 1 and one["result"]["generation"] for one in answers)


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (b"garbage\n", "usage", "not a request"),
        (b"\xff\xfe\x00\n", "usage", "not a request"),
        (b"[" * 100_000 + b"\n", "usage", "not a request"),
        (b'{"devtui": 2, "id": 1, "verb": "status"}\n', "unknown", "version 1"),
        (b'{"devtui": 1, "id": 1, "verb": "fly"}\n', "unknown", "no verb fly"),
        (request(1, "wait", arguments={"since": "x"}), "usage", "since"),
        (request(1, "status", arguments={"colour": 1}), "usage", "colour"),
        (b"x" * (MAX_REQUEST_BYTES + 2) + b"\n", "usage", "at most"),
    ],
    ids=["text", "bytes", "deep", "version", "verb", "type", "field", "long"],
)
def test_a_bad_line_gets_a_sentence(
    controlled: Controlled, ask: Ask, line: bytes, code: str, words: str
) -> None:
    controlled(ONE)
    with ask.bare() as connection:
        found = answer(connection, line)
    assert found["error"]["code"] == code
    assert words in found["error"]["message"]
    assert ask("status")["app"]


@pytest.mark.parametrize("fault", ["answer", "describe"])
def test_an_unexpected_error_is_an_answer(
    controlled: Controlled, ask: Ask, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    async def unlike_json(call: VerbCall) -> object:
        return object()

    def fail(arguments: object) -> str:
        raise KeyError("colour")

    controlled(ONE)
    kept = VERBS["routes"]
    odd = Verb(unlike_json) if fault == "answer" else Verb(kept.answer, kept.arguments, fail)
    monkeypatch.setitem(VERBS, "routes", odd)
    with ask.bare() as connection:
        found = answer(connection, request(4, "routes"))
        assert (found["id"], found["error"]["code"]) == (4, "internal")
        assert found["error"]["message"].startswith("devtui could not answer this (")
        assert answer(connection, request(5))["result"]["app"]


def test_half_lines_and_silence_block_nobody(controlled: Controlled, ask: Ask) -> None:
    controlled(ONE)
    with ExitStack() as stack:
        for number in range(3 * MAX_CONNECTIONS):
            connection = stack.enter_context(ask.bare())
            connection.sendall(request(number)[: number % 20])
        assert ask("status")["app"]


def test_a_client_that_reads_nothing_blocks_nobody(controlled: Controlled, ask: Ask) -> None:
    live = controlled(ONE)
    with ask.bare() as connection:
        connection.setblocking(False)
        lines = request(1) * 1_000
        sent = 0
        for _ in range(200):
            try:
                sent += connection.send(lines)
            except BlockingIOError:
                break
        assert ask("status")["app"]
        assert live.get("/").text == "one"
    assert MAX_RUNNING < 1_000


def test_ten_thousand_connections(controlled: Controlled, ask: Ask) -> None:
    controlled(ONE)
    (found,) = living()
    began = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(10_000):
        connection = place.connect(found.path, 30.0)
        assert connection is not None
        connection.close()
    assert ask("status")["app"]
    if began:
        assert eventually(lambda: len(os.listdir("/proc/self/fd")) < began + 10)


def test_a_client_may_close_its_half_before_the_answer(controlled: Controlled, ask: Ask) -> None:
    controlled(ONE)
    with ask.bare() as connection:
        connection.sendall(request(1))
        connection.shutdown(socket.SHUT_WR)
        assert read(connection)["result"]["app"]


def test_the_end_of_the_session_ends_what_waits(controlled: Controlled, ask: Ask) -> None:
    live = controlled(ONE)
    live.serving()
    link = ask.link()
    following = link.follow("logs", {"follow": True})
    live.call(live.session.warn, "a line")
    assert next(following)["text"] == "a line"
    live.close()
    with pytest.raises(CtlError, match="closed the connection"):
        next(following)
    link.close()


def test_no_control_means_none(folder: Path, tmp_path: Path, runtime: Path) -> None:
    (folder / "app.py").write_text(ONE)
    command = [sys.executable, "-m", "devtui", "app", "--plain", "--port", "0", "--no-control"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "debugger" in line:  # which comes after the socket would
                break
        time.sleep(0)
        assert not (runtime / "devtui").exists()
    finally:
        process.terminate()
        process.communicate(timeout=30)
