"""Format and colour SQL. It takes a moment at most, whatever the text is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial

from devtui.dashboard.widgets.cells import Row
from devtui.text.sanitize import visible

MAX_LAID_OUT = 4_000
"""The longest statement that is formatted; sqlparse takes a tenth of a second for it."""

MAX_SHORTENED = 100_000
"""The longest text in which long lists of placeholders are shortened."""

_PLACE = r"(?:\?|%s|[:$@]\w{1,100}|%\(\w{1,100}\)s)"
_LISTS = (
    re.compile(rf"({_PLACE})((?:\s?,\s?{_PLACE}){{9,}})"),
    re.compile(r"(\([^()]{1,500}\))((?:\s?,\s?\([^()]{1,500}\)){4,})"),
)
_ONE_MORE = (re.compile(_PLACE), re.compile(r"\("))


@lru_cache(maxsize=32)
def sql_rows(text: str) -> tuple[list[Row], str]:
    """Return the lines of a statement, and a note if it is not formatted."""
    shown = text.strip()
    if len(shown) <= MAX_SHORTENED:
        shown = _shortened(shown)
    if len(shown) > MAX_LAID_OUT:
        return _plain(shown[:MAX_LAID_OUT]), "too long to be laid out; y copies all of it"
    import sqlparse
    from sqlparse.exceptions import SQLParseError

    try:
        laid_out = sqlparse.format(shown, reindent=True, keyword_case="upper")
    except (SQLParseError, RecursionError):  # nested without end
        return _plain(shown), "too deeply nested to be laid out"
    return _coloured(laid_out), ""


def _shortened(text: str) -> str:
    """Replace long lists of placeholders, or of rows of them, with the first and a count."""
    for pattern, one_more in zip(_LISTS, _ONE_MORE, strict=True):
        text = pattern.sub(partial(_first_and_count, one_more), text)
    return text


def _first_and_count(one_more: re.Pattern[str], found: re.Match[str]) -> str:
    return f"{found[1]} /* {len(one_more.findall(found[2])):,} more */"


def _plain(text: str) -> list[Row]:
    return [[(visible(line, MAX_LAID_OUT), "")] for line in text.split("\n")]


def _coloured(text: str) -> list[Row]:
    from sqlparse import lexer, tokens

    styles = (
        (tokens.Comment, "code-comment"),
        (tokens.Keyword, "code-keyword"),
        (tokens.Literal.String, "code-string"),
        (tokens.Literal.Number, "code-number"),
        (tokens.Name.Placeholder, "code-name"),
    )
    rows: list[Row] = [[]]
    tokenize: Callable[[str], Iterable[tuple[object, str]]] = lexer.tokenize
    for kind, value in tokenize(text):
        style = next((style for known, style in styles if kind in known), "")
        first, *others = value.split("\n")
        rows[-1].append((visible(first, MAX_LAID_OUT), style))
        rows += [[(visible(line, MAX_LAID_OUT), style)] for line in others]
    return rows
