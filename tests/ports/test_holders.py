"""The holders of a port: real ones, recorded tables, and systems that refuse to tell."""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from devtui.config.settings import Settings
from devtui.events import Address, utc_now
from devtui.ports import holders as room
from devtui.ports import process_info, sockets_linux, sockets_lsof
from devtui.ports.holders import holders, silent_holders
from devtui.ports.survey import survey
from tests.support.holding import (
    AS_NOBODY,
    BOTH_LOOPBACKS,
    DUAL,
    PARENT_AND_CHILD,
    SHARED,
    SILENT,
    V4,
    V4_ANY,
    V6,
    V6_ONLY,
    holding,
)
from tests.support.processes import free_port, has_ipv6
from tests.support.projects import app_source

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux's own tables")
needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may become another user"
)


def test_everything_that_is_known_of_a_holder(tmp_path: Path) -> None:
    with holding(V4, folder=tmp_path) as held:
        (found,) = holders(held.port)
    assert found.pid == held.pid
    assert found.name.startswith("python")
    assert found.command.endswith(str(held.port))
    assert found.user == psutil.Process().username()
    assert os.path.samefile(found.folder, tmp_path)
    assert found.started is not None
    assert abs(utc_now() - found.started) < timedelta(seconds=30)
    assert found.address == "127.0.0.1"
    assert (found.parent_pid, found.parent) == (os.getpid(), psutil.Process().name())
    assert found.listens
    assert holders(held.port) == ()


@linux
@needs_ipv6
@pytest.mark.parametrize(
    ("program", "addresses"),
    [
        (V4, [("127.0.0.1", None)]),
        (V4_ANY, [("0.0.0.0", None)]),
        (V6, [("::1", True)]),
        (DUAL, [("::", False)]),
        (V6_ONLY, [("::", True)]),
        (BOTH_LOOPBACKS, [("127.0.0.1", None), ("::1", True)]),
    ],
)
def test_addresses_as_the_kernel_tells_them_apart(
    program: str, addresses: list[tuple[str, bool | None]]
) -> None:
    with holding(program) as held:
        (found,) = holders(held.port)
    # A socket bound to one IPv6 address takes no IPv4, and Linux counts it as IPv6 only.
    assert [(address.ip, address.v6_only) for address in found.addresses] == addresses


def test_sockets_that_share_a_port_are_all_shown() -> None:
    with holding(SHARED) as one, holding(SHARED, one.port) as other:
        assert {found.pid for found in holders(one.port)} == {one.pid, other.pid}


def test_a_parent_and_its_child_share_one_socket() -> None:
    with holding(PARENT_AND_CHILD) as held:
        parent, child = sorted(holders(held.port), key=lambda found: found.pid != held.pid)
    assert parent.pid == held.pid
    assert child.parent_pid == held.pid
    assert parent.children == (child.pid,)
    assert child.children == ()


def test_a_client_is_no_holder() -> None:
    with holding(V4) as held, socket.create_connection(("127.0.0.1", held.port)):
        assert [found.pid for found in holders(held.port)] == [held.pid]


@linux
def test_a_socket_that_is_bound_and_does_not_listen() -> None:
    with holding(SILENT) as held:
        assert holders(held.port) == ()
        # Others that listen on the port set SO_REUSEADDR as we do, and may have it.
        found = silent_holders(held.port)
        if not found:
            pytest.skip("this kernel tells of bound sockets only from 6.8 on")
        assert [(one.pid, one.listens) for one in found] == [(held.pid, False)]
        assert "does not listen" in found[0].note


# Without SO_REUSEADDR it blocks everybody.
RUDE = """
s = socket.socket(); s.bind(('127.0.0.1', port)); stay()
"""


@linux
def test_a_silent_socket_that_conflicts_is_reported() -> None:
    with holding(RUDE) as held:
        found = survey(Settings(port=held.port))
    assert found.refusal is not None
    if found.holders:
        assert [one.pid for one in found.blocking] == [held.pid]
    else:
        assert "does not listen" in found.warnings[0]


def test_an_invisible_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "silent_holders", lambda port, folder: ())
    with holding(RUDE) as held:
        found = survey(Settings(port=held.port))
    assert found.refusal is not None
    assert found.holders == ()
    assert found.warnings[0].startswith(f"devtui cannot see what holds port {held.port}")


