"""What holds for any input: the codec, the sanitiser, the app's name, the traceback's bounds."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from contextlib import suppress
from typing import get_args

import msgspec
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from devtui.events import (
    AnyEvent,
    AnyOrder,
    ErrorRaised,
    Event,
    ExceptionData,
    Order,
    decode_event,
    decode_order,
    encode,
)
from devtui.server.app.spec import AppNotFound, AppSpec, Attribute, Call, parse
from devtui.server.channel.pending import MAX_PENDING_BYTES
from devtui.server.errors import exception_text, traceback_data
from devtui.server.errors.traceback_text import MAX_TEXT
from devtui.session.processes.incoming import IncomingEvents
from devtui.session.store.store import Store
from devtui.text.sanitize import MAX_COMBINING, visible
from tests.support.messages import structs

EVENTS: tuple[type[Event], ...] = get_args(AnyEvent)
ORDERS: tuple[type[Order], ...] = get_args(AnyOrder)

few = settings(max_examples=40)

# -- the codec ---------------------------------------------------------------------------------


@few
@given(st.one_of(*map(structs, EVENTS)))
def test_what_came_through_the_codec_comes_through_again(event: Event) -> None:
    line = encode(event)
    again = decode_event(line)
    # A lone surrogate takes another way to JSON, with other spaces.
    assert json.loads(encode(again)) == json.loads(line)
    assert decode_event(encode(again)) == again


@few
@given(st.one_of(*map(structs, ORDERS)))
def test_so_do_orders(order: Order) -> None:
    line = encode(order)
    assert json.loads(encode(decode_order(line))) == json.loads(line)


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    """An event's line in which some bytes were exchanged, taken out or put in."""
    line = bytearray(encode(draw(structs(draw(st.sampled_from(EVENTS))))))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(line)))
        end = draw(st.integers(start, min(start + 8, len(line))))
        line[start:end] = draw(st.one_of(st.binary(max_size=6), st.sampled_from(SPLICES)))
    return bytes(line)


SPLICES = [b"9" * 400, b"1e999", b"-1", b"null", b"[]", b"{}", b'"', b"\\ud800", b"[" * 2000, b"\n"]


@given(damaged_lines())
@example(b'{"type":"log_written","at":"2026-01-02T03:04:05","stream":"log","text":""}')
def test_a_damaged_line_is_an_event_or_refused(line: bytes) -> None:
    for decode in (decode_event, decode_order):
        with suppress(msgspec.DecodeError):
            message = decode(line)
            assert isinstance(message, (Event, Order))
            assert not isinstance(message, Event) or message.at.tzinfo is not None
            encode(message)


@few
@given(st.lists(st.one_of(damaged_lines(), st.binary(max_size=60)), max_size=5), st.data())
def test_any_bytes_on_the_channel_are_taken_in(written: list[bytes], data: st.DataObject) -> None:
    """In any pieces; what they make of it can be kept."""
    incoming, store = IncomingEvents(1), Store()
    rest = b"".join(written) + b"\n"
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        for event in incoming.take(rest[:size]):
            assert event.generation == 1
            store.apply(event)
        rest = rest[size:]


# -- the sanitiser -----------------------------------------------------------------------------

# Whatever acts on a terminal, hides or reorders: controls, formats (bidi, zero width, tags),
# surrogates, private and unassigned code points, and line and paragraph separators.
ACTING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
SUSPECTS = [
    *"\x00\x07\x08\t\n\r\x1b\x7f\x85\x90\x9b\x9d\x9f\xad",
    *"\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e",
    *"\u2060\u2066\u2067\u2068\u2069\ufeff\ufff9\ud800\udfff\ue000\U000e0001\U000e0041\U0010ffff",
    *"\u034f\u115f\u1160\u2800\u3164\uffa0\ufe0e\ufe0f\u0301\u20dd",
    "\x1b[31m",
    "\x1b]0;title\x07",
]
any_text = st.lists(
    st.one_of(st.text(st.characters(), max_size=8), st.sampled_from(SUSPECTS)), max_size=12
).map("".join)


@given(any_text, st.integers(0, 200))
def test_nothing_that_acts_survives_and_the_length_is_bounded(text: str, limit: int) -> None:
    shown = visible(text, limit)
    left_out = re.search(r"…\(\+([\d,]+) characters\)$", shown)
    told = shown[: left_out.start()] if left_out else shown
    assert len(told) <= limit
    assert {unicodedata.category(character) for character in shown}.isdisjoint(ACTING)
    assert not re.search(r"[\u034f\u115f\u1160\u2800\u3164\uffa0\ufe0e\ufe0f]", shown)
    marks = 0
    for character in told:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        assert marks <= MAX_COMBINING
    if left_out is None:
        assert visible(text, limit + 1000) == shown  # then nothing was cut


@given(any_text)
def test_what_is_safe_already_stays_as_it_is(text: str) -> None:
    once = visible(text, 10_000)
    assert visible(once, 10_000) == once


# -- the app's name ----------------------------------------------------------------------------

WORDS = ["app", "pkg.mod", ":", ".", "(", ")", '"', "'", "=", ",", "create_app", "/", "\\", " ",
         "C:\\a.py", "1", "[", "]", "{", "}", "*", "**", "lambda:0", "None", "-", "\0", "\ud800",
         "é", "9" * 5000, "(" * 300, "a." * 300, "#", "\n", "f'{1}'", "b''", "..."]  # fmt: skip
