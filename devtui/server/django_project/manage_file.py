"""Read the settings module of a Django project from `manage.py`, without running the file."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator

from devtui import project_file

NAME = "manage.py"

VARIABLE = "DJANGO_SETTINGS_MODULE"

MAX_BYTES = 256 * 1024
"""The largest file to look at."""


def is_in(folder: str) -> bool:
    """Whether the folder has the `manage.py` of a Django project; Flask had one, too."""
    return VARIABLE.encode() in _source(folder)


def settings_module(folder: str) -> str | None:
    """Return the settings module that `manage.py` names, None if it names none in plain text.

    If there are several, take the first one that does not depend on a condition, else the last one:
    `else` is the usual case.
    """
    source = _source(folder)
    if VARIABLE.encode() not in source:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those about the user's code
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    always: list[str] = []
    sometimes: list[str] = []
    for statement, depends in _statements(tree.body, depends=False):
        if name := _named_in(statement):
            (sometimes if depends else always).append(name)
    return next(iter([*always, *reversed(sometimes)]), None)


def _source(folder: str) -> bytes:
    try:
        return project_file.read(os.path.join(folder, NAME), MAX_BYTES)
    except OSError:
        return b""


def _statements(body: list[ast.stmt], *, depends: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Yield the simple statements in order, and whether each depends on a condition.

    `if __name__ == "__main__"` is not one, because it is true.
    """
    for statement in body:
        inner = [
            getattr(statement, field, []) for field in ("body", "orelse", "handlers", "finalbody")
        ]
        if not any(inner):
            yield statement, depends
            continue
        is_condition = isinstance(statement, ast.If) and not _is_main_guard(statement.test)
        for part in inner:
            for one in part:
                block = one.body if isinstance(one, ast.ExceptHandler) else [one]
                yield from _statements(block, depends=depends or is_condition)


def _is_main_guard(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def _named_in(statement: ast.stmt) -> str | None:
    """Return the module in `os.environ.setdefault(...)` or `os.environ[...] = ...`."""
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(attr="setdefault"),
                args=[ast.Constant(value=variable), ast.Constant(value=str(name))],
            )
        ) if variable == VARIABLE:
            return name
        case ast.Assign(
            targets=[ast.Subscript(slice=ast.Constant(value=variable))],
            value=ast.Constant(value=str(name)),
        ) if variable == VARIABLE:
            return name
    return None
