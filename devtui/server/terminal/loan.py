"""Borrow the terminal from the session's front end, for one thread of the app at a time."""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal, TextIO

import msgspec

from devtui.events import CALLS, Event, TerminalInterrupted, TerminalReleased, TerminalWanted
from devtui.server.guest.clocks import clock
from devtui.server.output import request_context
from devtui.server.output.standard_streams import StandardStreams

Purpose = Literal["breakpoint", "input", "getpass", "console"]

# How long a thread keeps the terminal after it has read a line: most ask again.
LINGER_SECONDS = 1.0

# How long the front end may take to notice that a loan has ended, on a busy machine.
RETURN_SECONDS = 1.0

_WATCH_SECONDS = 0.1
_TTY = "/dev/tty"


class NoTerminal(EOFError, RuntimeError):
    """There is no terminal.

    Also an EOFError, because `input()` raises one without a terminal, and careful code expects it.
    """


class _Wish(msgspec.Struct):
    """One thread's request for the terminal, and the session's answer."""

    ask_id: str
    thread: threading.Thread
    answered: threading.Event
    request_id: str | None
    refusal: str | None = None
    until: float | None = None  # when the loan ends, unless the thread asks again (monotonic)
    interrupted: bool = False  # by ctrl+c, while it waited for a line


class Terminal:
    """The terminal. One thread holds it; the others wait for their turn.

    While a thread holds it, the descriptors 0, 1 and 2 are the terminal, because readline uses only
    these. Output of the holder and of the threads that it starts, such as those of IPython's
    debugger, goes there too. Output of all others goes to the log.
    """

    def __init__(
        self,
        generation: int,
        send: Callable[[Event], None],
        begun: Callable[[], bytes] = bytes,
    ) -> None:
        """`begun` returns what the calling thread has printed since its last whole line."""
        self.reading = False  # the holder waits for a line
        self.is_forked = False
        self._generation = generation
        self._send = send
        self._begun = begun
        self._numbers = itertools.count(1)
        self._turn = threading.Lock()
        self._state = threading.RLock()
        self._wish: _Wish | None = None  # the current thread's
        self._held = False
        self._released_at = -RETURN_SECONDS  # (monotonic)
        self._standard = StandardStreams()
        self._screen: TextIO | None = None
        self._others: frozenset[int] = frozenset()  # threads older than the loan
        self._helpers: set[int] = set()  # threads that print for a holder
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
    def is_being_returned(self) -> bool:
        """Whether what is typed may still come here, though no thread has the terminal."""
        return clock.monotonic() - self._released_at < RETURN_SECONDS

    @property
    def screen(self) -> TextIO:
        """Return the stream that writes to the terminal. Raise `OSError` if there is none."""
        if self._screen is None:
            # It stays open, because a debugger may write after it has given the terminal back.
            self._screen = open(_TTY, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
        return self._screen

    @property
    def stdins(self) -> tuple[TextIO | None, ...]:
        """Our `sys.stdin`, unless the app has replaced it."""
        return (sys.__stdin__, self._standard.stdin)

    def acquire(self, purpose: Purpose) -> None:
        """Wait for the terminal and take it until `release`. A thread takes it only once.

        Raise `NoTerminal` if there is none.
        """
        if self._keep():
            return
        sys.audit("devtui.terminal", purpose)  # a load that was begun ahead must not ask
        self._turn.acquire()
        granted = ""
        try:
            granted = self._ask(purpose)
            self._take()
            if purpose != "input":
                self.take(self._begun())
        except BaseException:
            self._wish = None
            if granted:  # or the front end would wait for its return
                self._send(TerminalReleased(ask_id=granted))
            self._turn.release()
            raise

    def release(self, thread: threading.Thread | None = None) -> None:
        """Give the terminal back if `thread`, by default the calling one, has it."""
        with self._state:
            if self.holder is not (thread or threading.current_thread()):
                return
            wish, self._wish, self._held = self._wish, None, False
            self._released_at = clock.monotonic()
            request_context.lent = None
        assert wish is not None
        with suppress(OSError):  # the window was closed
            self.screen.flush()
        self._standard.put_back()
        self._send(TerminalReleased(ask_id=wish.ask_id))
        self._turn.release()

    @contextmanager
    def held(self, purpose: Purpose, *, linger: bool = False) -> Iterator[None]:
        """Hold the terminal in the block, and afterwards only if the thread held it before.

        With `linger` hold it a little longer, because more questions follow.
        """
        had = self._is_kept
        self.acquire(purpose)
        try:
            yield
        finally:
            if not had:
                self._linger() if linger else self.release()

    @contextmanager
    def reading_line(self, purpose: Purpose) -> Iterator[str]:
        """Hold the terminal to read a line in the block, and a little longer.

        Yield the beginning of the line that the thread has already printed and `input` must print
        again: the terminal has changed its size, and readline then clears all that it has not
        printed itself. The holder may be an unknown debugger or console.
        """
        fresh = not self.is_mine
        with self.held(purpose, linger=True):
            begun = self._begun() if fresh and purpose == "input" else b""
            wish = self._wish
            assert wish is not None
            self.reading, wish.interrupted = True, False
            try:
                yield begun.decode("utf-8", "surrogateescape")
            finally:
                self.reading = False
                if wish.interrupted:  # the session has typed this line, not the user
                    raise KeyboardInterrupt

    def interrupt(self) -> None:
        """End the holder's wait for a line with `KeyboardInterrupt`.

        Only the main thread can be woken from readline or a read. So the session, which has the
        other end of the terminal, types the end of the line.
        """
        wish = self._wish
        if wish is not None and self.reading:
            wish.interrupted = True
            self._send(TerminalInterrupted(ask_id=wish.ask_id))

    # -- output; see `request_context.Lent`

    def is_here(self) -> bool:
        """Whether the calling thread's output belongs on the terminal."""
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
        """Note that the calling thread's request has ended, so it asks no more."""
        wish = self._wish
        if wish is not None and wish.until is not None:
            self.release()

    def answer(self, ask_id: str, refusal: str | None = None) -> None:
        """Pass on the session's answer: granted, or refused for a reason. Thread-safe."""
        wish = self._wish
        if wish is not None and wish.ask_id == ask_id:
            wish.refusal = refusal
            wish.answered.set()

    @property
    def _is_kept(self) -> bool:
        """Whether the calling thread has the terminal without a time limit."""
        wish = self._wish
        return self.is_mine and wish is not None and wish.until is None

    def _keep(self) -> bool:
        """Whether the calling thread has the terminal. If so, extend the loan."""
        with self._state:
            if not self.is_mine or self._wish is None:
                return False
            self._wish.until = None
            return True

    def _linger(self) -> None:
        """Give the terminal back soon, unless the calling thread asks again."""
        with self._state:
            if self.is_mine and self._wish is not None:
                self._wish.until = clock.monotonic() + LINGER_SECONDS

    def _forget(self) -> None:
        """Forget the terminal in a fork: it is the parent's."""
        self.is_forked, self._held, self._wish, request_context.lent = True, False, None, None

    def _ask(self, purpose: Purpose) -> str:
        """Wait until the request is granted; return its id."""
        ask_id = f"{self._generation}-t{next(self._numbers)}"
        request_id = request_context.request_id.get()
        wish = _Wish(ask_id, threading.current_thread(), threading.Event(), request_id)
        self._wish = wish
        self._send(
            TerminalWanted(
                ask_id=ask_id,
                purpose=purpose,
                request_id=request_id,
            )
        )
        wish.answered.wait()
        if wish.refusal is not None:
            raise NoTerminal(f"{CALLS[purpose]} needs a terminal, and {wish.refusal}.")
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
        request_context.lent = self
        watch = threading.Thread(target=self._watch, args=(wish,), name="devtui-tty", daemon=True)
        watch.start()

    def _watch(self, wish: _Wish) -> None:
        """Give the terminal back for a thread that ends without doing so, or asks no more.

        A thread ends with the terminal if the user steps to the end of a request in the debugger.
        """
        while self._wish is wish:
            wish.thread.join(_WATCH_SECONDS)
            with self._state:
                late = wish.until is not None and clock.monotonic() > wish.until
                if late or not wish.thread.is_alive():
                    self.release(wish.thread)