@needs_ipv6
def test_a_listener_on_the_other_loopback_is_shown_and_not_in_the_way() -> None:
    with holding(V6) as held:
        found = survey(Settings(port=held.port))
    assert found.refusal is None
    assert [(one.pid, one.blocks) for one in found.holders] == [(held.pid, False)]
    assert found.next_free_port is None
    assert f"http://localhost:{held.port} may reach" in found.warnings[0]


@needs_ipv6
def test_those_in_the_way_come_first() -> None:
    with holding(V6) as bystander, holding(V4, bystander.port) as held:
        found = survey(Settings(port=held.port))
    assert [one.pid for one in found.holders] == [held.pid, bystander.pid]
    assert [one.pid for one in found.blocking] == [held.pid]
    assert found.next_free_port is not None


_LOOK_AS_ANOTHER_USER = app_source("ports/look_as_another_user.py")


@linux
@needs_root
def test_another_users_holder_is_held_by_another_user_and_never_free() -> None:
    with holding(AS_NOBODY) as held:
        command = [sys.executable, "-c", _LOOK_AS_ANOTHER_USER, str(held.port)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=False, cwd="/"
        )
        assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    (found,) = answer["event"]["holders"]
    assert found["pid"] is None
    assert found["user"] == "nobody"
    assert found["kind"] == "unseen"
    assert found["blocks"] is True
    assert found["note"].startswith("held by a process of another user (nobody)")
    assert found["address"] == "127.0.0.1"
    assert "Held by a process of another user (nobody)" in answer["why_not"][0]


@needs_root
def test_another_users_holder_is_known_to_root() -> None:
    with holding(AS_NOBODY) as held:
        (found,) = holders(held.port)
    assert (found.pid, found.user) == (held.pid, "nobody")


# -- recorded tables ---------------------------------------------------------------------------

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 55522 1
   1: 0100007F:1388 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 55530 1
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1
"""
TCP6 = """\
  sl  local_address                         remote_address                        st ... inode
   0: 00000000000000000000000001000000:1388 00000000000000000000000000000000:0000 0A 0 0 0 33 0 9
   1: 00000000000000000000000000000000:1388 00000000000000000000000000000000:0000 0A 0 0 0 0 0 8
