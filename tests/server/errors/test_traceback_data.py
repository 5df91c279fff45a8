"""Exceptions as data: the chain, the frames, and what exceptions do to be difficult."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import jinja2
import pytest

from devtui.events import Error, ErrorRaised, decode_event, encode
from devtui.server.errors import exception_text, traceback_data, traceback_text
from devtui.server.errors.traceback_data import describe


def raised(function: Callable[[], object]) -> BaseException:
    """The exception that a function raises."""
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("it raised nothing")


def described(function: Callable[[], object]) -> Error:
    """What is told of the exception that a function raises, which must be fit to be sent."""
    error = describe(raised(function))
    event = decode_event(encode(ErrorRaised(error=error)))
    assert isinstance(event, ErrorRaised)
    assert event.error == error
    return error


def fail() -> None:
    raise ValueError("no good")


def test_an_exception_as_data() -> None:
    error = describe(raised(fail))
    (exception,) = error.exceptions
    assert (exception.type, exception.message) == ("ValueError", "no good")
    assert (exception.relation, exception.notes, exception.exceptions) == ("first", (), ())
    outer, inner = exception.frames
    assert (outer.function, inner.function) == ("raised", "fail")
    assert inner.file == __file__
    assert inner.source == 'raise ValueError("no good")'
    assert inner.line == fail.__code__.co_firstlineno + 1
    assert inner.own


def test_the_text_is_python_s_own() -> None:
    exception = raised(fail)
    assert describe(exception).text == "".join(traceback.format_exception(exception))


def from_a_cause() -> None:
    try:
        fail()
    except ValueError as error:
        raise LookupError("not found") from error


def while_handling() -> None:
    try:
        fail()
    except ValueError:
        raise LookupError("not found")  # noqa: B904


def from_nothing() -> None:
    try:
        fail()
    except ValueError:
        raise LookupError("not found") from None


@pytest.mark.parametrize(
    ("function", "chain"),
    [
        (from_a_cause, [("LookupError", "first"), ("ValueError", "cause")]),
        (while_handling, [("LookupError", "first"), ("ValueError", "context")]),
        (from_nothing, [("LookupError", "first")]),
    ],
)
def test_what_an_exception_came_from(
    function: Callable[[], None], chain: list[tuple[str, str]]
) -> None:
    error = described(function)
    assert [(link.type, link.relation) for link in error.exceptions] == chain


def test_a_chain_that_bites_its_tail() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    def loop() -> None:
        raise first

    assert [link.message for link in described(loop).exceptions] == ["first", "second"]


def test_a_long_chain_is_bounded() -> None:
    def chain() -> None:
        error: Exception | None = None
        for number in range(200):
            following = ValueError(str(number))
            following.__cause__, error = error, following
        assert error is not None
        raise error

    assert len(described(chain).exceptions) == traceback_data.MAX_EXCEPTIONS


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1) + 1


def test_an_endless_recursion_is_bounded() -> None:
    (exception,) = described(recurse).exceptions
    assert exception.type == "RecursionError"
    assert len(exception.frames) == traceback_data.MAX_FRAMES
    assert exception.frames[0].function == "raised"
    assert exception.frames[-1].function == "recurse"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups and notes came with Python 3.11")
def test_groups_and_notes() -> None:
    group = eval("ExceptionGroup")

    def both() -> None:
        inner = group("inner", [KeyError("a")])
        error = group("outer", [ValueError("b"), inner])
        error.add_note("think again")
        raise error

    (exception,) = described(both).exceptions
    assert exception.notes == ("think again",)
    assert exception.message.startswith("outer")
    first, second = exception.exceptions
    assert (first.type, first.message) == ("ValueError", "b")
    assert [member.type for member in second.exceptions] == ["KeyError"]


class Custom(Exception):
    pass


def test_the_type_says_its_module() -> None:
    def custom() -> None:
        raise Custom("x")

    assert described(custom).exceptions[0].type == f"{__name__}.Custom"


def test_a_syntax_error_shows_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("x = 1\ndef broken(:\n")

    def load() -> None:
        compile(path.read_text(), str(path), "exec")

    (exception,) = described(load).exceptions
    assert exception.type == "SyntaxError"
    last = exception.frames[-1]
    assert (last.file, last.line, last.source) == (str(path), 2, "def broken(:")
    assert last.own


def test_messages_and_sources_are_bounded() -> None:
    def long() -> None:
        raise ValueError("x" * 1_000_000)

    error = described(long)
    assert len(error.exceptions[0].message) == exception_text.MAX_MESSAGE
    assert len(error.text) < traceback_text.MAX_TEXT + 100


# -- exceptions that are difficult --------------------------------------------------------------


class Text(str):
    """What a library may hand out in place of text, such as markup."""


class NoText(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text either")


class OddNote:
    def __str__(self) -> str:
        raise RuntimeError("no note")


class OddProperty(Exception):
    @property
    def exceptions(self) -> tuple[BaseException, ...]:
        raise RuntimeError("no members")


def noted(*notes: object) -> Exception:
    error = ValueError("noted")
    setattr(error, "__notes__", list(notes))  # noqa: B010, Python 3.10 has none
    return error


def syntax_error(*details: object) -> SyntaxError:
    error = SyntaxError("odd")
    error.filename, error.lineno, error.text = details  # type: ignore[assignment]
    return error


@pytest.mark.parametrize(
    "error",
    [
        NoText(),
        noted(OddNote(), Text("subclass"), 5),
        OddProperty("odd"),
        ValueError("lone \udc80 surrogate"),
        ValueError(Text("subclass")),
        type(Text("Odd"), (Exception,), {"__module__": None})("no module"),
        syntax_error(b"bytes.py", "3", b"x ="),
        syntax_error(Path("path.py"), None, 5),
        syntax_error(Text("text.py"), 10**30, Text("x = ")),
        SystemExit(3),
        KeyboardInterrupt(),
    ],
    ids=lambda error: f"{type(error).__name__}",
)
def test_no_exception_is_too_difficult(error: BaseException) -> None:
    def throw() -> None:
        raise error

    told = describe(raised(throw))
    encode(ErrorRaised(error=told))
    assert told.exceptions[0].type.endswith(type(error).__name__)
    assert told.exceptions[0].frames[1].function.endswith("throw")
    assert told.text


def test_text_that_cannot_be_made_says_so() -> None:
    error = describe(NoText())
    assert "RuntimeError" in error.exceptions[0].message


# -- bounds: within the time, and told -----------------------------------------------------------


HANGS = 15  # half of what the message below blocks for


def took(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def deep(frames: int) -> BaseException:
    """An exception with so many frames, as a library with its own trampoline may make them."""
    error = raised(fail)
    tb = error.__traceback__
    assert tb is not None
    for _ in range(frames):
        tb = TracebackType(tb, tb.tb_frame, tb.tb_lasti, tb.tb_lineno)
    return error.with_traceback(tb)


def test_ten_thousand_frames() -> None:
    error = deep(10_000)
    (exception,) = describe(error).exceptions
    assert len(exception.frames) == traceback_data.MAX_FRAMES
    assert exception.frames_left_out == 10_002 - traceback_data.MAX_FRAMES
    assert f"… ({exception.frames_left_out:,} frames are left out)" in describe(error).text
    assert describe(error).text.endswith("ValueError: no good\n")


def test_a_thousand_causes() -> None:
    error: Exception = ValueError("the first")
    for number in range(1_000):
        following = ValueError(str(number))
        following.__cause__, error = error, following
    told = describe(error)
    assert told.left_out == 1_001 - traceback_data.MAX_EXCEPTIONS
    assert told.text.startswith(f"… ({told.left_out:,} exceptions that came before are left out)")
    assert told.text.endswith("ValueError: 999\n")


class Blocks(Exception):
    def __str__(self) -> str:
        threading.Event().wait(30)
        return "never"


class Leaves(Exception):
    def __str__(self) -> str:
        raise SystemExit("out of a __str__")


class Huge(Exception):
    def __str__(self) -> str:
        return "x" * 100_000_000


@pytest.mark.parametrize("kind", [Blocks, Leaves, Huge])
def test_messages_that_block_leave_or_are_huge(kind: type[Exception]) -> None:
    def throw() -> None:
        raise kind

    error = raised(throw)
    assert took(lambda: describe(error)) < HANGS  # no figure: that it did not wait
    told = describe(error)
    encode(ErrorRaised(error=told))
    assert told.exceptions[0].frames[-1].function.endswith("throw")
    assert len(told.exceptions[0].message) <= exception_text.MAX_MESSAGE
    assert len(told.text) < traceback_text.MAX_TEXT + 100


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with Python 3.11")
def test_a_group_with_a_thousand_members() -> None:
    group = eval("ExceptionGroup")

    def many() -> None:
        raise group("many", [ValueError(str(number)) for number in range(1_000)])

    (exception,) = described(many).exceptions
    assert len(exception.exceptions) == traceback_data.MAX_MEMBERS
    assert exception.members_left_out == 1_000 - traceback_data.MAX_MEMBERS


# -- the place in the source ---------------------------------------------------------------------


def marked(function: Callable[[], object]) -> str | None:
    frame = describe(raised(function)).exceptions[0].frames[-1]
    return None if frame.marked is None else frame.source[slice(*frame.marked)]


def with_accents() -> object:
    return "ä€" + {"ö": 1}["ü"] + "after"  # type: ignore[operator]


def over_lines() -> object:
    return "before" + str(
        1 / 0,
    )


def the_whole_line() -> None:
    fail()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="PEP 657 came with Python 3.11")
def test_the_failing_part_of_a_line_is_marked() -> None:
    assert marked(with_accents) == '{"ö": 1}["ü"]'
    assert marked(over_lines) == "1 / 0"
    outer = describe(raised(the_whole_line)).exceptions[0].frames[-2]
    assert (outer.source, outer.marked) == ("fail()", None)


def test_the_lines_around_come_with_own_frames() -> None:
    frame = describe(raised(fail)).exceptions[0].frames[-1]
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert frame.context[frame.line - frame.context_start].strip() == frame.source
    end = frame.context_start - 1 + len(frame.context)
    assert list(frame.context) == lines[frame.context_start - 1 : end]


@pytest.mark.parametrize(
    ("source", "part"),
    [("def broken(:\n", ":"), ("    x = 'open\n", "'"), ("print 'old'\n", None)],
)
def test_where_the_parser_stopped_is_marked(tmp_path: Path, source: str, part: str | None) -> None:
    path = tmp_path / "broken.py"
    path.write_text(f"if True:\n    y = 1\n{source}")
    error = described(lambda: compile(path.read_text(), str(path), "exec"))
    frame = error.exceptions[0].frames[-1]
    assert frame.source == source.strip()
    assert frame.context[-1] == source.rstrip()
    if part is not None:
        assert frame.marked is not None
        assert frame.source[slice(*frame.marked)].startswith(part)


def test_frames_of_devtui_between_the_user_s_are_left_out() -> None:
    from devtui.server.guest.deadline import within

    def through_us() -> None:
        within(10, fail)

    frames = describe(raised(through_us)).exceptions[0].frames
    assert [frame.function.rpartition(".")[2] for frame in frames] == [
        "raised",
        "through_us",
        "fail",
    ]
    assert "deadline.py" not in describe(raised(through_us)).text


def test_a_message_that_is_cut_is_asked_for_once() -> None:
    """Each time may take as long as the first: 100 MB do not come for nothing."""
    asked = []

    class LongError(Exception):
        def __str__(self) -> str:
            asked.append(1)
            return "x" * 1_000_000

    error = describe(LongError())
    assert len(asked) == 1
    assert len(error.text) < 200_000


def test_a_block_of_a_template_has_its_name() -> None:
    template = jinja2.Environment(autoescape=True).from_string(
        "{% block body %}{{ 1 / 0 }}{% endblock %}"
    )
    frame = described(template.render).exceptions[0].frames[-1]
    assert frame.function == "block 'body'"
