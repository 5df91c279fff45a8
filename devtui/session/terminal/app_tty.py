"""The terminal of a server process and the programs that it starts.

It is a pseudo-terminal, and the controlling terminal of the server's own session (setsid(2)). So
what the app or a child writes to /dev/tty never reaches the real screen, and reading it does not
stop the server. While the app has the real terminal, the front end copies bytes in both directions.
Otherwise the output becomes lines of the log, and a program that waits to read is reported.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import termios
from collections.abc import Callable
from contextlib import suppress

from devtui.session.terminal import tty_modes, tty_readers
from devtui.session.terminal.tty_readers import TtyReader
from devtui.session.terminal.window import window
from devtui.text.line_buffer import LineBuffer

# The shortest time between two looks for readers; and the same while a program has the terminal.
LOOK_SECONDS = 0.5
LENT_LOOK_SECONDS = 0.1

# A look takes at most this share of the time: an app may have a thousand threads.
LOOK_SHARE = 0.01

# How long an unfinished line waits for its end before it becomes a line of the log.
LINE_SECONDS = 1.0

# How long a program that has the terminal may do something other than read before it loses it.
LINGER_SECONDS = 0.4

# How long to read a flood before the event loop may do other work for the same time.
LONG_SECONDS = 0.002

_LAST_SECONDS = 0.01
_READ_BYTES = 64 * 1024
_MAX_PROMPT = 4 * 1024


class AppTty:
    """Both ends of the terminal of one server process.

    While nobody has the real terminal, `on_line` gets the output line by line. `on_wanted` gets a
    program that waits for input, and `on_done` is called when that program stops waiting.
    """

    def __init__(self, master: int, slave: int, server: int) -> None:
        os.set_blocking(master, False)
        self._master = master
        self._slave = slave  # kept open, or the kernel would take the terminal from the session
        self._server = server
        self._name = os.ttyname(slave)
        self._begun = LineBuffer()
        self._prompt = b""  # the output since the last line's end
        self._typed = bytearray()  # the input that the terminal does not take yet
        self._show: Callable[[bytes], None] | None = None
        self._for_program = False  # not for Python code, which reports that it is done
        self._reader: TtyReader | None = None  # the reported reader
        self._refused: TtyReader | None = None
        self._suspect: TtyReader | None = None  # the one that had it open at the last look
        self._seen = 0.0
        self._paused = False
        self._timers: dict[Callable[[], None], asyncio.TimerHandle] = {}
        tty_modes.be_as_at_start(slave)
        window.add(self)

    def attach(
        self,
        on_line: Callable[[str], None],
        on_wanted: Callable[[TtyReader], None],
        on_done: Callable[[], None],
    ) -> None:
        """Begin to read, on the running event loop."""
        self._on_line, self._on_wanted, self._on_done = on_line, on_wanted, on_done
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._master, self._readable)
        self._after(LOOK_SECONDS, self._look)

    # -- while somebody has the real terminal

    def lend(self, show: Callable[[bytes], None], *, for_program: bool) -> None:
        """Give the output to `show` from now on, beginning with the question."""
        self._show, self._for_program = show, for_program
        if self._prompt:
            show(self._prompt)
            if self._begun:
                self._begun.take()
        if for_program:
            tty_modes.set_signals(self._slave, on=True)
            self._after(LENT_LOOK_SECONDS, self._look)

    def take_back(self) -> bytes:
        """Log the output again, and return the input that was not read."""
        if self._master < 0:
            return b""  # the process has ended
        with suppress(OSError):
            poll = select.poll()
            poll.register(self._master, select.POLLIN)
            while poll.poll(_LAST_SECONDS * 1000) and self._readable():
                continue
        self._show, self._prompt = None, b""
        if window.size is not None:
            self.set_size(window.size)
        if self._for_program:
            self._for_program = False
            tty_modes.set_signals(self._slave, on=False)
        self._typed.clear()
        self.pause(False)
        self._after(LOOK_SECONDS, self._look)
        return tty_modes.typed_ahead(self._slave)

    def type(self, data: bytes) -> None:
        """Take in what a person has typed.

        ctrl+c goes to the program that asks, and not to the server that started it. If the server
        itself reads, no signal ends that, so ctrl+c ends the input. If Python code asks, ctrl+c
        works as in any terminal.
        """
        if self._for_program:
            itself = self._reader is not None and self._reader.pid == self._server
            for special, number in tty_modes.signals_of(self._slave, data):
                ends = tty_modes.end_of_input(self._slave) if itself else b""
                data = data.replace(special, ends)
                self._signal(number)
        self._typed += data
        self._pass_on()

    def pause(self, paused: bool) -> None:
        """Stop reading for now, because the real terminal is slower than the output."""
        if paused != self._paused and self._master >= 0:
            self._paused = paused
            if paused:
                self._loop.remove_reader(self._master)
            else:
                self._loop.add_reader(self._master, self._readable)

    def set_size(self, size: bytes) -> None:
        """Set the size, as TIOCGWINSZ returns it; the programs get SIGWINCH."""
        import fcntl

        with suppress(OSError):
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def fit(self, size: bytes) -> None:
        """Set the size of the log's lines, unless somebody has the real terminal with its own."""
        if self._show is None and self._master >= 0:
            self.set_size(size)

    # -- the end

    def refuse(self, reason: str | None) -> None:
        """Refuse the terminal to the program; for ever if there is no `reason`."""
        reader, self._reader = self._reader, None
        if reason is None:
            self.hang_up()
        elif reader is not None:
            if reader != self._refused:  # say it once; the program is tried again
                self._on_line(f"{reader.name} (pid {reader.pid}) asks, and {reason}.")
            self._refused = reader
            self._after(10 * LOOK_SECONDS, self._look)

    def hang_up(self) -> None:
        """Take the terminal away. Reading or opening it fails at once then."""
        if self._master < 0:
            return
        self._finish()
        for timer in self._timers.values():
            timer.cancel()
        self._loop.remove_reader(self._master)
        self._loop.remove_writer(self._master)
        self.discard()

    def discard(self) -> None:
        """Close both ends, even if it was never attached."""
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def close(self) -> None:
        """Take in what the ended process left, and close."""
        if self._master >= 0:
            for _ in range(4):
                if not self._readable():
                    break
        self.hang_up()

    # -- inside

    def _readable(self) -> bool:
        """Take in the output; return false if there is none."""
        try:
            data = os.read(self._master, _READ_BYTES)
        except BlockingIOError:
            return False
        except OSError:  # on Linux, nobody has the other end open
            self._loop.remove_reader(self._master)
            return False
        began = self._loop.time()
        *whole, rest = data.split(b"\n")
        self._prompt = (rest if whole else self._prompt + rest)[-_MAX_PROMPT:]
        if self._show is not None:
            self._show(data)
            return bool(data)
        for line in whole:
            self._begun.add(line.rstrip(b"\r"))
            self._finish()
        self._begun.add(rest)
        if self._begun:
            self._after(LINE_SECONDS, self._finish)
        if (took := self._loop.time() - began) > LONG_SECONDS:
            self.pause(True)  # a flood must leave room for keys
            self._after(took, self._go_on)
        return bool(data)

    def _go_on(self) -> None:
        self.pause(False)

    def _finish(self) -> None:
        """End the unfinished line."""
        if self._begun and (line := self._begun.take()).strip():
            self._on_line(line)

    def _look(self) -> None:
        """Look for a program that waits for the terminal."""
        if self._master < 0 or (self._show is not None and not self._for_program):
            return
        began = self._loop.time()
        reader, suspect = self._waiting(), self._suspect
        self._suspect = None if reader is None or reader.sure else reader
        if self._reader is None and self._suspect is not None and reader != suspect:
            reader = None  # it may have the terminal open only for a moment, like stty
        now = self._loop.time()
        if reader is not None:
            self._seen = now
            if self._reader is None:
                self._reader = reader
                self._on_wanted(reader)
        elif self._reader is not None and now - self._seen > LINGER_SECONDS:
            self._reader = None
            self._on_done()
        wait = LOOK_SECONDS if self._reader is None else LENT_LOOK_SECONDS
        self._after(max(wait, (now - began) / LOOK_SHARE), self._look)

    def _waiting(self) -> TtyReader | None:
        if tty_readers.can_look():
            expecting = bool(self._prompt) or not tty_modes.is_usual(self._slave)
            return tty_readers.reader_of(self._server, self._name, expecting=expecting)
        if self._prompt and (self._show is not None or not self._begun):
            return TtyReader(self._server, "a program")
        return None

    def _pass_on(self) -> None:
        """Write the input, as far as the terminal takes it."""
        if self._master < 0:
            return
        try:
            del self._typed[: os.write(self._master, self._typed)]
        except BlockingIOError:
            pass
        except OSError:
            self._typed.clear()  # the process is gone
        if self._typed:
            self._loop.add_writer(self._master, self._pass_on)
        else:
            self._loop.remove_writer(self._master)

    def _signal(self, number: signal.Signals) -> None:
        for pid in tty_readers.family(self._server):
            if pid != self._server:
                with suppress(OSError):  # it has ended, or is another user's
                    if os.getsid(pid) == self._server:
                        os.kill(pid, number)

    def _after(self, seconds: float, work: Callable[[], None]) -> None:
        if (timer := self._timers.pop(work, None)) is not None:
            timer.cancel()
        if self._master >= 0:
            self._timers[work] = self._loop.call_later(seconds, work)
