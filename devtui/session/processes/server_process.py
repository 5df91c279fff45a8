"""One generation in the session: a child process, its channel, its output."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from msgspec import structs

from devtui.events import (
    AnyEvent,
    Load,
    LogWritten,
    Order,
    ServerContinued,
    ServerExited,
    ServerSuspended,
    Stop,
    TerminalReleased,
    TerminalWanted,
    encode,
)
from devtui.session.processes.incoming import Pipe
from devtui.session.processes.order_sender import OrderSender
from devtui.session.processes.reader import Reader, unwatch
from devtui.session.processes.spawn import Interpreter
from devtui.session.terminal.app_tty import AppTty
from devtui.session.terminal.tty_readers import TtyReader

# After the grace: how long a process may take to end by itself, and then after SIGTERM.
EXIT_SECONDS = 0.5
TERM_SECONDS = 0.5

# How long a process may live after its channel has ended. An ending one takes far less.
LOST_SECONDS = 0.25

_LOST = (
    "The app closed or replaced devtui's channel to its process, as os.closerange or exec do. It "
    "could have served unseen, and was ended; restart it to go on."
)


class ServerProcess:
    """Control a server process, and publish its events until it has ended.

    It waits until `load` gives it an app and the listener. The events are published in an order in
    which a request's output lies between its start and its end. The last one is `ServerExited`.
    """

    def __init__(self, interpreter: Interpreter, publish: Callable[[AnyEvent], None]) -> None:
        interpreter.taken = True
        self.generation = interpreter.generation
        self._publish = publish
        self._reader: Reader | None = None  # once it is attached
        self._keep_all = False
        self._expected = False
        self._why_cut = "the server process died"
        self._suspended = False
        self._abandoned = False
        self.exited = asyncio.Event()
        self._child = interpreter.child
        self.tty = None if interpreter.tty is None else AppTty(*interpreter.tty, self.pid)
        self._programs = 0  # programs that have asked on the terminal
        self._channel = socket.socket(fileno=interpreter.channel)
        self._channel.setblocking(False)
        self._orders = OrderSender(self._channel)
        self._pipes = (
            Pipe(interpreter.stdout, "stdout", unwatch),
            Pipe(interpreter.stderr, "stderr", unwatch),
        )

    @property
    def pid(self) -> int:
        """The process's id, which is also its process group's."""
        return self._child.pid

    @property
    def running(self) -> int:
        """The number of requests that run in it."""
        return 0 if self._reader is None else len(self._reader.running)

    @property
    def alive(self) -> bool:
        """Whether it has not ended; only for a process that is not attached."""
        return self._child.poll() is None

    def discard(self) -> None:
        """Kill and reap a process that is not attached; its output is lost."""
        self.kill()
        self._child.wait()
        self._orders.close()
        self._channel.close()
        for pipe in self._pipes:
            os.close(pipe.fd)
        if self.tty is not None:
            self.tty.discard()

    def abandon(self) -> None:
        """Kill a process that is attached, and publish nothing more of it."""
        assert self._reader is not None
        self._abandoned = True
        self.kill()
        self._reader.abandon()
        self._orders.close()
        if self.tty is not None:
            self.tty.close()

    def attach(self) -> None:
        """Begin to read, on the running event loop. The output waits until then."""
        loop = asyncio.get_running_loop()
        self._reader = Reader(
            self.generation, self._channel, self._pipes, self._publish, self._on_channel_lost
        )
        self._reader.hurries = self._keep_all
        self._orders.attach()
        if self.tty is not None:
            self.tty.attach(self._on_tty_line, self._on_asked, self._on_asked_enough)
        # A thread sees the exit, and has no context variables. Subscribers are called with those of
        # the caller of `attach`, as for all other events.
        call = partial(loop.call_soon_threadsafe, context=contextvars.copy_context())
        threading.Thread(
            target=self._wait,
            args=(loop, call),
            name=f"devtui-wait-{self.generation}",
            daemon=True,
        ).start()

    def load(self, order: Load, descriptors: Sequence[int]) -> None:
        """Order it to load the app and serve it on the listener's descriptors.

        Copies of them travel with the order (SCM_RIGHTS), since they may have changed since the
        process was started.
        """
        self._keep_all = order.keep_all
        if self._reader is not None:
            self._reader.hurries = order.keep_all
        self._orders.send(encode(order), descriptors)

    def send(self, order: Order, descriptor: int | None = None) -> None:
        """Send an order, with a copy of a descriptor if the order needs one.

        It is lost if the process ends before it reads it.
        """
        self._orders.send(encode(order), () if descriptor is None else (descriptor,))

    def expect_end(self, why_cut: str) -> None:
        """Report its end as expected; `why_cut` says why requests that still run are cut then."""
        if not self._expected:
            self._expected, self._why_cut = True, why_cut

    async def stop(self, grace: float, why_cut: str) -> None:
        """Order it to end; force it if requests do not finish within `grace` seconds."""
        self.expect_end(why_cut)
        self.send(Stop(grace_ms=round(grace * 1000)))
        if self._suspended:
            self._signal_all(signal.SIGCONT)  # or it could not obey
        if await self._exits_within(grace + EXIT_SECONDS):
            return
        self.kill(signal.SIGTERM)
        if await self._exits_within(TERM_SECONDS):
            return
        self.kill(signal.SIGKILL)
        await self.exited.wait()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the process and all it started, as long as it is not reaped."""
        if self._child.returncode is None:
            self._expected = True
            self._signal_all(number)

    def _signal_all(self, number: signal.Signals) -> None:
        self._signal_group(number)
        with suppress(ProcessLookupError):
            # It may not have made its group yet. Do not reap it here if it has just ended: the
            # thread that waits for its end would wait in vain.
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

    def _wait(self, loop: asyncio.AbstractEventLoop, call: Callable[..., object]) -> None:
        """Wait in a thread for the process's end, and report each signal that stops it before."""
        while (stopped_by := self._child.wait_for_change()) >= 0:
            if not loop.is_closed():
                call(self._changed, stopped_by)
        if self._child.returncode is None:
            self._signal_group(signal.SIGKILL)
            self._child.wait()
        if not loop.is_closed():
            call(self._ended)

    def _changed(self, stopped_by: int) -> None:
        """Report that a signal has stopped the process, or that it goes on (0)."""
        suspended, self._suspended = self._suspended, stopped_by > 0
        if self.exited.is_set() or self._abandoned or (suspended and self._suspended):
            return
        if self._suspended:
            name = _signal_name(stopped_by)
            self._tell(ServerSuspended(pid=self.pid, signal=name))
        else:
            self._tell(ServerContinued(pid=self.pid))

    def _ended(self) -> None:
        assert self._reader is not None
        if self._abandoned:
            return
        self._reader.finish(self._say_ended)

    def _tell(self, event: AnyEvent) -> None:
        """Publish an event that the process could not report itself."""
        self._publish(structs.replace(event, generation=self.generation))

    def _on_tty_line(self, line: str) -> None:
        self._tell(LogWritten(stream="stderr", text=line))

    def _on_asked(self, reader: TtyReader) -> None:
        """Lend the terminal to a program that reads from it; it cannot ask as Python code does."""
        self._programs += 1
        self._tell(
            TerminalWanted(
                ask_id=self._program_id,
                purpose="program",
                program=f"{reader.name} (pid {reader.pid})",
            )
        )

    def _on_asked_enough(self) -> None:
        self._tell(TerminalReleased(ask_id=self._program_id))

    @property
    def _program_id(self) -> str:
        return f"{self.generation}-p{self._programs}"

    def _say_ended(self) -> None:
        if self.tty is not None:
            self.tty.close()
        code = self._child.wait()  # it was reaped
        self._orders.close()
        exited = ServerExited(
            pid=self.pid,
            exit_code=code if code >= 0 else None,
            signal=_signal_name(-code) if code < 0 else None,
            expected=self._expected,
        )
        assert self._reader is not None
        for cut in self._reader.running.cut(exited.at, self._why_cut):
            self._publish(cut)
        self._tell(exited)
        self.exited.set()

    def _on_channel_lost(self) -> None:
        """Handle the end of the channel: the process ends too, or the app has closed it."""
        asyncio.get_running_loop().call_later(LOST_SECONDS, self._end_the_unheard)

    def _end_the_unheard(self) -> None:
        """Kill a process whose channel is gone: it would serve unseen."""
        if self._child.returncode is not None or self._expected:
            return
        self._tell(LogWritten(stream="log", logger="devtui", level="ERROR", text=_LOST))
        self._signal_all(signal.SIGKILL)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
