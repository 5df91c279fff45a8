"""Find the differences between two requests: the recorded one, and the one that was edited."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple
from urllib.parse import parse_qsl

from msgspec import structs

from devtui.events import Body, Headers, RequestFinished
from devtui.session.replay.body_changes import body_changes, line_changes
from devtui.session.replay.change import Change, around, short
from devtui.session.replay.ignores import Ignores
from devtui.session.replay.outgoing import OF_CONNECTION
from devtui.text import masking
from devtui.text.formats import count
from devtui.text.secrets import is_secret

MAX_FIELDS = 1_000

_NOTHING_IGNORED = Ignores(rules=())

Pairs = Iterable[tuple[str, str]]


class Asked(NamedTuple):
    """A request as it was recorded."""

    method: str
    target: str
    headers: Headers
    body: Body | None

    @classmethod
    def of(cls, finished: RequestFinished, headers: Headers) -> Asked:
        """Return the request that ended so; its headers came with its beginning."""
        return cls(finished.method, finished.target, headers, finished.request_body)


def request_changes(before: Asked, after: Asked) -> Iterator[Change]:
    """Yield what differs. Headers of the connection do not count: devtui writes its own.

    A query, a form and the cookies are compared by name.
    """
    if before.method != after.method:
        yield _changed("method", before.method, after.method)
    if before.target != after.target:
        yield from _target(before.target, after.target)
    yield from _headers(before.headers, after.headers)
    yield from _body(before, after)


def _changed(place: str, before: str | None, after: str | None, secret: bool = False) -> Change:
    return Change("request", place, before, after, secret=secret)


# -- the target --------------------------------------------------------------------------------


def _target(before: str, after: str) -> Iterator[Change]:
    (path, _, query), (to_path, _, to_query) = (text.partition("?") for text in (before, after))
    by_name = [*_by_name("query", _pairs(query), _pairs(to_query))]
    if path != to_path:
        yield _changed("path", *around(path, to_path))
    yield from by_name
    if path == to_path and not by_name:  # it is encoded or ordered in another way
        hidden = [masking.target(text) for text in (before, after)]
        secret = hidden[0] == hidden[1]
        yield _changed("target", *around(*((before, after) if secret else hidden)), secret)


def _pairs(text: str) -> list[tuple[str, str]] | None:
    """Return the fields of a query or a form, None if there are too many."""
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return None


def _by_name(kind: str, before: Pairs | None, after: Pairs | None) -> Iterator[Change]:
    """Yield the names whose values differ, in their order; nothing if there are too many."""
    if before is None or after is None:
        return
    first, second = _grouped(before), _grouped(after)
    for name in dict.fromkeys([*first, *second]):
        values = first.get(name, []), second.get(name, [])
        if values[0] != values[1]:
            named = [(name, value) for value in chain(*values)]
            secret = is_secret(name) or masking.parameters(named) != named
            texts = [", ".join(held) if held else None for held in values]
            yield _changed(short(f"{kind} {name}"), *around(texts[0], texts[1]), secret)


def _grouped(pairs: Pairs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


# -- headers -----------------------------------------------------------------------------------


def _headers(before: Headers, after: Headers) -> Iterator[Change]:
    first, second = (
        [(name.lower(), value) for name, value in headers if name.lower() not in OF_CONNECTION]
        for headers in (before, after)
    )
    cookies = [[pair for pair in headers if pair[0] == "cookie"] for headers in (first, second)]
    others = [[pair for pair in headers if pair[0] != "cookie"] for headers in (first, second)]
    yield from _by_name("header", *others)
    yield from (
        structs.replace(change, secret=True)
        for change in _by_name("cookie", *map(_cookies, cookies))
    )


def _cookies(headers: Pairs) -> Iterator[tuple[str, str]]:
    for _, value in headers:
        for part in filter(None, map(str.strip, value.split(";"))):
            name, _, held = part.partition("=")
            yield name, held


# -- the body ----------------------------------------------------------------------------------


def _body(before: Asked, after: Asked) -> Iterator[Change]:
    first, second = before.body, after.body
    whole = _whole(before), _whole(after)
    if whole[0] is None or whole[1] is None:  # the app has not read all of one
        sizes = [_size(asked) for asked in (before, after)]
        if None not in sizes and sizes[0] != sizes[1]:
            yield _changed("body", _described(sizes[0]), _described(sizes[1]))
    elif whole[0] != whole[1]:
        found = [*_of_form(first, second)] or [*_of_content(first, second)]
        if not found:  # such as another end of the last line
            found = [_changed("body", _digested(whole[0]), _digested(whole[1]))]
        yield from found


def _whole(asked: Asked) -> bytes | None:
    body = b"" if asked.body is None else asked.body.whole
    return body if body is not None and _announced(asked) in (None, len(body)) else None


def _size(asked: Asked) -> int | None:
    announced = _announced(asked)
    return asked.body.size_bytes if announced is None and asked.body is not None else announced


def _announced(asked: Asked) -> int | None:
    said = (value for name, value in asked.headers if name.lower() == "content-length")
    return next((int(value[:20]) for value in said if value.isdecimal()), None)


def _described(size: int | None) -> str | None:
    return count(size, "byte") if size else None


def _digested(body: bytes) -> str | None:
    return f"{_described(len(body))}, {hashlib.sha256(body).hexdigest()[:12]}" if body else None


def _of_form(before: Body | None, after: Body | None) -> Iterator[Change]:
    texts = [_text(body) for body in (before, after) if body is not None and _is_form(body)]
    if len(texts) == 2:
        yield from _by_name("field", *map(_pairs, texts))


def _is_form(body: Body) -> bool:
    return "x-www-form-urlencoded" in body.content_type.lower()


def _text(body: Body | None) -> str:
    return "" if body is None else body.text or ""


def _of_content(before: Body | None, after: Body | None) -> Iterator[Change]:
    found = [change for change in body_changes(before, after, _NOTHING_IGNORED) if change]
    texts = [_text(body) for body in (before, after)]
    if texts[0] != texts[1] and (not found or found[0].place == "content"):
        # The layout of JSON differs, or only what is masked.
        lines = [text.splitlines() for text in texts]
        secret = _masked(before) == _masked(after)
        plain = line_changes(lines[0], lines[1], _NOTHING_IGNORED, "body")
        found = [structs.replace(change, secret=secret) for change in plain if change]
    for change in found:
        place = "body" if change.place in ("$", "content") else f"body {change.place}"
        yield structs.replace(change, part="request", place=place, rule="")


def _masked(body: Body | None) -> str:
    return "" if body is None else masking.body(_text(body), body.content_type)
