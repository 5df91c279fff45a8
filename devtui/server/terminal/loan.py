"""The terminal, borrowed from the session's front end by one thread of the app after another."""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal, TextIO

import msgspec

from devtui.events import Event, TerminalInterrupted, TerminalReleased, TerminalWanted
from devtui.server.output import request_context
from devtui.server.output.standard_streams import StandardStreams

Purpose = Literal["breakpoint", "input", "getpass", "console"]

# How long a thread that has read a line keeps the terminal: mostly it goes on to ask.
LINGER_SECONDS = 1.0

_WATCH_SECONDS = 0.1
_TTY = "/dev/tty"
_CALLS = {
    "breakpoint": "breakpoint()",
    "input": "input()",
    "getpass": "getpass()",
    "console": "a console",
}


class NoTerminal(EOFError, RuntimeError):
    """There is no terminal to ask a person by.

    An EOFError as well, because that is what `input()` raises without one, and what code which
    is ready for it expects.
    """


class _Wish(msgspec.Struct):
    """One thread's wish for the terminal, and the session's answer to it."""

    ask_id: str
    thread: threading.Thread
    answered: threading.Event
    request_id: str | None
    refusal: str | None = None
    until: float | None = None  # when it ends by itself, unless the thread asks again (monotonic)
    interrupted: bool = False  # by ctrl+c, while it waited for a line


