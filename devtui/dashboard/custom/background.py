"""Run a line for the shell without the terminal, and report what it wrote."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec

MOST_KEPT = 64 * 1024
"""How many of the last bytes of the output are kept."""

LAST_OUTPUT_SECONDS = 0.3
"""How long to read on after the shell has ended: programs that it left behind may still write."""

END_SECONDS = 1.0


class Ended(msgspec.Struct, frozen=True):
    """How a command ended; a negative status is a signal."""

    status: int
    output: str


class Background:
    """The running commands, by their keys. Use it on the event loop."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def runs(self, key: str) -> bool:
        """Whether the command of this key is still running."""
        return key in self._running

    def start(
        self,
        key: str,
        line: str,
        environment: Mapping[str, str],
        folder: str,
        ended: Callable[[Ended], None],
    ) -> None:
        """Run a line, and call `ended` on the event loop.

        Raises `OSError` or `ValueError` if it cannot be started.
        """
        process = subprocess.Popen(  # noqa: S603 - the line of the user's config
            ["/bin/sh", "-c", line],
            env=dict(environment),
            cwd=folder or None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._running[key] = process
        loop = asyncio.get_running_loop()

        def report(result: Ended) -> None:
            del self._running[key]
            ended(result)

        def follow() -> None:
            result = _follow(process)
            with suppress(RuntimeError):  # the loop is closed: devtui has ended meanwhile
                loop.call_soon_threadsafe(report, result)

        threading.Thread(target=follow, name=f"command-{process.pid}", daemon=True).start()

    def end(self) -> None:
        """End the commands that still run, because devtui ends."""
        processes = list(self._running.values())
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in processes:
                _signal(process, number)
            for process in processes:
                _wait(process)


def _follow(process: subprocess.Popen[bytes]) -> Ended:
    """Return how a process ended, and the last of its output."""
    kept = bytearray()
    output = process.stdout
    assert output is not None

    def read() -> None:
        with output:
            while part := os.read(output.fileno(), 65_536):
                kept.extend(part)
                del kept[:-MOST_KEPT]

    reader = threading.Thread(target=read, name=f"output-{process.pid}", daemon=True)
    reader.start()
    status = process.wait()
    reader.join(LAST_OUTPUT_SECONDS)
    return Ended(status, bytes(kept).decode("utf-8", "replace"))


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to the process group of a command that still runs."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return  # it has just ended


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        return  # the next signal ends it
