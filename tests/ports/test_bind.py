"""Binding a port, checking whether one is free, and the reasons of a refusal."""

from __future__ import annotations

import errno
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from devtui.config.settings import Settings
from devtui.ports import bind as ports
from devtui.ports.bind import (
    PortRefused,
    bind,
    check_port,
    next_free_port,
    reason_of,
    refused,
)
from tests.support.holding import SILENT, V4, V4_ANY, V6, holding
from tests.support.processes import free_port, has_ipv6


def at(port: int, host: str = "127.0.0.1") -> Settings:
    return Settings(host=host, port=port)


def test_a_free_port_is_free_and_stays_so() -> None:
    port = free_port()
    assert check_port(at(port)) is None
    ports.bind(at(port)).close()


def test_a_check_in_another_thread_is_no_conflict() -> None:
    """A check runs while the user types a port, and enter may bind it before the check ends."""
    settings = at(free_port())
    done = threading.Event()
    seen: list[PortRefused | None] = []

    def look() -> None:
        while not done.is_set():
            seen.append(check_port(settings))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(5_000):
            ports.bind(settings).close()
    finally:
        done.set()
        thread.join(10)
    assert seen


@pytest.mark.parametrize("program", [V4, V4_ANY])
def test_a_listener_is_a_conflict(program: str) -> None:
    with holding(program) as held:
        refusal = check_port(at(held.port))
    assert refusal is not None
    assert refusal.busy
    assert refusal.reason == "busy"
    assert str(held.port) in str(refusal)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_the_other_family_is_no_conflict() -> None:
    with holding(V6) as held:
        assert check_port(at(held.port)) is None
        assert check_port(at(held.port, "::1")) is not None


def test_time_wait_does_not_block() -> None:
    server = ports.bind(at(0))
    port = server.getsockname()[1]
    client = socket.create_connection(("127.0.0.1", port))
    accepted, _ = server.accept()
    accepted.close()  # the one that closes first is left in TIME_WAIT
    client.recv(1)
    client.close()
    server.close()
    assert check_port(at(port)) is None


def test_a_listener_of_ours_can_be_shared_with_no_other_server() -> None:
    with ports.bind(at(0)) as listener:
        assert check_port(at(listener.getsockname()[1])) is not None


def test_windows_gets_exclusive_use_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    # An option that this system has, in the place of the one that only Windows has.
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_KEEPALIVE, raising=False)
    with ports.bind(at(0)) as listener:
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert not listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)


def windows_error(number: int, winerror: int, text: str) -> OSError:
    """Make an error as on Windows: errno from the C library's table, and `winerror`."""
    error = OSError(number, text)
    error.winerror = winerror  # type: ignore[attr-defined]
    return error


FORBIDDEN = "An attempt was made to access a socket in a way forbidden by its access permissions"


@pytest.mark.parametrize(
    ("error", "reason", "told"),
    [
        (OSError(98, "Address already in use"), "busy", "taken by another program"),
        (OSError(48, "Address already in use"), "busy", "taken by another program"),
        (windows_error(10048, 10048, "Only one usage"), "busy", "taken by another program"),
        (windows_error(13, 10013, FORBIDDEN), "excluded", "show excludedportrange protocol=tcp"),
        (OSError(10013, FORBIDDEN), "excluded", "choose another port"),
        (OSError(errno.EACCES, "Permission denied"), "permission", "not allowed to listen"),
        (
            OSError(errno.EADDRNOTAVAIL, "Cannot assign"),
            "address",
            "not an address of this machine",
        ),
        (OSError(errno.EMFILE, "Too many open files"), "other", "Too many open files"),
    ],
)
def test_every_platforms_error(error: OSError, reason: str, told: str) -> None:
    assert reason_of(error) == reason
    refusal = refused(error, at(80))
    assert refusal.reason == reason
    assert refusal.busy is (reason == "busy")
    assert told in str(refusal)


