"""Record what the app prints and logs, as lines tagged with their request.

Streams that send whole lines as events replace `sys.stdout` and `sys.stderr`. The descriptors 1 and
2 are pipes that the session reads, so it also gets the output of C code and child processes, and
the last words of a dying process.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import IO, Any, Literal, cast

import msgspec

from devtui.events import LogWritten
from devtui.server.channel.channel import Channel
from devtui.server.guest.clocks import clock
from devtui.server.output import log_records, printed_tracebacks, request_context
from devtui.server.output.colours import are_shown
from devtui.server.output.unfinished_line import ERASES, CutLines, UnfinishedLine
from devtui.text.line_buffer import text_of

# How long an unfinished line (a prompt, a progress bar) waits for its end.
HOLD_SECONDS = 0.25
# Lines of one write sent together. A send costs as much as a few lines.
_LINES_AT_ONCE = 100


class LineStream(io.RawIOBase):
    """The bytes side of `sys.stdout` or `sys.stderr`: send each whole line as a `LogWritten`.

    Lines are assembled per thread, so that the output of threads does not mix.

    The user's signal handlers, finalisers and trace functions may write between any two bytecodes
    here, so there is no lock. A call takes its unfinished line out of the dict first; code that
    interrupts it finds none there, and begins a new line.
    """

    def __init__(self, channel: Channel, name: Literal["stdout", "stderr"], fd: int) -> None:
        super().__init__()
        self._channel = channel
        self._name = name
        self.name, self.mode = f"<{name}>", "wb"  # as Python's own
        self._fd = fd
        self._unfinished: dict[int, UnfinishedLine] = {}
        self._cut = CutLines()
        self._look_at: float | None = None  # when the channel's thread checks them next
        self._in_fork = False
        self.shows_colours = False

    def fileno(self) -> int:
        """Return the descriptor, for child processes."""
        return self._fd

    def isatty(self) -> bool:
        """Whether the calling thread has the terminal now, or a person sees colours.

        The descriptor is a pipe all the same: what children write, and what the app does with the
        descriptor itself, stays as it is.
        """
        if (lent := request_context.lent) is not None and lent.is_here():
            return True
        return self.shows_colours and request_context.output.get() is None

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        """Take bytes; send the whole lines."""
        view = data if type(data) is bytes else memoryview(data).cast("B")
        if self._in_fork:
            return os.write(self._fd, view)
        if (sink := request_context.output.get()) is not None:
            if rest := sink.take(bytes(view)):
                self._take(rest)
            return len(view)
        if (lent := request_context.lent) is not None and lent.is_here():
            lent.take(bytes(view))
            return len(view)
        continues = printed_tracebacks.continues(view)
        self._take(view if isinstance(view, bytes) else bytes(view), continues)
        return len(view)

    def pass_through(self) -> None:
        """Write to the descriptor in a fork, which must not use the channel.

        Drop the unfinished lines, which are the parent's.
        """
        self._in_fork = True
        self._unfinished, self._cut = {}, CutLines()

    def take_unfinished(self) -> bytes:
        """Remove and return the calling thread's unfinished line, such as a question."""
        line = self._unfinished.pop(threading.get_ident(), None)
        return b"" if line is None else line.take().encode("utf-8", "backslashreplace")

    def release(self, request_id: str) -> None:
        """Send the unfinished lines of a request that has ended."""
        if self._unfinished:
            self._release(lambda line: line.request_id == request_id)

    def release_stale(self) -> float | None:
        """Send the overdue unfinished lines; return the seconds until the next check, if any."""
        if self._look_at is None:
            return None
        now = clock.monotonic()
        if now < self._look_at:
            return self._look_at - now
        self._look_at = None  # before the check: a line that begins later sets it again
        self._cut_stale(now)
        if all(line.says_nothing for line in tuple(self._unfinished.values())):
            return None
        self._look_at = now + HOLD_SECONDS
        return HOLD_SECONDS

    def release_all(self) -> None:
        """Send every unfinished line, before the process ends."""
        self._release(lambda line: True)

    def _release(self, due: Callable[[UnfinishedLine], bool]) -> None:
        for key, line in tuple(self._unfinished.items()):
            if (
                due(line)
                and not line.says_nothing
                and (taken := self._unfinished.pop(key, None)) is not None
            ):
                self._channel.send(self._event_of(taken))

    def _cut_stale(self, now: float) -> None:
        """Send the overdue lines; their threads may go on to draw them again."""
        for key, line in tuple(self._unfinished.items()):
            if line.since > now - HOLD_SECONDS or line.says_nothing:
                continue
            self._cut.note(key, line, now)  # first: the thread may go on at once
            if (taken := self._unfinished.pop(key, None)) is not None:
                self._channel.send(self._event_of(taken))
            else:  # the thread has ended it meanwhile
                self._cut.forget(key)

    def _take(self, data: bytes, continues: bool = False) -> None:
        """Send the whole lines, keep the rest. The first one may continue the last write."""
        again, draws, erases = None, 0, data.startswith(ERASES)
        request_id = request_context.request_id.get()
        if erases and self._draw(data, request_id):
            return
        if self._cut or erases:
            data, again = self._cut.go_on(data, self._unfinished, request_id)
            if again is not None:
                request_id, draws = request_id or again.request_id, again.draws
        end = data.find(b"\n")
        if not self._unfinished and 0 <= end == len(data) - 1:  # the usual case
            if not self._channel.refuses_line():
                self._channel.send(self._event(text_of(data[:end]), request_id, continues, draws))
            return
        key, begun, event = threading.get_ident(), None, None
        try:
            begun = self._unfinished.pop(key, None)
            if begun is not None:
                begun.add(data if end < 0 else data[:end], request_id)
                if end < 0:
                    self._hold(key, begun)
                    return
                if not self._channel.refuses_line():
                    event = self._event_of(begun)
        except BaseException:  # a signal handler has raised: put it back
            if begun is not None:
                self._hold(key, begun)
            raise
        if begun is not None:
            if event is not None:
                self._channel.send(event)
            data = data[end + 1 :]
            if not data:
                return
        if begun is None and end < 0 and data:
            since = clock.monotonic() if again is None else again.since
            self._hold(key, UnfinishedLine.of(data, request_id, since, continues, draws))
            return
        continues = continues or begun is not None
        *whole, rest = data.split(b"\n")
        for start in range(0, len(whole), _LINES_AT_ONCE):
            lines = whole[start : start + _LINES_AT_ONCE]
            self._channel.send_all(
                [
                    self._event(text_of(line), request_id, continues or n > 0, 0 if n else draws)
                    for n, line in enumerate(lines, start)
                ]
            )
        if rest:
            begun = UnfinishedLine.of(rest, request_id, clock.monotonic(), continues=True)
            begun.below_drawn = erases
            self._hold(key, begun)

    def _draw(self, data: bytes, request_id: str | None) -> bool:
        """Send a write that draws bars on several lines; return false if it does not draw any."""
        logs, now = log_records.current() is not None, clock.monotonic()
        drawn = self._cut.lines(data, self._unfinished, request_id, now, logs=logs)
        if drawn is not None:
            its = drawn.request_id
            self._channel.send_all([self._event(text, its, draws=n) for text, n in drawn.whole])
        if drawn is not None and drawn.rest is not None:
            self._hold(threading.get_ident(), drawn.rest)
        return drawn is not None

    def _hold(self, key: int, line: UnfinishedLine) -> None:
        """Keep an unfinished line. First send one that an interruption has begun."""
        while self._unfinished.setdefault(key, line) is not line:
            if (other := self._unfinished.pop(key, None)) is not None:
                self._channel.send(self._event_of(other))
        if self._look_at is None:
            # `print` writes the end of the line separately, and waking the channel's thread each
            # time would cost more than the line. Once in HOLD_SECONDS is enough.
            self._look_at = clock.monotonic() + HOLD_SECONDS
            self._channel.nudge()

    def _event_of(self, line: UnfinishedLine) -> LogWritten:
        return self._event(line.take(), line.request_id, line.continues, line.draws)

    def _event(
        self, text: str, request_id: str | None, continues: bool = False, draws: int = 0
    ) -> LogWritten:
        record = log_records.current()
        if record is None or draws:
            return LogWritten(
                stream=self._name,
                text=text,
                request_id=request_id,
                continues=continues,
                draws=draws,
            )
        return LogWritten(
            stream="log",
            logger=record.name,
            level=record.levelname,
            text=text,
            request_id=request_id,
            continues=log_records.continues(),
        )


class Output(msgspec.Struct, frozen=True):
    """The two streams of the process."""

    stdout: LineStream
    stderr: LineStream

    def look_for_colours(self, environment: Mapping[str, str]) -> None:
        """Find out whether a person sees colours, before the app's code runs."""
        self.stdout.shows_colours = self.stderr.shows_colours = are_shown(environment)

    def release(self, request_id: str) -> None:
        """Send the unfinished lines of a request that has ended."""
        self.stdout.release(request_id)
        self.stderr.release(request_id)

    def take_unfinished(self) -> bytes:
        """Remove and return the calling thread's unfinished lines."""
        return self.stdout.take_unfinished() + self.stderr.take_unfinished()

    def release_stale(self) -> float | None:
        """Send the overdue unfinished lines; return the seconds until the next check, if any."""
        waits = (self.stdout.release_stale(), self.stderr.release_stale())
        return min((wait for wait in waits if wait is not None), default=None)

    def release_all(self) -> None:
        """Send every unfinished line."""
        self.stdout.release_all()
        self.stderr.release_all()


def install(channel: Channel, on_exception_logged: Callable[[BaseException], None]) -> Output:
    """Replace the standard streams, and watch the records that logging handles.

    The streams write through, so that no unfinished line stays in a buffer.
    """
    output = Output(LineStream(channel, "stdout", 1), LineStream(channel, "stderr", 2))
    sys.stdout = sys.__stdout__ = text_over(output.stdout)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = text_over(output.stderr)  # type: ignore[misc]
    os.register_at_fork(after_in_child=output.stdout.pass_through)
    os.register_at_fork(after_in_child=output.stderr.pass_through)
    log_records.watch(on_exception_logged)
    return output


def text_over(stream: LineStream) -> io.TextIOWrapper:
    """Return the stream for texts that takes the place of `sys.stdout` or `sys.stderr`."""
    # TextIOWrapper wants a buffered stream; a raw one that takes everything will do.
    text = io.TextIOWrapper(
        cast("IO[bytes]", stream),
        encoding="utf-8",
        errors="backslashreplace",
        write_through=True,
    )
    text.mode = "w"  # type: ignore[misc]  # Python sets it so, too
    return text
