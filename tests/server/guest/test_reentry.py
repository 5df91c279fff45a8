"""Code of the user's that runs in the middle of ours, and prints, logs, waits or raises there."""

from __future__ import annotations

import contextvars
import gc
import linecache
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from devtui.events import EventsDropped, LogWritten, decode_event
from devtui.server.channel.channel import Channel
from devtui.server.errors import kept_frames
from devtui.server.errors.kept_frames import KeptError, KeptErrors
from devtui.server.errors.reporter import ErrorReporter
from devtui.server.guest.deadline import within
from devtui.server.guest.reentrant import MadeOnce
from devtui.server.output.output import LineStream, text_over

TIMEOUT = 20


class Session:
    """The other end of a channel, which reads all the time."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        # Small, so that the socket is often full in the middle of an event.
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.channel = Channel(theirs, 1)
        self._socket = ours
        self._data = bytearray()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while data := self._socket.recv(65536):
            self._data += data

    def texts(self) -> list[str]:
        """End the channel; all lines that came, each of which has to be an event."""
        self.channel.flush(TIMEOUT)
        self.channel.close()
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive()
        self._socket.close()
        events = [decode_event(line) for line in bytes(self._data).splitlines()]
        assert not any(isinstance(event, EventsDropped) for event in events)
        return [event.text for event in events if isinstance(event, LogWritten)]


@pytest.fixture
def session() -> Session:
    return Session()


def in_time(work: Callable[[], object]) -> None:
    """Do it in a thread of its own, since it may hang for ever."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    assert not thread.is_alive(), "it hangs"


class _Interrupted:
    """Runs `handler` once, before the given line of devtui's code, as a signal's would run.

    `came` is false where there were not so many lines.
    """

    def __init__(self, handler: Callable[[], object], at_line: int) -> None:
        self.came = False
        self._handler = handler
        self._left = at_line

    def __enter__(self) -> _Interrupted:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if "/devtui/server/" not in frame.f_code.co_filename or self.came:
            return None
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        if line.strip() == "self._free.extend(mine)":
            return self._trace  # the turn is not given back then, as any lock in Python
        self._left -= event == "line"
        if self._left < 0:
            self.came = True
            self._handler()
        return self._trace


def test_what_prints_in_the_middle_of_a_print_is_written_too(session: Session) -> None:
    stream = text_over(LineStream(session.channel, "stdout", 1))
    interrupted = 0

    def work() -> None:
        nonlocal interrupted
        for at_line in range(500):
            with _Interrupted(lambda: print("inner", file=stream), at_line) as interruption:
                print("outer", end=" ", file=stream)
                print("line", file=stream)
            interrupted += interruption.came

    in_time(work)
    texts = session.texts()
    # As in plain Python, it may come between the pieces of a print.
    inner, outer = re.compile(r"(inner)"), re.compile("inner")
    assert len(inner.findall("\n".join(texts))) == interrupted > 50
    assert len("".join(outer.sub("", text) for text in texts)) == 500 * len("outer line")
    assert texts.count("outer line") > 400


def test_what_raises_in_the_middle_of_a_print_leaves_nothing_half_done(session: Session) -> None:
    stream = text_over(LineStream(session.channel, "stdout", 1))
    raised = 0

    def fail() -> None:
        raise TimeoutError

    def work() -> None:
        nonlocal raised
        for at_line in range(300):
            print(f"begun {at_line}", end=" ", file=stream)
            try:
                with _Interrupted(fail, at_line):
                    print("x", file=stream)
            except TimeoutError:
                raised += 1
            finally:
                sys.settrace(None)
            print(f"whole {at_line}", file=stream)

    in_time(work)
    texts = session.texts()
    assert raised > 20
    every = "\n".join([*texts, ""])
    # What is interrupted on its way out may be lost, as with Python's own streams, but not twice
    # there, and what comes before and after it is whole.
    lost = [number for number in range(300) if every.count(f"begun {number} ") != 1]
    assert len(lost) <= 20
    assert not any(f"begun {number} " in every for number in lost)
    assert [text.rpartition("whole ")[2] for text in texts if "whole" in text] == [
        str(number) for number in range(300)
    ]


def test_what_raises_at_any_line_of_a_send_ends_no_later_one() -> None:
    """The line is another each time, and the error one that a socket may raise too."""

    def fail() -> None:
        raise TimeoutError

    def texts(at_line: int) -> tuple[list[str], bool]:
        session = Session()
        stream = text_over(LineStream(session.channel, "stdout", 1))
        try:
            with _Interrupted(fail, at_line) as interruption:
                print("x", file=stream)
        except TimeoutError:
            pass
        finally:
            sys.settrace(None)
        print("whole", file=stream)
        return session.texts(), interruption.came

    def work() -> None:
        lines, came = 0, True
        while came:
            arrived, came = texts(lines)
            if not arrived or not arrived[-1].endswith("whole"):
                lost.append(lines)
            lines += 1
        assert lines > 100

    lost: list[int] = []
    in_time(work)
    assert not lost


