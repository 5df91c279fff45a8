"""Programs under test are files of `tests/apps`; short ones may stand beside the test."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LINES = 10  # as CONTRIBUTING.md says

_DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield each string below a node with its line; a name stands for what an f-string fills in."""
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
        yield node.lineno, "".join(map(str, parts))
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.lineno, node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from texts(child)


# What `format` and % fill in, and the doubled signs beside it.
_FILLED_IN = re.compile(r"\{\{|\}\}|\{\w*(?:![rs])?\}|%[sdr]")


def is_program(text: str) -> bool:
    """Return whether a text is Python, and imports or defines something.

    It may have places that `format` or % fills in.
    """
    return any(map(defines, (text, _FILLED_IN.sub(filled, text))))


def filled(place: re.Match[str]) -> str:
    return {"{{": "{", "}}": "}"}.get(place[0], "x")


def defines(text: str) -> bool:
    """Return whether a text is Python as it is, and imports or defines something."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what is in the text
            body = ast.parse(textwrap.dedent(text)).body
    except (SyntaxError, ValueError):  # ValueError: null bytes, up to Python 3.11
        return False
    return any(isinstance(statement, _DEFINES) for statement in body)


def long_programs(source: str) -> list[int]:
    """Return the lines of a module on which a string of many lines begins that is a program."""
    found = texts(ast.parse(source))
    return [
        line for line, text in found if len(text.strip().splitlines()) >= LINES and is_program(text)
    ]


def test_no_long_program_is_a_string() -> None:
    found = [
        f"{path.relative_to(TESTS)}, line {line}"
        for path in sorted(TESTS.rglob("*.py"))
        if not path.is_relative_to(TESTS / "apps")
        for line in long_programs(path.read_text(encoding="utf-8"))
    ]
    assert found == [], "move them to tests/apps, and read them by app_source"


@pytest.mark.parametrize("begin", ["import os", "def app(environ, start):", "async def main():"])
@pytest.mark.parametrize(
    "string", ['"""{}"""', "f'''{}'''", "'''{{{{}}}} # {{name!r}}\n{}'''", "'''%s\n{}'''"]
)
def test_a_long_program_is_found(begin: str, string: str) -> None:
    more = "pass" if begin.startswith("import") else "    pass"
    for lines, found in ((LINES, [2]), (LINES - 2, [])):
        text = "\n".join([begin, *[more] * (lines - 1)])
        assert long_programs("x = 1\nAPP = " + string.format(text)) == found
        assert not long_programs("APP = " + string.format(text + " ("))
