"""Run a line for the shell in the terminal, while the dashboard steps aside."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from devtui.terminal import can_suspend
from devtui.text import formats

END_SECONDS = 1.0


async def run(
    fd: int,
    title: str,
    line: str,
    environment: Mapping[str, str],
    folder: str,
    on_interrupt: Callable[[], None],
) -> int:
    """Run a line on the terminal, which `fd` reads; wait for enter, and return the exit status.

    The event loop keeps running. Meanwhile ctrl+c is for the command; afterwards it calls
    `on_interrupt` again. Raises `OSError` or `ValueError` if the line cannot be run.
    """
    with _interrupts(on_interrupt) as interrupted, _modes(fd):
        _write(f"--- {title}\r\n")
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", line, env=dict(environment), cwd=folder or None
        )
        try:
            status = await process.wait()
        except asyncio.CancelledError:  # devtui is leaving
            await _end(process)
            raise
        how = "done" if not status else f"failed, {formats.exit_status(status)}"
        with suppress(termios.error):
            termios.tcflush(
                fd, termios.TCIFLUSH
            )  # input that the command left unread is not for us
        interrupted.clear()
        _write(f"--- {title}: {how}; press enter to go back to devtui ")
        await _enter(fd, interrupted)
    return status


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_SECONDS)
        except asyncio.TimeoutError:
            process.kill()


async def _enter(fd: int, interrupted: asyncio.Event) -> None:
    """Wait for a line, the end of the input, or ctrl+c."""
    loop = asyncio.get_running_loop()

    def typed() -> None:
        with suppress(OSError):  # the window was closed, which ends devtui
            os.read(fd, 4096)
        interrupted.set()

    loop.add_reader(fd, typed)
    try:
        await interrupted.wait()
    finally:
        loop.remove_reader(fd)
    _write("\r\n")


@contextmanager
def _interrupts(afterwards: Callable[[], None]) -> Iterator[asyncio.Event]:
    """Set an event at ctrl+c and ctrl+backslash, which the terminal sends to the command too.

    Ignore ctrl+z, and have the command ignore it, if no shell could continue us.
    """
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, interrupted.set)
    loop.add_signal_handler(signal.SIGQUIT, interrupted.set)
    stops = None if can_suspend() else signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        yield interrupted
    finally:
        if stops is not None:
            signal.signal(signal.SIGTSTP, stops)
        loop.remove_signal_handler(signal.SIGQUIT)
        loop.add_signal_handler(signal.SIGINT, afterwards)


@contextmanager
def _modes(fd: int) -> Iterator[None]:
    """Restore the terminal's modes, whatever the command leaves."""
    modes: list[Any] = termios.tcgetattr(fd)
    try:
        yield
    finally:
        with suppress(termios.error):  # it fails if the window was closed
            termios.tcsetattr(fd, termios.TCSADRAIN, modes)


def _write(text: str) -> None:
    out = sys.__stdout__
    if out is not None:
        with suppress(OSError):  # the window was closed, which ends devtui
            os.write(out.fileno(), text.encode(out.encoding, "backslashreplace"))
