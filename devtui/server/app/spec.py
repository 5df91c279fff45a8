"""Parse the name of the application that the user typed, without running any of it."""

from __future__ import annotations

import ast
import os
import re
import warnings
from typing import TypeAlias

import msgspec

MAX_LENGTH = 10_000

# As in Flask, a colon before a slash belongs to a path (`C:\app.py`).
_COLON = r":(?![\\/])"

# What Django's runserver takes.
_ADDRESS = re.compile(r"(?:(?P<host>[\d.]+|localhost|\[[\da-fA-F:]+\]):)?(?P<port>\d{1,5})")


class AppNotFound(Exception):
    """No application was found.

    Its text is for the user: a few sentences that say what was searched, where, and what to type
    instead. Errors of the user's code never become this.
    """


class Attribute(msgspec.Struct, frozen=True):
    """Take the attribute `name` of what came before."""

    name: str


class Call(msgspec.Struct, frozen=True):
    """Call what came before with these literal arguments."""

    args: tuple[object, ...] = ()
    kwargs: tuple[tuple[str, object], ...] = ()


Step: TypeAlias = Attribute | Call


class AppSpec(msgspec.Struct, frozen=True):
    """`path` is a module name or a path; `steps` lead from the module to the application.

    `expression` is the text of the steps. Both are empty if the user has named only the module.
    """

    path: str
    expression: str = ""
    steps: tuple[Step, ...] = ()


def parse(text: str) -> AppSpec:
    """Parse what `flask --app` takes: `MODULE`, `MODULE:NAME` or `MODULE:NAME(ARGUMENTS)`.

    Unlike in Flask, NAME may be dotted (`dashboard:dash_app.server`), and attributes may follow a
    factory's call. Arguments are literals. Raise `AppNotFound` if it cannot be parsed.
    """
    if len(text) > MAX_LENGTH:
        raise AppNotFound(
            f"The application's name is {len(text)} characters long, more than {MAX_LENGTH}; "
            f"type MODULE or MODULE:NAME."
        )
    _check_characters(text)
    if address := _ADDRESS.fullmatch(text):
        host = f"-h {address['host'].strip('[]')} " if address["host"] else ""
        raise AppNotFound(
            f"{text} is an address, not the application's name; type devtui {host}"
            f"-p {address['port']}, followed by the name if it is needed."
        )
    path, colon, expression = _split(text)
    if not path:
        raise AppNotFound(
            f"There is no module before the colon in {text!r}; type MODULE:NAME, such as hello:app."
        )
    if not colon:
        return AppSpec(path)
    if not expression:
        raise AppNotFound(
            f"There is no name after the colon in {text!r}; type MODULE:NAME, such as "
            f"{path}:app, or {path} alone to have it searched."
        )
    return AppSpec(path, expression, _steps(expression))


def _split(text: str) -> tuple[str, bool, str]:
    parts = [part.strip() for part in re.split(_COLON, text, maxsplit=1)]
    return (parts[0], True, parts[1]) if len(parts) == 2 else (parts[0], False, "")


def _check_characters(text: str) -> None:
    try:
        encoded = os.fsencode(text)
    except UnicodeEncodeError:
        encoded = b"\0"
    if b"\0" in encoded:
        raise AppNotFound(
            f"{text!r} contains a character that no file name can have; type MODULE or MODULE:NAME."
        )


def _steps(expression: str) -> tuple[Step, ...]:
    try:
        with warnings.catch_warnings():
            # Our error below replaces Python's warnings about the expression.
            warnings.simplefilter("ignore")
            node = ast.parse(expression, mode="eval").body
        return _steps_of(node, expression)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise AppNotFound(
            f"{expression!r} is neither a name nor a call of one; type NAME, NAME.ATTRIBUTE or "
            f'NAME(ARGUMENTS), such as app, or create_app("dev").'
        ) from None


def _steps_of(node: ast.expr, expression: str) -> tuple[Step, ...]:
    match node:
        case ast.Name(id=name):
            return (Attribute(name),)
        case ast.Attribute(value=value, attr=name):
            return (*_steps_of(value, expression), Attribute(name))
        case ast.Call(func=function, args=args, keywords=keywords):
            return (*_steps_of(function, expression), _call(args, keywords, expression))
    raise ValueError


def _call(args: list[ast.expr], keywords: list[ast.keyword], expression: str) -> Call:
    try:
        named = [(_keyword(keyword), ast.literal_eval(keyword.value)) for keyword in keywords]
        return Call(tuple(ast.literal_eval(arg) for arg in args), tuple(named))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise AppNotFound(
            f"The arguments in {expression!r} are not literals; type strings in quotes, numbers, "
            'True, False, None, and lists or dicts of these: create_app("dev", debug=True).'
        ) from None


def _keyword(keyword: ast.keyword) -> str:
    if keyword.arg is None:
        raise ValueError("** in a call")
    return keyword.arg
