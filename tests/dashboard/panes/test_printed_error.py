"""What is read from a printed traceback."""

from __future__ import annotations

import io
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from rich.console import Console

from devtui.dashboard.panes.printed_error import MAX_FRAMES, first_line, parse
from devtui.events import Error, place_of
from devtui.events.parts import ExceptionData
from tests.support.driver import there


def _read(text: str) -> Error:
    lines = text.splitlines()
    return there(parse(lines[there(first_line(lines)) :]))


def _chain() -> None:
    try:
        {"a": 1}["b"]
    except KeyError as error:
        raise ValueError("bad\nthing") from error


def _while_handling() -> None:
    try:
        {"a": 1}["b"]
    except KeyError:
        int("x")


def _printed(code: Callable[[], object]) -> str:
    try:
        code()
    except Exception:
        return traceback.format_exc()
    raise AssertionError


def _boxed(code: Callable[[], object], width: int = 100) -> str:
    file = io.StringIO()
    try:
        code()
    except Exception:
        Console(file=file, width=width).print_exception()
    return file.getvalue()


@pytest.mark.parametrize("form", [_printed, _boxed])
def test_a_chain(form: Callable[[Callable[[], object]], str]) -> None:
    error = _read(form(_chain))
    first, cause = error.exceptions
    assert (first.type, first.message, first.relation) == ("ValueError", "bad\nthing", "first")
    assert (cause.type, cause.message, cause.relation) == ("KeyError", "'b'", "cause")
    assert [frame.function for frame in first.frames][-1] == "_chain"
    assert first.frames[-1].source == 'raise ValueError("bad\\nthing") from error'
    assert first.frames[-1].own
    assert place_of(error) == (0, len(first.frames) - 1)


def test_a_context() -> None:
    assert [e.relation for e in _read(_printed(_while_handling)).exceptions] == ["first", "context"]


def test_the_message_before_it_is_not_part_of_it() -> None:
    text = f"12:00:00 ERROR caught\n{_printed(_while_handling)}"
    assert first_line(text.splitlines()) == 1
    assert _read(text).exceptions[0].type == "ValueError"


def test_an_indented_one() -> None:
    text = "".join(f"    {line}" for line in _printed(_chain).splitlines(keepends=True))
    assert [e.type for e in _read(text).exceptions] == ["ValueError", "KeyError"]


def test_a_syntax_error_has_its_place() -> None:
    error = _read(_printed(lambda: compile("x = = 1", "/srv/typed.py", "exec")))
    (exception,) = error.exceptions
    assert exception.type == "SyntaxError"
    assert (exception.frames[-1].file, exception.frames[-1].line) == ("/srv/typed.py", 1)
    assert exception.frames[-1].source == "x = = 1"


def _failures(*codes: Callable[[], object]) -> Iterator[Exception]:
    for code in codes:
        try:
            code()
        except Exception as error:
            error.__traceback__ = there(error.__traceback__).tb_next
            yield error


def _fail_with_a_note() -> NoReturn:
    error = ValueError("a")
    error.add_note("of item 3")
    raise error


def _group() -> NoReturn:
    raise ExceptionGroup("inner", [*_failures(_fail_with_a_note, _chain)])  # noqa: F821


def _group_of_groups() -> NoReturn:
    raise ExceptionGroup("outer", [*_failures(_group, _while_handling)])  # noqa: F821


def _from_a_group() -> None:
    try:
        _group_of_groups()
    except Exception as error:
        raise RuntimeError("all failed") from error


def _tree(exception: ExceptionData) -> tuple[Any, ...]:
    shown = f"{exception.type}: {exception.message}"
    if not exception.exceptions:
        return shown, exception.frames[-1].function
    return (shown, exception.frames[-1].function, *map(_tree, exception.exceptions))


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are newer")
@pytest.mark.parametrize("margin", ["", "    "])
def test_a_group_has_its_members(margin: str) -> None:
    text = "".join(f"{margin}{line}" for line in _printed(_from_a_group).splitlines(keepends=True))
    error, group = _read(text).exceptions
    assert (error.type, group.relation) == ("RuntimeError", "cause")
    assert _tree(group) == (
        "ExceptionGroup: outer (2 sub-exceptions)",
        "_group_of_groups",
        (
            "ExceptionGroup: inner (2 sub-exceptions)",
            "_group",
            ("ValueError: a\nof item 3", "_fail_with_a_note"),
            ("ValueError: bad\nthing", "_chain"),
        ),
        ("ValueError: invalid literal for int() with base 10: 'x'", "_while_handling"),
    )


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are newer")
def test_members_that_python_does_not_print_are_counted() -> None:
    def fail() -> NoReturn:
        raise ExceptionGroup("many", [ValueError(number) for number in range(20)])  # noqa: F821

    (group,) = _read(_printed(fail)).exceptions
    assert (len(group.exceptions), group.members_left_out) == (15, 5)


def test_loguru_s_frames_and_values() -> None:
    error = _read(
        "Traceback (most recent call last):\n\n"
        '  File "/venv/lib/python3.12/site-packages/flask/app.py", line 9, in dispatch\n'
        "    return view()\n           └ <function view>\n\n"
        '> File "/srv/hello.py", line 17, in view\n    {}["b"]\n\nKeyError: \'b\'\n'
    )
    (exception,) = error.exceptions
    assert [(f.line, f.source, f.own) for f in exception.frames] == [
        (9, "return view()", False),
        (17, '{}["b"]', True),
    ]


def test_the_user_s_frames_are_told_from_those_of_libraries() -> None:
    files = {
        "/srv/hello.py": True,
        "/home/ada/python3-course/app.py": True,
        "/venv/lib/python3.12/site-packages/flask/app.py": False,
        "/usr/lib/python3/dist-packages/yaml/__init__.py": False,
        "/usr/lib/python3.12/json/__init__.py": False,
        "<frozen importlib._bootstrap>": False,
    }
    text = "Traceback (most recent call last):\n"
    text += "".join(f'  File "{file}", line 1, in f\n    x\n' for file in files)
    (exception,) = _read(text + "KeyError: 1\n").exceptions
    assert {frame.file: frame.own for frame in exception.frames} == files


def test_without_an_exception_there_is_no_error() -> None:
    assert parse(["Traceback (most recent call last):", '  File "/a.py", line 1, in f']) is None


def test_it_is_bounded_and_linear() -> None:
    began = time.perf_counter()
    head = "Traceback (most recent call last):\n"
    for line in (
        '  File "/a.py", line 1, in f\n    x\n' * 20_000,
        "    " + "~" * 1_000_000 + "x\n",
        "│ ❱ 1 │" + " " * 1_000_000 + "x\n",
        "│ /" + "a" * 1_000_000 + "\n",
        "  | " * 300_000 + "\n",
        "KeyError: 'b'\n" + "  +-+---------------- 1 ----------------\n" * 30_000,
        "KeyError: 'b'\n"
        + "".join("  " * n + "+-+---------------- 1 ----------------\n" for n in range(1, 999)),
        '  File "' * 100_000 + "\n",
    ):
        error = _read(f"{head}{line}KeyError: 'b'\n")
        assert error is None or len(error.exceptions[0].frames) <= MAX_FRAMES
    assert time.perf_counter() - began < 5