"""


@pytest.mark.skipif(sys.byteorder != "little", reason="recorded on a little-endian machine")
def test_the_tables_of_proc_net() -> None:
    (v4,) = sockets_linux.parse_table(TCP, 5000)
    assert (v4.address.ip, v4.uid, v4.inode, v4.listens) == ("127.0.0.1", 1000, 55522, True)
    assert [one.address.ip for one in sockets_linux.parse_table(TCP6, 5000)] == ["::1", "::"]
    assert [one.uid for one in sockets_linux.parse_table(TCP6, 5000)] == [33, 0]
    assert not list(sockets_linux.parse_table(TCP, 5001))


@linux
@needs_ipv6
@pytest.mark.parametrize("program", [V4, DUAL, BOTH_LOOPBACKS])
def test_both_ways_to_ask_linux_agree(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    def none(*_: Any) -> Iterator[sockets_linux.Socket]:
        raise OSError(93, "Protocol not supported")

    with holding(program) as held:
        asked = holders(held.port)
        monkeypatch.setattr(sockets_linux, "ask_kernel", none)
        read = holders(held.port)
        assert silent_holders(held.port) == ()
    assert [one.pid for one in read] == [one.pid for one in asked] == [held.pid]
    assert [a.ip for a in read[0].addresses] == [a.ip for a in asked[0].addresses]


@linux
def test_a_bad_question_to_the_kernel_is_an_os_error() -> None:
    with pytest.raises(OSError, match=r"."):
        list(sockets_linux.read_answers(FakeDiag([struct_error()]), 5000))  # type: ignore[arg-type]


def struct_error() -> bytes:
    return struct.pack("=IHHII", 20, 2, 0, 1, 0) + struct.pack("=i", -2)


class FakeDiag:
    def __init__(self, answers: list[bytes]) -> None:
        self.answers = answers

    def recv(self, size: int) -> bytes:
        return self.answers.pop(0)


LSOF = """\
p612
f8
tIPv4
n*:5000
f9
tIPv6
n*:5000
p1415
f4
tIPv4
n127.0.0.1:5000
f5
tIPv6
n[::1]:5000
f6
tIPv4
n127.0.0.1:50001
"""


def test_the_recorded_answer_of_lsof() -> None:
    assert list(sockets_lsof.parse(LSOF, 5000)) == [
        (612, Address(ip="0.0.0.0")),
        (612, Address(ip="::")),
        (1415, Address(ip="127.0.0.1")),
        (1415, Address(ip="::1")),
    ]


def test_a_real_lsof_agrees() -> None:
    if shutil.which("lsof") is None:
        pytest.skip("lsof is not installed")
    with holding(V4) as held:
        assert sockets_lsof.listeners(held.port) == ((held.pid, Address(ip="127.0.0.1")),)
    assert sockets_lsof.listeners(held.port) == ()


def test_without_lsof_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert sockets_lsof.listeners(5000) == ()


def test_an_lsof_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "lsof"
    program.write_text(f"#!{sys.executable}\nimport signal\nsignal.pause()\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sockets_lsof, "SECONDS", 0.3)
    assert sockets_lsof.listeners(5000) == ()


# -- other platforms ---------------------------------------------------------------------------

LocalAddress = namedtuple("LocalAddress", "ip port")


def connection(ip: str, port: int, pid: int | None = None, status: str = "LISTEN") -> Any:
    return SimpleNamespace(laddr=LocalAddress(ip, port), status=status, pid=pid)


def test_macos_asks_each_process_and_passes_over_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PLATFORM", "darwin")
    port = free_port()

    def refuses(kind: str) -> list[Any]:
        raise psutil.AccessDenied(1)

    def gone(kind: str) -> list[Any]:
        raise psutil.NoSuchProcess(2)

    def answers(kind: str) -> list[Any]:
        return [
            connection("127.0.0.1", port),
            connection("::1", port),
            connection("127.0.0.1", port, status="ESTABLISHED"),
            connection("127.0.0.1", port + 1),
        ]

    processes = [
        SimpleNamespace(pid=1, net_connections=refuses),
        SimpleNamespace(pid=2, net_connections=gone),
        SimpleNamespace(pid=os.getpid(), net_connections=answers),
    ]
    monkeypatch.setattr(psutil, "process_iter", lambda: iter(processes))
    (found,) = holders(port)
    assert (found.pid, found.address) == (os.getpid(), "127.0.0.1, [::1]")
    assert silent_holders(port) == ()


def test_macos_falls_back_to_lsof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PLATFORM", "darwin")
    monkeypatch.setattr(psutil, "process_iter", lambda: iter(()))
    answer = ((os.getpid(), Address(ip="127.0.0.1")),)
    monkeypatch.setattr(sockets_lsof, "listeners", lambda port: answer)
    assert [found.pid for found in holders(5000)] == [os.getpid()]


def test_windows_gives_the_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PLATFORM", "win32")
    table = [
        connection("0.0.0.0", 5000, os.getpid()),
        connection("0.0.0.0", 5001, 1),
        connection("127.0.0.1", 5000, 1, "ESTABLISHED"),
    ]
    monkeypatch.setattr(psutil, "net_connections", lambda kind: table)
    assert [found.pid for found in holders(5000)] == [os.getpid()]


def test_a_process_by_process_scan_sees_a_real_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PLATFORM", "darwin")
    with holding(V4) as held:
        assert [found.pid for found in holders(held.port)] == [held.pid]


def test_denied_facts_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(self: psutil.Process) -> Any:
        raise psutil.AccessDenied(self.pid)

    with holding(V4) as held, monkeypatch.context() as patched:
        for name in ("username", "cwd", "create_time"):
            patched.setattr(psutil.Process, name, refuses)
        for name in ("command_of", "environment_of"):
            patched.setattr(process_info, name, refuses)
        facts = process_info.facts_of(held.pid)
    assert (facts.command, facts.user, facts.folder, facts.environment) == ((), "?", "", {})
    assert facts.started is None


def test_a_process_that_ended_has_no_facts() -> None:
    with holding(V4) as held:
        pass
    with pytest.raises(psutil.NoSuchProcess):
        process_info.facts_of(held.pid)


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(port: int, folder: Path) -> Any:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(room, "holders", refuses)
    monkeypatch.setattr(room, "silent_holders", lambda port, folder: ())
    with holding(V4) as held:
        found = survey(Settings(port=held.port))
    assert found.refusal is not None
    assert found.warnings[0].startswith("This system does not tell which program listens")
