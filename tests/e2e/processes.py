"""Who is left: the processes of a test's session by a mark in their environment, and ports."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import psutil

MARK = "DEVTUI_TEST_ID"


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


def can_bind(port: int, host: str = "127.0.0.1") -> bool:
    """Whether the port can be listened on, as a server does it.

    SO_REUSEADDR lets old connections in TIME_WAIT pass, and no listener.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def eventually(condition: Callable[[], bool], timeout: float = 20) -> bool:
    """Whether a condition outside of our reach comes true within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)  # There is nothing to wait on: other processes do not tell.
    return True


def end(processes: list[psutil.Process]) -> None:
    """End processes by force, by their id."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=20)