# Hypothesis has a callback for each collection of garbage, and the handler may raise in there.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_handler_that_raises_leaves_nothing_half_done(session: Session) -> None:
    """A timer's signal, at any moment: what was printed before and after it arrives whole."""
    session.channel.keep_all()  # the faster the machine, the more is printed until it rings
    stream = text_over(LineStream(session.channel, "stdout", 1))
    raised = 0
    wholly: list[str] = []

    class Late(Exception):
        pass

    def handler(*_: object) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, handler)
    try:
        for number in range(5_000):
            text = f"line {number} " + "x" * (number % 3000)
            try:
                try:
                    # Again after a second: Python ignores what is raised while a finaliser runs.
                    first = 0.00002 + number % 50 / 1_000_000
                    signal.setitimer(signal.ITIMER_REAL, first, 1)
                    while True:
                        print(text, file=stream)
                        wholly.append(text)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except Late:
                raised += 1
    finally:
        signal.signal(signal.SIGALRM, before)
    assert raised > 1000
    began = time.monotonic()
    print("the last", file=stream)
    assert time.monotonic() - began < 1  # no turn was left taken
    texts = session.texts()
    assert texts[-1].endswith("the last")
    # What was interrupted may have been written or not; what was not, was.
    rest = iter(texts)
    assert all(any(text in other for other in rest) for text in wholly)


def test_a_finaliser_that_waits_for_a_thread_that_prints_does_not_hang(session: Session) -> None:
    """The thread that it waits for wants to send, and this thread is in the middle of that."""
    stream = text_over(LineStream(session.channel, "stdout", 1))
    lock = threading.Lock()

    def hold_and_print() -> None:
        with lock:
            asked.set()
            free.wait(TIMEOUT)
            print("of the thread", file=stream)

    asked, free = threading.Event(), threading.Event()
    transfer = session.channel.pending.transfer

    def interrupted(data: bytes) -> Iterator[int]:
        session.channel.pending.transfer = transfer
        free.set()
        with lock:
            pass
        return transfer(data)

    def work() -> None:
        thread = threading.Thread(target=hold_and_print, daemon=True)
        thread.start()
        asked.wait(TIMEOUT)
        session.channel.pending.transfer = interrupted
        print("of the finaliser's thread", file=stream)
        thread.join()

    in_time(work)
    assert sorted(session.texts()) == ["of the finaliser's thread", "of the thread"]


def test_what_a_thread_prints_arrives_in_order_beside_a_flood(session: Session) -> None:
    """Other threads send meanwhile, so that the socket is full most of the time."""
    session.channel.keep_all()
    stream = text_over(LineStream(session.channel, "stdout", 1))
    stop = threading.Event()

    def flood() -> None:
        while not stop.is_set():
            print("flood", file=stream)

    threads = [threading.Thread(target=flood, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(200):
            print("last word", number, file=stream)
    finally:
        stop.set()
    for thread in threads:
        thread.join(TIMEOUT)
    assert [text for text in session.texts() if text != "flood"] == [
        f"last word {number}" for number in range(200)
    ]


class _Raises:
    """Its finaliser raises, which is reported."""

    def __del__(self) -> None:
        raise ValueError("in a finaliser")


def _frame_with(value: object) -> FrameType:
    return sys._getframe()


def test_errors_are_kept_while_a_finaliser_of_an_old_one_raises() -> None:
    kept = KeptErrors(1)

    class Again:
        def __del__(self) -> None:
            kept.keep(kept.new_id(), KeptError({}, contextvars.Context(), []))

    def work() -> None:
        for _ in range(3 * kept_frames.MAX_ERRORS):
            frame = _frame_with(Again())
            kept.keep(kept.new_id(), KeptError({(0,): (frame,)}, contextvars.copy_context(), []))
            del frame

    in_time(work)
    assert len(kept.by_id) <= kept_frames.MAX_ERRORS + 1


def test_a_finaliser_of_kept_frames_that_raises_is_reported(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter = ErrorReporter(session.channel)
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    reporter.install_hooks()
    reporter.keeping = True

    def fail(value: object) -> None:
        raise KeyError("an error")

    def work() -> None:
        for _ in range(3 * kept_frames.MAX_ERRORS):
            try:
                fail(_Raises())
            except KeyError as error:
                reporter.report(error, "request")

    in_time(work)
    session.texts()
    reporter.kept.by_id.clear()
    gc.collect()  # the rest of them are not for another test to hear of


def test_two_threads_that_ask_first_get_the_same() -> None:
    asking = threading.Barrier(2)

    def make() -> object:
        asking.wait(TIMEOUT)  # both are in here at the same time
        return object()

    made = MadeOnce(make)
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(made())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert got[0] is got[1] is made()


def test_a_deadline_holds_while_the_called_thread_stands_still() -> None:
    began = time.monotonic()
    assert within(TIMEOUT, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(TIMEOUT, lambda: 1 // 0)
    assert time.monotonic() - began < TIMEOUT
