"""Find and end processes, by id or by a mark in their environment, and find free ports."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psutil

# In seconds, and far more than anything here takes: a busy machine is no reason to fail.
DEADLINE = 30.0

MARK = "DEVTUI_TEST_ID"


def eventually(condition: Callable[[], object], timeout: float = DEADLINE) -> bool:
    """Whether a condition that has to be polled comes true within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


async def until(condition: Callable[[], object]) -> None:
    """Wait on the running loop until a condition holds."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it has not come"
        await asyncio.sleep(0.005)


# -- processes


def alive(pid: int) -> bool:
    """Whether there is such a process, and it is not a zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def marked(mark: str) -> list[psutil.Process]:
    """The living processes whose environment has this mark, zombies left out."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:  # It has ended meanwhile, or is another user's, so none of ours.
            continue
    return found


def end(processes: list[psutil.Process]) -> None:
    """End processes by force, by their id."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=20)


# -- ports


# Below the ports that systems assign automatically (Linux begins at 32768, macOS at 49152): one of
# those may be free now, but taken by a client before the test listens on it. Tests that run side by
# side have a thousand each, and begin anywhere among them. Between two ports some are left out, for
# programs that take the next free one.
FIRST_PORT, PORTS, WORKERS, STEP = 20_000, 1_000, 12, 7


def _own_ports() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    for number in itertools.count(random.randrange(PORTS), STEP):
        yield FIRST_PORT + worker * PORTS + number % PORTS


_ports = _own_ports()


def free_port() -> int:
    """A port on which nobody listens, on any address of this machine. No call repeats one."""
    ip = "::" if has_ipv6() else "0.0.0.0"
    for port in itertools.islice(_ports, PORTS):
        with socket.socket(_family(ip)) as probe, suppress(OSError):
            probe.bind((ip, port))
            return port
    raise AssertionError(f"no port of {PORTS} is free")


def can_bind(port: int, ip: str = "127.0.0.1") -> bool:
    """Whether the port can be listened on, as a server does it.

    SO_REUSEADDR ignores old connections in TIME_WAIT, but not a listener.
    """
    with socket.socket(_family(ip)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
            probe.listen()
        except OSError:
            return False
    return True


def listens(port: int) -> bool:
    """Whether somebody accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def has_ipv6() -> bool:
    """Whether this machine has the IPv6 loopback address."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _family(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET
