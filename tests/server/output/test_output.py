"""What the app prints and logs, as lines tagged with the request they were written in."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from types import SimpleNamespace
from typing import IO, Literal, cast
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devtui.events import Event, LogWritten
from devtui.server.channel.channel import Channel
from devtui.server.guest import clocks
from devtui.server.output import log_records, output, request_context
from devtui.server.output.output import HOLD_SECONDS, LineStream
from devtui.text.line_buffer import MAX_LINE_BYTES
from tests.support.live import Live


class Sent:
    """Stands in for the channel: keeps what was sent, and how often it was nudged."""

    generation = 3

    def __init__(self) -> None:
        self.events: list[LogWritten] = []
        self.nudges = 0

    def refuses_line(self) -> bool:
        return False

    def send_all(self, events: Sequence[Event]) -> None:
        for event in events:
            self.send(event)

    def send(self, event: Event) -> None:
        assert isinstance(event, LogWritten)
        self.events.append(event)

    def nudge(self) -> None:
        self.nudges += 1

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]


def stream_to(sent: Sent) -> LineStream:
    return LineStream(cast(Channel, sent), "stdout", 1)


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def stream(sent: Sent) -> LineStream:
    return stream_to(sent)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock, which stands until a test moves `now`."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(clocks.clock, "monotonic", lambda: clock.now)
    return clock


# -- the stream --------------------------------------------------------------------------------


@given(
    data=st.one_of(st.binary(max_size=60), st.text(st.sampled_from("ä\r\n"), max_size=30))
    .map(lambda data: data.encode() if isinstance(data, str) else data),
    places=st.lists(st.integers(0, 60), max_size=8),
)  # fmt: skip
@example(data=b"a\n\x1b[?25l", places=[])
def test_where_it_was_cut_makes_no_difference(data: bytes, places: list[int]) -> None:
    def lines(pieces: list[bytes]) -> list[str]:
        sent = Sent()
        stream = stream_to(sent)
        for piece in pieces:
            assert stream.write(piece) == len(piece)
        stream.release_all()
        return sent.texts

    bounds = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    pieces = [data[start:end] for start, end in pairwise(bounds)]
    # The clock stands: what is held for too long is released before its end.
    with mock.patch.object(clocks.clock, "monotonic", return_value=1000.0):
        whole = lines([data])
        assert lines(pieces) == whole
    # Each line's end counts once, and so does what comes after the last one, unless that only
    # hides or shows the cursor.
    rest = re.sub(rb"\x1b\[\?25[hl]", b"", data.split(b"\n")[-1])
    assert len(whole) == data.count(b"\n") + bool(rest)


def test_a_line_says_where(sent: Sent, stream: LineStream) -> None:
    stream.write(b"text\n")
    (event,) = sent.events
    assert (event.stream, event.text) == ("stdout", "text")
    assert (event.logger, event.level, event.request_id) == (None, None, None)


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_the_streams_are_called_as_python_s_own(name: Literal["stdout", "stderr"]) -> None:
    code = f"import sys; s = sys.{name}; print(s.name, s.mode, s.buffer.name, s.buffer.mode, s)"
    command = [sys.executable, "-I", "-X", "utf8", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    stream = LineStream(cast(Channel, Sent()), name, 1)
    with output.text_over(stream) as ours:
        said = (ours.name, ours.mode, stream.name, stream.mode, str(ours))
    assert " ".join(said) == done.stdout.rstrip("\n")


def test_any_buffer_of_bytes_can_be_written(sent: Sent, stream: LineStream) -> None:
    assert stream.write(memoryview(bytearray(b"abc\n"))) == 4
    assert stream.write(memoryview(b"d\x00\x00\x00\n\x00\x00\x00").cast("i")) == 8
    assert sent.texts[0] == "abc"


def test_text_of_any_kind_can_be_printed(sent: Sent, stream: LineStream) -> None:
    text = output.text_over(stream)
    print("lone \udc80 and 🧀", file=text)
    assert sent.texts == [r"lone \udc80 and 🧀"]
    assert text.writable()
    assert not text.isatty()
    assert text.fileno() == 1
    assert text.encoding == "utf-8"


def test_a_line_without_end_is_bounded(sent: Sent, stream: LineStream) -> None:
    for _ in range(100):
        stream.write(b"x" * 10_000)
    stream.write(b"\n")
    (text,) = sent.texts
    assert text == "x" * MAX_LINE_BYTES + f" … (+{1_000_000 - MAX_LINE_BYTES:,} bytes)"


def test_the_lines_of_two_threads_do_not_mix(sent: Sent, stream: LineStream) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def write() -> None:
        stream.write(b"the other ")
        begun.set()
        assert go_on.wait(20)
        stream.write(b"thread\n")

    thread = threading.Thread(target=write)
    stream.write(b"one ")
    thread.start()
    assert begun.wait(20)
    stream.write(b"thread\n")
    go_on.set()
    thread.join(20)
    assert sent.texts == ["one thread", "the other thread"]


def test_a_line_belongs_to_the_request_in_which_it_was_begun(
    sent: Sent, stream: LineStream
) -> None:
    token = request_context.request_id.set("3-1")
    stream.write(b"whole\nbegun ")
    request_context.request_id.reset(token)
    stream.write(b"and ended\nof nobody\n")
    assert [event.request_id for event in sent.events] == ["3-1", "3-1", None]


def test_the_end_of_a_request_ends_its_lines(sent: Sent, stream: LineStream) -> None:
    token = request_context.request_id.set("3-1")
    stream.write(b"no end")
    request_context.request_id.reset(token)
    stream.release("3-2")
    assert sent.texts == []
    stream.release("3-1")
    assert sent.texts == ["no end"]
    stream.release("3-1")
    assert sent.texts == ["no end"]


def test_an_unfinished_line_is_sent_after_a_while(
    sent: Sent, stream: LineStream, clock: SimpleNamespace
) -> None:
    assert stream.release_stale() is None
    stream.write(b"name: ")
    assert sent.nudges == 1
    assert stream.release_stale() == pytest.approx(HOLD_SECONDS)
    clock.now += HOLD_SECONDS / 2
    stream.write(b"...")
    assert stream.release_stale() == pytest.approx(HOLD_SECONDS / 2)
    assert sent.texts == []
    clock.now += HOLD_SECONDS
    assert stream.release_stale() is None
    assert sent.texts == ["name: ..."]


def test_a_line_that_was_ended_in_time_is_not_sent_twice(
    sent: Sent, stream: LineStream, clock: SimpleNamespace
) -> None:
    stream.write(b"a")
    clock.now += HOLD_SECONDS / 2
    stream.write(b"b\nc")
    clock.now += HOLD_SECONDS / 2
    assert stream.release_stale() == HOLD_SECONDS  # c is younger
    assert sent.texts == ["ab"]
    clock.now += HOLD_SECONDS
    stream.release_stale()
    assert sent.texts == ["ab", "c"]


def test_the_states_of_a_progress_bar_have_one_number(
    sent: Sent, stream: LineStream, clock: SimpleNamespace
) -> None:
    def later(data: bytes) -> None:
        stream.write(data)
        clock.now += HOLD_SECONDS
        stream.release_stale()

    stream.write(b"\x1b[?25l")
    clock.now += HOLD_SECONDS
    assert stream.release_stale() is None  # it waits for text, and nobody looks for it
    for percent in (b"10%", b"20%"):
        later(b"\r\x1b[2K" + percent)
    stream.write(b"\r\x1b[2K30%")
    later(b"\r\x1b[2K40%")  # in time
    stream.write(b"\r100%\nnext\n")
    later(b"a question? ")
    stream.write(b"\n")  # its end
    later(b"above\nbelow")
    stream.write(b"\r\x1b[2K\x1b[1A\x1b[2Kanother above\nanother below\n")
    stream.write(b"\x1b[?25h")
    stream.release_all()
    shown = [(event.text.replace("\x1b", ""), event.draws) for event in sent.events]
    assert shown == [
        ("[2K10%", 1),
        ("[2K20%", 1),
        ("[2K40%", 1),
        ("100%", 1),
        ("next", 0),
        ("a question? ", 2),
        ("above", 0),
        ("below", 3),
        ("another above", 4),
        ("another below", 5),
    ]


def test_two_threads_draw_a_bar_by_turns_as_those_of_rich_do(
    sent: Sent, stream: LineStream, clock: SimpleNamespace
) -> None:
    def in_a_thread(data: bytes) -> None:
        thread = threading.Thread(target=stream.write, args=(data,))
        thread.start()
        thread.join()

    stream.write(b"\x1b[?25l")
    stream.write(b"0%")
    in_a_thread(b"\r\x1b[2K10%")  # in time: the other one is overwritten
    for percent in (b"20%", b"30%"):
        clock.now += HOLD_SECONDS
        stream.release_stale()
        in_a_thread(b"\r\x1b[2K" + percent)
    stream.write(b"\r\x1b[2K100%\n")
    stream.release_all()
    shown = [(event.text.rpartition("K")[2], event.draws) for event in sent.events]
    assert sorted(shown) == [("10%", 1), ("100%", 1), ("20%", 1)]


def test_a_bar_of_two_threads_keeps_its_request_and_its_row(
    sent: Sent, stream: LineStream, clock: SimpleNamespace
) -> None:
    def refresh(data: bytes) -> None:  # by a thread of rich's, without a request
        thread = threading.Thread(target=stream.write, args=(b"\r\x1b[2K" + data,))
        thread.start()
        thread.join()

    token = request_context.request_id.set("3-1")
    for percent in (b"10%", b"20%", b"30%", b"40%"):  # by turns, each before the other is sent
        stream.write(b"\r\x1b[2K" + percent)
        clock.now += HOLD_SECONDS / 4
        refresh(percent)
        clock.now += HOLD_SECONDS / 4
        stream.release_stale()
    stream.write(b"\r\x1b[2Kabove the bar\n50%")
    refresh(b"60%")
    clock.now += HOLD_SECONDS
    stream.release_stale()
    stream.write(b"\r\x1b[2K100%\n")
    request_context.request_id.reset(token)
    stream.release_all()
    shown = [(event.text.rpartition("K")[2], event.draws) for event in sent.events]
    assert shown == [("20%", 1), ("40%", 1), ("above the bar", 1), ("60%", 2), ("100%", 2)]
    assert {event.request_id for event in sent.events} == {"3-1"}


_RECORD = logging.LogRecord("shop", logging.INFO, "shop.py", 1, "logged", None, None)


def test_bars_of_several_lines_keep_their_rows(
    sent: Sent, stream: LineStream, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(above: int, *lines: str) -> None:
        stream.write(b"\r\x1b[2K" + b"\x1b[1A\x1b[2K" * above + "\n".join(lines).encode())
        clock.now += HOLD_SECONDS
        stream.release_stale()

    token = request_context.request_id.set("3-1")
    stream.write(b"\x1b[?25l")
    draw(0, "a 0%", "b 0%", "c 0%")
    request_context.request_id.reset(token)
    draw(2, "a 1%", "b 1%", "c 1%")  # by the thread that refreshes
    with monkeypatch.context() as patch:
        patch.setattr(log_records, "current", lambda: _RECORD)
        draw(2, "logged", "its end", "a 1%", "b 1%", "c 1%")
    logged = [event for event in sent.events if event.stream == "log"]
    assert [(event.text, event.draws) for event in logged] == [("logged", 0), ("its end", 0)]
    draw(2, "printed", "a 2%", "b 2%", "c 2%")
    draw(3, "printed", "a 3%", "b 3%", "c 3%", "d 3%")
    draw(4, "printed", "a 9%", "b 9%", "c 9%", "d 9%", "\x1b[?25h")
    rows: dict[int, str] = {}
    for event in sent.events:
        assert event.request_id == "3-1"
        if event not in logged:
            rows[event.draws] = event.text
    assert list(rows.values()) == ["printed", "a 9%", "b 9%", "c 9%", "d 9%"]


def test_two_bars_of_two_threads_each_are_two_rows(
    sent: Sent, stream: LineStream, clock: SimpleNamespace
) -> None:
    def draw(request_id: str | None, text: bytes) -> None:
        request_context.request_id.set(request_id)
        stream.write(b"\r\x1b[2K" + text)

    with ExitStack() as stack:
        one, two, refreshes_one, refreshes_two = (
            stack.enter_context(ThreadPoolExecutor(1)) for _ in range(4)
        )
        for turn in range(3):
            for worker, refresher, name in ((one, refreshes_one, "1"), (two, refreshes_two, "2")):
                worker.submit(draw, name, f"{name} {turn}".encode()).result()
                refresher.submit(draw, None, f"{name} {turn}!".encode()).result()
            clock.now += HOLD_SECONDS
            stream.release_stale()
    shown = {(event.draws, event.request_id) for event in sent.events}
    assert shown == {(1, "1"), (2, "2")}
    for event in sent.events:
        assert event.text.rpartition("K")[2].startswith(str(event.request_id))


def test_a_bar_of_another_request_is_another_bar(
    sent: Sent, stream: LineStream, clock: SimpleNamespace
) -> None:
    def draw(request_id: str) -> None:
        request_context.request_id.set(request_id)
        stream.write(b"\r\x1b[2K" + request_id.encode())

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        for thread, request_id in ((one, "3-1"), (other, "3-2"), (one, "3-1")):
            thread.submit(draw, request_id).result()
            clock.now += HOLD_SECONDS
            stream.release_stale()
    shown = [(event.request_id, event.draws) for event in sent.events]
    assert shown == [("3-1", 1), ("3-2", 2), ("3-1", 1)]


def test_the_cursor_of_an_ended_bar_keeps_no_line_for_its_request(
    sent: Sent, stream: LineStream, clock: SimpleNamespace
) -> None:
    request_context.request_id.set("3-1")
    stream.write(b"\r\x1b[2Ka 100%\n\x1b[?25h")  # so rich ends a bar
    stream.release("3-1")
    request_context.request_id.set("3-2")  # the same thread answers the next request
    stream.write(b"printed")
    stream.write(b"\n")
    request_context.request_id.set(None)
    assert [event.request_id for event in sent.events] == ["3-1", "3-2"]


def test_lines_that_come_fast_do_not_nudge_each_time(sent: Sent, stream: LineStream) -> None:
    for _ in range(100):
        stream.write(b"a")
        stream.write(b"\n")
    assert sent.nudges == 1


# -- a real server -----------------------------------------------------------------------------


def lines_of(live: Live, target: str) -> list[LogWritten]:
    """The lines that are written in a request for the target."""
    row = live.visit(target)
    assert row.status == 200
    return [line for line in live.lines() if line.request_id == row.id]


def texts(lines: list[LogWritten], stream: str) -> list[str]:
    return [line.text for line in lines if line.stream == stream]


def test_output_while_loading_belongs_to_no_request(observed: Live) -> None:
    for text, stream in [
        ("printed while loading", "stdout"),
        ("and to stderr", "stderr"),
        ("written while loading", "stdout"),
    ]:
        line = observed.line(text)
        assert (line.stream, line.request_id, line.generation) == (stream, None, 1)


def test_prints_are_tagged_with_their_request(observed: Live) -> None:
    lines = lines_of(observed, "/out/print")
    assert texts(lines, "stdout") == ["printed to stdout", r"written as bytes \xff"]
    assert texts(lines, "stderr") == ["printed to stderr"]


def test_log_records_keep_their_logger_and_level(observed: Live) -> None:
    lines = [(line.logger, line.level, line.text) for line in lines_of(observed, "/out/logging")]
    assert lines[0] == ("shop", "WARNING", "WARNING:shop:stock is low")
    assert (lines[1][0], lines[1][1]) == ("observed", "ERROR")
    assert len(lines) == 2
    assert {line.stream for line in lines_of(observed, "/out/logging")} == {"log"}


def test_warnings_arrive(observed: Live) -> None:
    lines = texts(lines_of(observed, "/out/warning"), "stderr")
    assert "FutureWarning: old fashioned" in lines[0]


def test_what_passes_python_by_arrives_too(observed: Live) -> None:
    lines = lines_of(observed, "/out/descriptor")
    assert texts(lines, "stdout") == ["past Python, to 1"]
    assert texts(lines, "stderr") == ["past Python, to 2"]


def test_what_child_processes_write_arrives(observed: Live) -> None:
    lines = lines_of(observed, "/out/child")
    assert texts(lines, "stdout") == ["of a child", "given our stdout"]
    assert texts(lines, "stderr") == ["its error"]


def test_what_a_fork_prints_arrives(observed: Live) -> None:
    assert texts(lines_of(observed, "/out/fork"), "stdout") == ["of a fork"]


def test_a_line_without_end_comes_with_the_end_of_its_request(observed: Live) -> None:
    assert texts(lines_of(observed, "/out/unfinished"), "stdout") == ["no end of line"]


def test_a_prompt_comes_while_its_request_waits(observed: Live) -> None:
    lines = lines_of(observed, f"/out/prompt?seconds={HOLD_SECONDS * 3}")
    assert texts(lines, "stdout") == ["a prompt: ", "its answer"]
    lines = lines_of(observed, "/out/prompt?seconds=0")
    assert texts(lines, "stdout") == ["a prompt: its answer"]


def test_of_a_progress_bar_only_the_last_is_left(observed: Live) -> None:
    assert texts(lines_of(observed, "/out/progress"), "stdout") == ["100%"]


def test_threads_that_print_at_once_do_not_mix(observed: Live) -> None:
    before = len(observed.lines())
    observed.visit("/out/threads")
    lines = [line.text for line in observed.lines()[before:]]
    # A thread that is held up for long has its line sent in two, but never one with another's.
    assert all(line.count("thread") <= 1 and line.count("-") <= 10 for line in lines)
    found = Counter(re.findall(r"thread\d", " ".join(lines)))
    assert found == Counter({f"thread{number}": 50 for number in range(8)})
    assert "".join(lines).count("-") == 8 * 50 * 10


def test_the_app_finds_no_handler_of_ours(observed: Live) -> None:
    """Or its `logging.basicConfig` would do nothing."""
    assert eval(observed.get("/raw/handlers").text) == [["StreamHandler"], []]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes are newer")
def test_the_notes_of_a_printed_traceback_belong_to_it(sent: Sent, stream: LineStream) -> None:
    file = io.TextIOWrapper(cast("IO[bytes]", stream), write_through=True)
    for _ in range(2):
        try:
            int("x")
        except ValueError as error:
            error.add_note("while reading\nthe price")
            traceback.print_exc(file=file)
    print("of item 3", file=file)
    shown = [(event.text, event.continues) for event in sent.events]
    begins = [number for number, (_, continues) in enumerate(shown) if not continues]
    assert [shown[number][0] for number in begins] == [
        "Traceback (most recent call last):",
        "Traceback (most recent call last):",
        "of item 3",
    ]
    assert ("the price", True) in shown
