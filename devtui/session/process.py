"""One generation as the session sees it: a child process, its channel, its output."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from devtui.events import (
    AnyEvent,
    Load,
    LogWritten,
    Order,
    RequestFinished,
    RequestStarted,
    ServerExited,
    Stop,
    decode_event,
    encode,
)
from devtui.session.pipe import Pipe

# What one turn of the event loop takes from a descriptor, so that a flood leaves room for keys.
_READ_BYTES = 256 * 1024

# What is left to read of a process that has ended fits the pipes' and the socket's buffers, and
# takes a few turns. A child that escaped from the group may go on writing for ever.
_LAST_READS = 8

# After the grace: how long a process may take to end by itself, and then by SIGTERM.
EXIT_SECONDS = 0.5
TERM_SECONDS = 0.5

# `-c` puts the current folder first in sys.path, where a file of the user's could stand in for a
# module of ours. The app's folder is put there by the loader, after we are imported. The last
# line finds devtui where the session itself found it, which need not be site-packages.
_BOOT = """\
import sys
sys.path[:] = [entry for entry in sys.path if entry]
try:
    import devtui
except ImportError:
    sys.path.append({root!r})
from devtui.server.main import main
sys.argv[:] = sys.argv[1:]
main({channel}, {generation})
"""

_ROOT = str(Path(__file__).parents[2])


class ServerProcess:
    """Starts a server process and hands on what it says, until it is gone.

    It waits until `load` gives it an app and the listener. `on_event` gets every event, in an
    order in which a request's output lies between its start and its end; the last one is
    `ServerExited`.
    """

    def __init__(
        self,
        generation: int,
        environment: dict[str, str],
        arguments: list[str],
        on_event: Callable[[AnyEvent], None],
    ) -> None:
        self.generation = generation
        self._on_event = on_event
        self._running: set[str] = set()
        self._received = b""
        self._expected = False
        self.exited = asyncio.Event()
        self._channel, theirs = socket.socketpair()
        self._channel.setblocking(False)
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        self._pipes = (
            Pipe(out_read, "stdout", _unwatch),
            Pipe(err_read, "stderr", _unwatch),
        )
        boot = _BOOT.format(root=_ROOT, channel=theirs.fileno(), generation=generation)
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-c", boot, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out_write,
                stderr=err_write,
                env=environment,
                pass_fds=(theirs.fileno(),),
            )
        finally:
            theirs.close()
            os.close(out_write)
            os.close(err_write)

    @property
    def pid(self) -> int:
        """The process's id, which is its process group's too."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended; only for a process that is not attached."""
        return self._popen.poll() is None

    def discard(self) -> None:
        """Kill and reap a process that is not attached; what it said is lost."""
        self.kill()
        self._popen.wait()
        self._channel.close()
        for pipe in self._pipes:
            os.close(pipe.fd)

    def attach(self) -> None:
        """Begin to read, on the running event loop. Until then what it says waits."""
        loop = asyncio.get_running_loop()
        for fd in (self._channel.fileno(), *(pipe.fd for pipe in self._pipes)):
            loop.add_reader(fd, self._pump)
        # The exit is seen in a thread, which has no context variables; the subscribers are called
        # with those of whoever attached, as for all that is read.
        ended = partial(loop.call_soon_threadsafe, self._ended, context=contextvars.copy_context())
        threading.Thread(
            target=self._wait,
            args=(loop, ended),
            name=f"devtui-wait-{self.generation}",
            daemon=True,
        ).start()

    def load(self, order: Load, listener: socket.socket) -> None:
        """Have it load the app and serve it on the listener, of which it gets a copy.

        The descriptor travels with the order (SCM_RIGHTS), since it may have changed since the
        process was started.
        """
        with suppress(OSError):  # as in `send`
            socket.send_fds(self._channel, [encode(order)], [listener.fileno()])

    def send(self, order: Order) -> None:
        """Send an order. One that the process is too dead to read is lost with it."""
        with suppress(OSError):  # its exit is about to be seen, or its buffer is full: it hangs
            self._channel.sendall(encode(order))

    async def stop(self, grace: float) -> None:
        """Ask it to end, letting requests finish within `grace` seconds; then make it end."""
        self._expected = True
        self.send(Stop(grace_ms=round(grace * 1000)))
        if await self._exits_within(grace + EXIT_SECONDS):
            return
        self.kill(signal.SIGTERM)
        if await self._exits_within(TERM_SECONDS):
            return
        self.kill(signal.SIGKILL)
        await self.exited.wait()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the process and all it started, as long as it is not reaped."""
        if self._popen.returncode is not None:
            return
        self._expected = True
        self._signal_group(number)
        with suppress(ProcessLookupError):
            # It may not have made its group yet. Popen.send_signal would reap it where it has just
            # ended, and the thread that waits for its end would wait in vain.
            os.kill(self.pid, number)

    def _signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return  # none is left: macOS answers EPERM where only a zombie is

    async def _exits_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self.exited.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        return True

    def _wait(self, loop: asyncio.AbstractEventLoop, ended: Callable[[], object]) -> None:
        """Wait in a thread for the process's end, leaving it to be reaped where that is possible.

        A process that is not reaped keeps its number, so that its group can still be killed
        without hitting a stranger's. waitid came to macOS with Python 3.13.
        """
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            self._signal_group(signal.SIGKILL)
        self._popen.wait()
        if not loop.is_closed():
            ended()

    def _ended(self) -> None:
        for _ in range(_LAST_READS):
            if not self._pump():
                break
        _unwatch(self._channel.fileno())
        self._channel.close()
        for pipe in self._pipes:
            pipe.close()  # something that left the process group may still write to it
        self._log_lines(None)
        code = self._popen.returncode
        self._on_event(
            ServerExited(
                generation=self.generation,
                pid=self.pid,
                exit_code=code if code >= 0 else None,
                signal=_signal_name(-code) if code < 0 else None,
                expected=self._expected,
            )
        )
        self.exited.set()

    def _pump(self) -> bool:
        """Hand on what is there to read; false where there was nothing.

        The pipes are read before the channel: whatever was written within a request is then in
        our hands before the request's end is, and its beginning comes with the same turn at the
        latest. So a line that only one running request can have caused is known to be its own.
        """
        written = [pipe.read() for pipe in self._pipes]
        events, received = self._read_events()
        first_end = next(
            (i for i, event in enumerate(events) if isinstance(event, RequestFinished)),
            len(events),
        )
        author = self._only_author(events)
        self._hand_on(events[:first_end])
        self._log_lines(author)
        self._hand_on(events[first_end:])
        return received or any(written)

    def _read_events(self) -> tuple[list[AnyEvent], bool]:
        """The events that are whole now, and whether anything was read."""
        try:
            data = self._channel.recv(_READ_BYTES)
        except (BlockingIOError, ConnectionResetError):
            return [], False
        if not data:
            _unwatch(self._channel.fileno())
            return [], False
        *whole, self._received = (self._received + data).split(b"\n")
        return [self._decode(line) for line in whole], True

    def _decode(self, line: bytes) -> AnyEvent:
        try:
            return decode_event(line)
        except msgspec.DecodeError:
            # The app can reach every descriptor of its process, and some write to what they find.
            return LogWritten(
                generation=self.generation,
                stream="log",
                logger="devtui",
                level="WARNING",
                text=f"The app wrote to devtui's own channel: {line[:200]!r}",
            )

    def _hand_on(self, events: list[AnyEvent]) -> None:
        for event in events:
            if isinstance(event, RequestStarted):
                self._running.add(event.id)
            elif isinstance(event, RequestFinished):
                self._running.discard(event.id)
            self._on_event(event)

    def _only_author(self, events: list[AnyEvent]) -> str | None:
        started = {event.id for event in events if isinstance(event, RequestStarted)}
        candidates = self._running | started
        return candidates.pop() if len(candidates) == 1 else None

    def _log_lines(self, request_id: str | None) -> None:
        for pipe in self._pipes:
            for line in pipe.take_lines():
                self._on_event(
                    LogWritten(
                        generation=self.generation,
                        stream=pipe.stream,
                        text=line,
                        request_id=request_id,
                    )
                )


def _unwatch(fd: int) -> None:
    asyncio.get_running_loop().remove_reader(fd)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
