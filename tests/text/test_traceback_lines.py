"""Which printed lines belong to one traceback."""

from __future__ import annotations

import io
import sys
import textwrap
import traceback

import pytest
from rich.console import Console

from devtui.text.traceback_lines import TracebackLines, begins


def _fail() -> None:
    raise KeyError("b")


def _chained() -> None:
    try:
        _fail()
    except KeyError as error:
        raise ValueError("bad") from error


def _while_handling() -> None:
    try:
        _fail()
    except KeyError:
        int("x")


def _syntax() -> None:
    compile("x = = 1", "typed.py", "exec")


def printed(code: object) -> str:
    """The traceback of what a function raises, as Python prints it."""
    assert callable(code)
    try:
        code()
    except Exception:
        return traceback.format_exc()
    raise AssertionError("it did not raise")


def taken(text: str, *, continues: bool = False) -> int:
    """How many of the lines belong to the traceback that the first line begins."""
    first, *others = text.splitlines()
    assert begins(first)
    lines = TracebackLines(first)
    count = 1
    for line in others:
        if not lines.takes(line, continues=continues):
            break
        count += 1
    return count


@pytest.mark.parametrize("code", [_fail, _chained, _while_handling, _syntax])
@pytest.mark.parametrize("indentation", ["", "    "])
def test_all_of_it_and_nothing_more(code: object, indentation: str) -> None:
    text = textwrap.indent(printed(code), indentation)
    whole = len(text.splitlines())
    assert taken(text) == whole
    assert taken(text + "the next line\n") == whole
    assert taken(text + printed(code)) == whole  # another one


def test_a_syntax_error_that_was_not_raised_in_a_call() -> None:
    try:
        _syntax()
    except SyntaxError as error:
        text = "".join(traceback.format_exception(type(error), error, None))
    assert taken(text + "next\n") == len(text.splitlines())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are newer")
def test_an_exception_group() -> None:
    def fail() -> None:
        raise ExceptionGroup("some", [ValueError("a"), KeyError("b")])  # noqa: F821

    text = printed(fail)
    assert taken(text + "next\n") == len(text.splitlines())


def test_a_box_of_rich() -> None:
    file = io.StringIO()
    try:
        _chained()
    except ValueError:
        Console(file=file, width=80).print_exception()
    text = file.getvalue()
    assert text.startswith("╭")
    assert taken(text + "next\n") == len(text.splitlines())


def test_loguru_leaves_a_line_free_and_marks_a_frame() -> None:
    text = (
        "Traceback (most recent call last):\n\n"
        '  File "/a/server.py", line 3, in call\n    run()\n    └ <function>\n\n'
        '> File "/a/hello.py", line 4, in view\n    {}["b"]\n\nKeyError: \'b\'\n'
    )
    assert taken(text + "next\n") == len(text.splitlines())


def test_lines_of_the_same_write_belong_to_it() -> None:
    text = printed(_fail) + "a note\nanother\n"
    assert taken(text, continues=True) == len(text.splitlines())


@pytest.mark.parametrize("line", ["Traceback", "see Traceback (most recent call last): above", "x"])
def test_what_begins_none(line: str) -> None:
    assert not begins(line)
