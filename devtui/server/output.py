"""What the app prints and logs, as lines tagged with the request they were written in.

`sys.stdout` and `sys.stderr` are replaced by streams that send whole lines as events. The
descriptors 1 and 2 themselves are pipes that the session reads, so what C code and child
processes write arrives as well, and so do the last words of a process that dies.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any, Literal, cast

import msgspec

from devtui.events import LogWritten
from devtui.linebuffer import LineBuffer
from devtui.server import current
from devtui.server.channel import Channel

# How long a line without its end (a prompt, a progress bar) waits for the rest.
HOLD_SECONDS = 0.25


class _Unfinished(msgspec.Struct):
    """The beginning of a line whose end has not been written yet."""

    text: LineBuffer
    request_id: str | None
    since: float


class _Thread(threading.local):
    record: logging.LogRecord | None = None


_thread = _Thread()


class LineStream(io.RawIOBase):
    """The bytes side of `sys.stdout` or `sys.stderr`: each whole line becomes a `LogWritten`.

    Lines are put together by thread, so that threads that print at once do not mix.
    """

    def __init__(self, channel: Channel, name: Literal["stdout", "stderr"], fd: int) -> None:
        super().__init__()
        self._channel = channel
        self._name = name
        self._fd = fd
        self._lock = threading.Lock()
        self._unfinished: dict[int, _Unfinished] = {}
        self._look_at: float | None = None  # when the channel's thread will look at them
        self._in_fork = False

    def fileno(self) -> int:
        """The descriptor, for those who hand it to a child process."""
        return self._fd

    def isatty(self) -> bool:
        """Whether it is the terminal at the moment: what prompts for a person asks this."""
        return (lent := current.lent) is not None and lent.is_here()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any, /) -> int:
        """Take bytes; send the lines that are whole."""
        view = memoryview(data).cast("B")
        if self._in_fork:
            return os.write(self._fd, view)
        if (sink := current.output.get()) is not None:
            sink.take(bytes(view))
            return len(view)
        if (lent := current.lent) is not None and lent.is_here():
            lent.take(bytes(view))
            return len(view)
        *whole, rest = bytes(view).split(b"\n")
        key = threading.get_ident()
        with self._lock:
            for line in whole:
                self._add(key, line)
                self._finish(key)
            if rest:
                self._add(key, rest)
                if self._look_at is None:
                    # `print` writes its line's end by itself: to wake the channel's thread for
                    # each would cost more than the line. Once in HOLD_SECONDS is enough.
                    self._look_at = time.monotonic() + HOLD_SECONDS
                    self._channel.nudge()
        return len(view)

    def pass_through(self) -> None:
        """In a fork of this process: write to the descriptor, as the channel is not its to use.

        What the parent's threads have begun to write is theirs, and so was the lock.
        """
        self._in_fork = True
        self._lock = threading.Lock()
        self._unfinished = {}

    def take_unfinished(self) -> bytes:
        """What the calling thread has begun: the question, where it goes on to read the answer."""
        with self._lock:
            line = self._unfinished.pop(threading.get_ident(), None)
        return b"" if line is None else line.text.take().encode("utf-8", "backslashreplace")

    def release(self, request_id: str) -> None:
        """Send the unfinished lines of a request that has ended."""
        if self._unfinished:
            self._release(lambda line: line.request_id == request_id)

    def release_stale(self) -> float | None:
        """Send lines that were held too long; say in how many seconds to look again, if ever."""
        if self._look_at is None:
            return None
        now = time.monotonic()
        if now < self._look_at:
            return self._look_at - now
        self._release(lambda line: line.since <= now - HOLD_SECONDS)
        with self._lock:
            self._look_at = now + HOLD_SECONDS if self._unfinished else None
        return HOLD_SECONDS if self._look_at else None

    def release_all(self) -> None:
        """Send every unfinished line, before the process ends."""
        self._release(lambda line: True)

    def _release(self, due: Callable[[_Unfinished], bool]) -> None:
        with self._lock:
            for key in [key for key, line in self._unfinished.items() if due(line)]:
                self._finish(key)

    def _add(self, key: int, data: bytes) -> None:
        line = self._unfinished.get(key)
        if line is None:
            line = _Unfinished(LineBuffer(), current.request_id.get(), time.monotonic())
            self._unfinished[key] = line
        line.text.add(data)

    def _finish(self, key: int) -> None:
        line = self._unfinished.pop(key)
        record = _thread.record
        self._channel.send(
            LogWritten(
                generation=self._channel.generation,
                stream=self._name if record is None else "log",
                logger=None if record is None else record.name,
                level=None if record is None else record.levelname,
                text=line.text.take(),
                request_id=line.request_id,
            )
        )


class Output(msgspec.Struct, frozen=True):
    """The two streams of the process."""

    stdout: LineStream
    stderr: LineStream

    def release(self, request_id: str) -> None:
        """Send the unfinished lines of a request that has ended."""
        self.stdout.release(request_id)
        self.stderr.release(request_id)

    def take_unfinished(self) -> bytes:
        """What the calling thread has begun to write on either."""
        return self.stdout.take_unfinished() + self.stderr.take_unfinished()

    def release_stale(self) -> float | None:
        """Send what was held too long; say in how many seconds to look again, if ever."""
        waits = (self.stdout.release_stale(), self.stderr.release_stale())
        return min((wait for wait in waits if wait is not None), default=None)

    def release_all(self) -> None:
        """Send every unfinished line."""
        self.stdout.release_all()
        self.stderr.release_all()


def install(channel: Channel, on_exception_logged: Callable[[BaseException], None]) -> Output:
    """Replace the standard streams, and learn of each record that a handler writes.

    The streams write through, so that an unfinished line is in our hands and not in a buffer.
    """
    output = Output(LineStream(channel, "stdout", 1), LineStream(channel, "stderr", 2))
    sys.stdout = sys.__stdout__ = _text(output.stdout)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _text(output.stderr)  # type: ignore[misc]
    os.register_at_fork(after_in_child=output.stdout.pass_through)
    os.register_at_fork(after_in_child=output.stderr.pass_through)
    _tap_logging(on_exception_logged)
    return output


def _text(stream: LineStream) -> io.TextIOWrapper:
    # TextIOWrapper wants a buffered stream; a raw one that takes all it is given is one.
    return io.TextIOWrapper(
        cast("IO[bytes]", stream),
        encoding="utf-8",
        errors="backslashreplace",
        write_through=True,
    )


def _tap_logging(on_exception_logged: Callable[[BaseException], None]) -> None:
    """Note which record is being handled, so that the line it is written as can be tagged.

    A handler on the root logger would see the records too, but its presence changes the app:
    `logging.basicConfig` does nothing where the root has a handler.
    """
    handle = logging.Handler.handle

    def tapped(handler: logging.Handler, record: logging.LogRecord) -> bool:
        outer, _thread.record = _thread.record, record
        try:
            return bool(handle(handler, record))
        finally:
            _thread.record = outer
            if record.exc_info and isinstance(record.exc_info[1], BaseException):
                on_exception_logged(record.exc_info[1])

    logging.Handler.handle = tapped  # type: ignore[method-assign,assignment]