class Terminal:
    """Held by one thread at a time; the others wait for it in turn.

    While it is held, it stands behind the descriptors 0, 1 and 2, since the readline library uses
    these and no others. What the holder prints goes there too, as does what is printed by threads
    that it starts, as IPython's debugger does to ask; of all others it goes to the log as ever.
    """

    def __init__(
        self,
        generation: int,
        send: Callable[[Event], None],
        begun: Callable[[], bytes] = bytes,
    ) -> None:
        """`begun` gives what the calling thread has printed since the last line's end."""
        self.reading = False  # the holder waits for a line
        self.is_forked = False
        self._generation = generation
        self._send = send
        self._begun = begun
        self._numbers = itertools.count(1)
        self._turn = threading.Lock()
        self._state = threading.RLock()
        self._wish: _Wish | None = None  # of the thread whose turn it is
        self._held = False
        self._standard = StandardStreams()
        self._screen: TextIO | None = None
        self._others: frozenset[int] = frozenset()  # threads that were there before
        self._helpers: set[int] = set()  # and those that have printed for a holder
        os.register_at_fork(after_in_child=self._forget)

    @property
    def holder(self) -> threading.Thread | None:
        """The thread that has the terminal."""
        wish = self._wish
        return wish.thread if wish is not None and self._held else None

    @property
    def is_mine(self) -> bool:
        """Whether the calling thread has the terminal."""
        return self.holder is threading.current_thread()

    @property
    def screen(self) -> TextIO:
        """What writes to the terminal. Raises `OSError` where there is none."""
        if self._screen is None:
            # It stays open: a debugger may write its last words after it gave the terminal back.
            self._screen = open(_TTY, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
        return self._screen

    @property
    def stdins(self) -> tuple[TextIO | None, ...]:
        """What `sys.stdin` is, unless the app has put something in its place."""
        return (sys.__stdin__, self._standard.stdin)

    def acquire(self, purpose: Purpose) -> None:
        """Wait for the terminal and take it, until `release`; once is enough for a thread.

        Raises `NoTerminal` where there is none.
        """
        if self._keep():
            return
        self._turn.acquire()
        granted = ""
        try:
            granted = self._ask(purpose)
            self._take()
        except BaseException:
            self._wish = None
            if granted:  # or the front end would wait for it to come back
                self._send(TerminalReleased(generation=self._generation, ask_id=granted))
            self._turn.release()
            raise

    def release(self, thread: threading.Thread | None = None) -> None:
        """Give the terminal back, where `thread` (or else the calling one) has it."""
        with self._state:
            if self.holder is not (thread or threading.current_thread()):
                return
            wish, self._wish, self._held = self._wish, None, False
            request_context.lent = None
        assert wish is not None
        with suppress(OSError):  # the window was closed
            self.screen.flush()
        self._standard.put_back()
        self._send(TerminalReleased(generation=self._generation, ask_id=wish.ask_id))
        self._turn.release()

    @contextmanager
    def held(self, purpose: Purpose, *, linger: bool = False) -> Iterator[None]:
        """Have the terminal within the block, and afterwards no more unless one had it before.

        `linger`: a little longer, since something follows that will ask for it.
        """
        had = self._is_kept
        self.acquire(purpose)
        try:
            yield
        finally:
            if not had:
                self._linger() if linger else self.release()

    @contextmanager
    def reading_line(self, purpose: Purpose) -> Iterator[None]:
        """Have the terminal within the block, to read a line, and a little longer.

        The holder may be a debugger or a console that nobody has heard of.
        """
        with self.held(purpose, linger=True):
            wish = self._wish
            assert wish is not None
            self.reading, wish.interrupted = True, False
            try:
                yield
            finally:
                self.reading = False
                if wish.interrupted:  # whatever was read is no answer
                    raise KeyboardInterrupt

    def interrupt(self) -> None:
        """Have the holder's waiting for a line end with `KeyboardInterrupt`.

        No thread but the main one can be woken from the readline library, nor from a read. So the
        session, which has the other end of the terminal, types the line's end.
        """
        wish = self._wish
        if wish is not None and self.reading:
            wish.interrupted = True
            self._send(TerminalInterrupted(generation=self._generation, ask_id=wish.ask_id))

    # -- what is printed; see `request_context.Lent`

    def is_here(self) -> bool:
        """Whether what the calling thread prints belongs on the terminal."""
        wish, here = self._wish, threading.get_ident()
        if wish is None or not self._held:
            return False
        if here == wish.thread.ident:
            return True
        request_id = request_context.request_id.get()
        if here in self._others or request_id not in (None, wish.request_id):
            return False
        self._helpers.add(here)
        return True

    def take(self, data: bytes) -> None:
        """Write to the terminal."""
        with suppress(OSError):  # the window was closed
            while data:
                data = data[os.write(1, data) :]

    def request_ended(self) -> None:
        """The calling thread's request has ended: it asks nothing more."""
        wish = self._wish
        if wish is not None and wish.until is not None:
            self.release()

    def answer(self, ask_id: str, refusal: str | None = None) -> None:
        """The session grants the terminal, or refuses it for a reason. Any thread may call it."""
        wish = self._wish
        if wish is not None and wish.ask_id == ask_id:
            wish.refusal = refusal
            wish.answered.set()

    @property
    def _is_kept(self) -> bool:
        """Whether the calling thread has the terminal until it gives it back."""
        wish = self._wish
        return self.is_mine and wish is not None and wish.until is None

    def _keep(self) -> bool:
        """Whether the calling thread has the terminal; then it has it for longer now."""
        with self._state:
            if not self.is_mine or self._wish is None:
                return False
            self._wish.until = None
            return True

    def _linger(self) -> None:
        """Give the terminal back in a moment, unless the calling thread asks again."""
        with self._state:
            if self.is_mine and self._wish is not None:
                self._wish.until = time.monotonic() + LINGER_SECONDS

    def _forget(self) -> None:
        """In a fork: the terminal is the parent's."""
        self.is_forked, self._held, self._wish, request_context.lent = True, False, None, None

    def _ask(self, purpose: Purpose) -> str:
        """Wait until the wish is granted; returns its id."""
        ask_id = f"{self._generation}-t{next(self._numbers)}"
        request_id = request_context.request_id.get()
        wish = _Wish(ask_id, threading.current_thread(), threading.Event(), request_id)
        self._wish = wish
        self._send(
            TerminalWanted(
                generation=self._generation,
                ask_id=ask_id,
                purpose=purpose,
                request_id=request_id,
            )
        )
        wish.answered.wait()
        if wish.refusal is not None:
            raise NoTerminal(f"{_CALLS[purpose]} needs a terminal, and {wish.refusal}.")
        return ask_id

    def _take(self) -> None:
        wish = self._wish
        assert wish is not None
        try:
            self._standard.take(_TTY)
        except OSError as error:
            raise NoTerminal(f"The terminal cannot be opened: {error}") from error
        here = threading.get_ident()
        self._others = frozenset(sys._current_frames()) - self._helpers - {here}
        self._held = True
        self.take(self._begun())
        request_context.lent = self
        watch = threading.Thread(target=self._watch, args=(wish,), name="devtui-tty", daemon=True)
        watch.start()

    def _watch(self, wish: _Wish) -> None:
        """Give the terminal back for a thread that ends without having done so.

        That is so where somebody steps in the debugger to the end of a request. And for one that
        has read a line, and asks for no other.
        """
        while self._wish is wish:
            wish.thread.join(_WATCH_SECONDS)
            with self._state:
                late = wish.until is not None and time.monotonic() > wish.until
                if late or not wish.thread.is_alive():
                    self.release(wish.thread)