names = st.one_of(
    st.text(st.characters(), max_size=30),
    st.lists(st.sampled_from(WORDS), max_size=8).map("".join),
)


@given(names)
@example("a:" + "(" * 5000)
@example("a:b(" + "[" * 5000 + ")")
@example("a:b(" + "-" * 5000 + "1)")
@example("a" * 20_000)
def test_any_name_of_an_app_is_taken_apart_or_refused_in_words(text: str) -> None:
    try:
        spec = parse(text)
    except AppNotFound as refusal:
        sentence = str(refusal)
        assert sentence.endswith((".", ")."))
        assert "type " in sentence  # what to type instead
        return
    assert isinstance(spec, AppSpec)
    assert all(isinstance(step, (Attribute, Call)) for step in spec.steps)
    assert bool(spec.expression) is bool(spec.steps)
    assert spec.path
    assert "\0" not in spec.path


# -- the traceback's bounds --------------------------------------------------------------------

if sys.version_info >= (3, 11):
    from builtins import ExceptionGroup
else:

    class ExceptionGroup(Exception):
        """What a group is to us, before Python has them: exceptions in `exceptions`."""

        def __init__(self, message: str, members: list[Exception]) -> None:
            super().__init__(message)
            self.exceptions = tuple(members)


class Case:
    """An exception that hypothesis does not write out: that would be a million members."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __repr__(self) -> str:
        return f"<a case of {type(self.error).__name__}>"


class Unprintable(Exception):
    def __str__(self) -> str:
        raise SystemExit("never")


def raised(error: Exception, depth: int) -> Exception:
    """The error with a traceback of that many frames."""

    def descend(left: int) -> None:
        if left <= 1:
            raise error
        descend(left - 1)

    try:
        if depth:
            descend(depth)
    except Exception as caught:
        return caught
    return error


@st.composite
def exceptions(draw: st.DrawFn) -> Case:
    """Chains, cycles, groups in groups, deep recursion, endless texts and notes."""
    made: list[Exception] = []
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(["plain", "long", "unprintable", "group"]))
        if kind == "group" and made:
            members = draw(st.lists(st.sampled_from(made), min_size=1, max_size=40))
            error: Exception = ExceptionGroup("several", members)
        elif kind == "unprintable":
            error = Unprintable()
        else:
            error = ValueError("x" * 1_000_000 if kind == "long" else draw(any_text))
        notes = draw(st.sampled_from([None, ["a note"], ["n" * 100_000] * 50, 5, [None]]))
        if notes is not None:
            setattr(error, "__notes__", notes)  # noqa: B010, Python 3.10 has none
        made.append(raised(error, draw(st.sampled_from([0, 1, 300]))))
    for error in made:  # any links, in circles too
        error.__cause__ = draw(st.sampled_from([None, *made]))
        error.__context__ = draw(st.sampled_from([None, *made]))
        error.__suppress_context__ = draw(st.booleans())
    return Case(made[-1])


def long_chain(length: int) -> Exception:
    error = Exception("first")
    for number in range(length):
        following = Exception(str(number))
        following.__cause__ = error
        error = following
    return error


def nested(depth: int) -> Exception:
    error = Exception("innermost")
    for _ in range(depth):
        error = ExceptionGroup("around", [error, error])
    return error


def wide(depth: int) -> Exception:
    """Groups of thirty groups of thirty, each with many frames and a long text."""
    error: Exception = ValueError("x" * 10_000)
    for _ in range(depth):
        error = ExceptionGroup("y" * 10_000, [raised(error, 300)] * 30)
    return error


# Shrinking such examples takes minutes. What is overdue is ended by an exception in its thread,
# which may come to light in hypothesis's own callback of the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(max_examples=20, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(exceptions())
@example(Case(long_chain(3_000)))
@example(Case(nested(12)))
@example(Case(ExceptionGroup("wide", [ValueError(str(number)) for number in range(5_000)])))
@example(Case(wide(4)))
def test_any_exception_is_described_within_its_bounds(case: Case) -> None:
    described = traceback_data.describe(case.error)
    assert 1 <= len(described.exceptions) <= traceback_data.MAX_EXCEPTIONS
    assert len(described.text) <= MAX_TEXT + 100
    for link in described.exceptions:
        within_bounds(link, depth=1)
    # It is one event, and the channel holds a few of them.
    assert len(encode(ErrorRaised(error=described))) < MAX_PENDING_BYTES // 2


def within_bounds(link: ExceptionData, depth: int) -> None:
    assert depth <= traceback_data.MAX_DEPTH
    assert len(link.message) <= exception_text.MAX_MESSAGE
    assert len(link.notes) <= traceback_data.MAX_NOTES
    assert all(len(note) <= exception_text.MAX_MESSAGE for note in link.notes)
    assert len(link.frames) <= traceback_data.MAX_FRAMES + 1  # and the place of a SyntaxError
    assert all(len(frame.source) <= traceback_data.MAX_SOURCE for frame in link.frames)
    assert len(link.exceptions) <= traceback_data.MAX_MEMBERS
    for member in link.exceptions:
        within_bounds(member, depth + 1)
