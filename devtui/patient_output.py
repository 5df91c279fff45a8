"""Write lines to a reader that may be slow, or may stop reading."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterable

MAX_WAITING_BYTES = 8 * 1024 * 1024
"""How many bytes wait for the reader before the writer waits too."""

PATIENCE_SECONDS = 5.0
"""How long the reader may take nothing, while so many bytes wait, before lines are dropped."""

_PIECE = 64 * 1024


class PatientOutput:
    """Writes to a descriptor in a thread of its own.

    A slow reader makes the caller wait, so nothing is lost. A reader that has stopped reading must
    not stop devtui: its lines are dropped until it goes on, and then `missing` makes the line that
    says how many.
    """

    def __init__(self, fd: int, missing: Callable[[int], bytes]) -> None:
        """Start with the first line. Set `on_gone` to hear when the reader has exited."""
        self.on_gone: Callable[[], object] = lambda: None
        self._fd = fd
        self._missing = missing
        self._changed = threading.Condition()
        self._waiting = bytearray()
        self._underway = 0  # bytes that the thread is writing
        self._moved_at = 0.0
        self._dropped = 0
        self._failure: OSError | None = None
        self._thread: threading.Thread | None = None

    def writelines(self, lines: Iterable[bytes]) -> None:
        """Write lines. Raises `OSError` as a file does, but maybe at a later call."""
        for line in lines:
            self._write(line)

    def flush(self) -> None:
        """Raise the error of an earlier write. The lines are on their way already."""
        if self._failure is not None:
            raise self._failure

    def drain(self) -> None:
        """Wait until everything is written, or the reader has stopped."""
        with self._changed:
            while self._size and self._failure is None:
                if not self._has_patience():
                    return

    def _write(self, line: bytes) -> None:
        self.flush()
        with self._changed:
            if self._thread is None:
                self._moved_at = time.monotonic()
                self._thread = threading.Thread(target=self._run, name="output", daemon=True)
                self._thread.start()
            while self._size > MAX_WAITING_BYTES and not self._dropped:
                if not self._has_patience():
                    break
            if self._size > MAX_WAITING_BYTES // (2 if self._dropped else 1):
                self._dropped += 1
                return
            if self._dropped:
                self._tell_dropped()
            if not self._size:
                self._moved_at = time.monotonic()
            self._waiting += line
            self._changed.notify_all()

    def _tell_dropped(self) -> None:
        self._waiting += self._missing(self._dropped)
        self._dropped = 0

    @property
    def _size(self) -> int:
        return len(self._waiting) + self._underway

    def _has_patience(self) -> bool:
        """Wait until the reader takes something; false if it has taken nothing for too long."""
        left = self._moved_at + PATIENCE_SECONDS - time.monotonic()
        return left > 0 and (self._changed.wait(left) or self._failure is not None)

    def _run(self) -> None:
        while self._failure is None:
            with self._changed:
                while not self._waiting:
                    if self._dropped:
                        self._tell_dropped()
                    else:
                        self._changed.wait()
                piece = bytes(self._waiting[:_PIECE])
                del self._waiting[: len(piece)]
                self._underway = len(piece)
            self._put(piece)

    def _put(self, piece: bytes) -> None:
        try:
            while piece:
                try:
                    written = os.write(self._fd, piece)
                except BlockingIOError:  # somebody has made the descriptor so
                    select.select([], [self._fd], [])
                    continue
                piece = piece[written:]
                with self._changed:
                    self._underway, self._moved_at = len(piece), time.monotonic()
                    self._changed.notify_all()
        except OSError as error:
            with self._changed:
                self._failure = error
                self._changed.notify_all()
            self.on_gone()