def test_an_address_of_another_machine_is_no_conflict() -> None:
    refusal = check_port(at(free_port(), "192.0.2.1"))
    assert refusal is not None
    assert refusal.reason == "address"
    assert next_free_port(at(5000, "192.0.2.1")) is None


def test_a_name_without_an_address() -> None:
    refusal = check_port(at(5000, "no-such-host.invalid"))
    assert refusal is not None
    assert (refusal.reason, refusal.busy) == ("address", False)


# As nobody, since root may have every port.
_AS_NOBODY = """
import os
from devtui.ports.bind import check_port
from devtui.config.settings import Settings
check_port(Settings(port=0))  # what is imported on the way may be root's alone to read
os.setgid(65534); os.setuid(65534)
refusal = check_port(Settings(port=1))
print(refusal.reason, refusal.busy, refusal)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs setuid, and Linux's own rule")
def test_a_port_below_the_first_free_one_is_a_permission() -> None:
    if os.geteuid() != 0:
        refusal = check_port(at(1))
        assert refusal is not None
        assert refusal.reason == "permission"
        return
    first = ports.first_unprivileged_port()
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.stdout.startswith("permission False"), done
    assert f"from {first} up" in done.stdout


def test_the_next_free_port_skips_what_is_held_and_what_browsers_refuse() -> None:
    with holding(V4) as held, holding(SILENT) as silent:
        found = next_free_port(at(held.port))
        assert found is not None
        assert found > held.port or held.port > 65000
        assert found not in (held.port, silent.port)
        assert check_port(at(found)) is None
    assert next_free_port(at(6664)) not in range(6665, 6670)


def test_the_search_goes_round_and_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def all_held(settings: Settings) -> PortRefused:
        tried.append(settings.port)
        return PortRefused("held", busy=True)

    monkeypatch.setattr(ports, "check_port", all_held)
    assert next_free_port(at(65534)) is None
    assert tried[:2] == [65535, max(ports.first_unprivileged_port(), 1024)]
    assert len(tried) < 1000
    tried.clear()
    next_free_port(at(80))
    assert tried[0] == max(ports.first_unprivileged_port(), 1024)


def test_a_unix_socket_has_no_next_port_and_leaves_no_file(tmp_path: Path) -> None:
    settings = Settings(host=f"unix://{tmp_path}/s")
    assert next_free_port(settings) is None
    assert check_port(settings) is None
    assert not (tmp_path / "s").exists()


def test_a_unix_socket_whose_queue_is_full_is_taken(tmp_path: Path) -> None:
    """A stopped or busy program does not answer, and still owns its path."""
    path = f"{tmp_path}/s"
    with socket.socket(socket.AF_UNIX) as listener, ExitStack() as clients:
        listener.bind(path)
        listener.listen(0)
        client = clients.enter_context(socket.socket(socket.AF_UNIX))
        client.setblocking(False)
        while client.connect_ex(path) == 0:
            client = clients.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
        with pytest.raises(PortRefused, match="Another program is listening") as refused:
            bind(Settings(host=f"unix://{path}"))
        assert refused.value.busy
        assert os.path.exists(path)


def test_a_stale_unix_socket_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(f"{tmp_path}/s")
    with bind(Settings(host=f"unix://{tmp_path}/s")) as listener:
        assert listener.getsockname() == f"{tmp_path}/s"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
def test_a_stale_unix_socket_of_another_user_is_a_refusal(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(f"{folder}/s")
    code = (
        "import os, sys\n"
        "from devtui.config.settings import Settings\n"
        "from devtui.ports.bind import PortRefused, bind\n"
        "os.setgid(12345); os.setuid(12345)\n"
        "try: bind(Settings(host='unix://s'))\n"
        "except PortRefused as refused: print(refused)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=30
    )
    assert re.fullmatch(r"devtui cannot listen on .*: .*Permission denied.*\n", done.stdout), done


def test_a_unix_socket_below_a_file_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PortRefused, match="Not a directory"):
        bind(Settings(host=f"unix://{tmp_path}/file/s"))
