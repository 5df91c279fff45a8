"""A program in a pseudo-terminal, and how long a key takes to show its effect there.

The effect is looked for in the bytes that the program writes: an emulator would take the time
that is to be measured.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from tests.benchmarks.programs import DEADLINE

KEYS = {"up": "\x1b[A", "home": "\x1b[H", "end": "\x1b[F", "page up": "\x1b[5~", "enter": "\r",
        "escape": "\x1b", "backspace": "\x7f"}  # fmt: skip

# The background of the selected row: `$primary 28%` on the background of the dark theme.
CURSOR = b"48;2;41;60;89"
_PLACE = re.compile(rb"\x1b\[(\d+);\d+H|" + CURSOR)
_OVERLAP = 32


class Watched:
    """A running program, and what it has written to its terminal; to be used in a `with`."""

    def __init__(
        self,
        command: Sequence[str | Path],
        cwd: Path,
        environment: Mapping[str, str],
        size: tuple[int, int] = (120, 40),
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        try:
            self._popen = subprocess.Popen(
                list(map(str, command)),
                cwd=cwd,
                env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
            )
        finally:
            os.close(slave)
        self._changed = threading.Condition()
        self._written = b""  # the newest of it
        self._row = 0
        self.cursor_row = 0
        """The line of the screen, from 1, on which the selected row was drawn last."""
        self.written_bytes = 0
        self.ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *raised: object) -> None:
        with suppress(psutil.NoSuchProcess):
            family = [self.process, *self.process.children(recursive=True)]
            for process in family if self._popen.poll() is None else ():
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        self._popen.wait()
        self._thread.join(5)
        os.close(self._master)

    @property
    def process(self) -> psutil.Process:
        """The program itself, without its children."""
        return psutil.Process(self._popen.pid)

    def press(self, *names: str) -> None:
        """Press keys by name, or type the characters."""
        os.write(self._master, "".join(KEYS.get(name, name) for name in names).encode())

    def wait_exit(self, timeout: float = DEADLINE) -> None:
        """Wait until it has ended."""
        self._popen.wait(timeout)

    def key_ms(self, key: str, effect: Callable[[], object]) -> float:
        """Press a key, and wait until its effect is there: how many milliseconds that took."""
        with self._changed:
            self._written = b""
            began = time.perf_counter()
            self.press(key)
            self._until(effect, key)
            return (time.perf_counter() - began) * 1000

    def wait_for(self, pattern: bytes, timeout: float = DEADLINE) -> None:
        """Wait until that was written since the last key that was measured."""
        with self._changed:
            self._until(self.shows(pattern), pattern.decode(), timeout)

    def shows(self, pattern: bytes) -> Callable[[], object]:
        """Whether something that matches was written since the key."""
        return lambda: re.search(pattern, self._written)

    def cursor_moves(self) -> Callable[[], bool]:
        """Whether the selected row is another one than now."""
        before = self.cursor_row
        return lambda: self.cursor_row != before

    def wait_quiet(self, seconds: float = 0.5) -> None:
        """Wait until nothing was written for so long."""
        end = time.monotonic() + DEADLINE
        with self._changed:
            while self._changed.wait(seconds) and time.monotonic() < end:
                continue

    def _until(self, condition: Callable[[], object], what: str, timeout: float = DEADLINE) -> None:
        if not self._changed.wait_for(lambda: self.ended or condition(), timeout) or self.ended:
            why = "the program ended" if self.ended else f"not in {timeout} s"
            raise AssertionError(f"{what!r} had no effect ({why}): {self._written[-1500:]!r}")

    def _read(self) -> None:
        rest = b""
        with suppress(OSError):
            while data := os.read(self._master, 65536):
                with self._changed:
                    self.written_bytes += len(data)
                    self._written = (self._written + data)[-200_000:]
                    rest = self._follow_cursor(rest + data)
                    self._changed.notify_all()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _follow_cursor(self, data: bytes) -> bytes:
        """Note on which line the selected row was drawn; returns what may be half a sequence."""
        end = 0
        for found in _PLACE.finditer(data):
            end = found.end()
            if found[1]:
                self._row = int(found[1])
            else:
                self.cursor_row = self._row
        return data[max(end, len(data) - _OVERLAP) :]
