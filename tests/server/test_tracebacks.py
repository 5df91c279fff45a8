"""Exceptions as data: the chain, the frames, and what exceptions do to be difficult."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from devtui.events import Error, ErrorRaised, decode_event, encode
from devtui.server import tracebacks
from devtui.server.tracebacks import describe


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

    assert len(described(chain).exceptions) == tracebacks.MAX_EXCEPTIONS


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1) + 1


def test_an_endless_recursion_is_bounded() -> None:
    (exception,) = described(recurse).exceptions
    assert exception.type == "RecursionError"
    assert len(exception.frames) == tracebacks.MAX_FRAMES
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
    assert len(error.exceptions[0].message) == tracebacks.MAX_MESSAGE
    assert len(error.text) < tracebacks.MAX_TEXT + 100


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
    error.__notes__ = list(notes)  # type: ignore[attr-defined]
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
