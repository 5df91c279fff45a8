"""Compare two answers: request, status, headers, body, calls, output, time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from devtui.events import Call, Headers, RequestFinished
from devtui.session.replay.body_changes import body_changes, is_same_beginning, line_changes
from devtui.session.replay.change import MAX_CHANGES, Change, Part, around, short
from devtui.session.replay.decoded import decoded
from devtui.session.replay.ignores import Ignores
from devtui.session.replay.request_changes import Asked, request_changes
from devtui.text import masking
from devtui.text.paths import short_path
from devtui.text.secrets import is_secret

# Headers that differ each time, or depend on the body.
_NEVER_COMPARED = frozenset(
    {
        "date", "age", "content-length", "server-timing", "x-request-id", "x-runtime", "connection",
        "keep-alive", "expires", "last-modified",
    }
)  # fmt: skip
_OF_CONTENT = frozenset({"etag", "content-md5", "digest"})

# Django names a savepoint after the thread of the request.
_SAVEPOINT = re.compile(r"(?<=\bSAVEPOINT [`\"])s\d{1,20}(?=_x\d{1,9}[`\"]\Z)")


class Answer(msgspec.Struct, frozen=True):
    """The outcome of a request, with its headers and the lines that were written meanwhile."""

    finished: RequestFinished
    output: tuple[str, ...] = ()
    request_headers: Headers = ()


class Comparison(msgspec.Struct, frozen=True):
    """What has changed from the first answer to the second.

    `ignored_count` counts the differences that rules ignore, `left_out` those beyond the bound.
    `call_totals` are the numbers of calls of each kind that has changed, before and after.
    """

    before: RequestFinished
    after: RequestFinished
    changes: tuple[Change, ...] = ()
    call_totals: tuple[tuple[str, int, int], ...] = ()
    only_beginning: bool = False
    """Whether the bodies were too large to be compared completely."""
    ignored_count: int = 0
    left_out: int = 0

    def of(self, part: Part) -> list[Change]:
        """Return the changes of one part."""
        return [change for change in self.changes if change.part == part]

    @property
    def verdict(self) -> str:
        """The most important change in a few words, or `same`."""
        if self.of("status"):
            return f"{self.after.status or 'no response'} now"
        if self.after.cut and not self.before.cut:
            return "cut now"
        outcome = "same beginning" if self.only_beginning else "same"
        for part, words in (("headers", "headers differ"), ("body", "body differs")):  # counts more
            changes = self.of(part)  # type: ignore[arg-type]
            if changes:
                outcome = f"{words}: {changes[0].place}{changes[0].news}"
        return ", ".join([outcome, *map(total_words, self.call_totals)])


def total_words(total: tuple[str, int, int]) -> str:
    """Return the number of calls of a kind before and after, such as `41 -> 1 sql`."""
    kind, before, after = total
    return f"{before} -> {after} {kind}"


def compare(first: Answer, second: Answer, ignores: Ignores) -> Comparison:
    """Compare two answers."""
    before, after = first.finished, second.finished
    found: list[Change] = []
    ignored_count = left_out = 0
    parts = (
        request_changes(*(Asked.of(one.finished, one.request_headers) for one in (first, second))),
        _status(before, after),
        _headers(before, after, ignores),
        body_changes(decoded(before), decoded(after), ignores),
        _calls(before.calls, after.calls),
        line_changes(first.output, second.output, ignores, "output"),
    )
    for part in parts:
        kept = 0
        for change in part:
            if change is None:
                ignored_count += 1
            elif kept < MAX_CHANGES:
                kept += 1
                found.append(change)
            else:
                left_out += 1
    totals = tuple(_totals(before, after))
    beginning = is_same_beginning(before.response_body, after.response_body)
    return Comparison(before, after, tuple(found), totals, beginning, ignored_count, left_out)


def _status(before: RequestFinished, after: RequestFinished) -> Iterator[Change | None]:
    if before.status != after.status:
        words = [str(one.status or "none was sent") for one in (before, after)]
        yield Change("status", "status", words[0], words[1])


# -- headers -----------------------------------------------------------------------------------


def _headers(
    before: RequestFinished, after: RequestFinished, ignores: Ignores
) -> Iterator[Change | None]:
    first, second = (_by_name(one.response_headers) for one in (before, after))
    left_out = _NEVER_COMPARED
    if before.response_body != after.response_body:
        left_out |= _OF_CONTENT
    for name in sorted((first.keys() | second.keys()) - left_out):
        values = first.get(name), second.get(name)
        compared = [value if value is None else _stable(name, value, ignores) for value in values]
        if values[0] == values[1]:
            continue
        if compared[0] == compared[1] or ignores.header(name):
            yield None
            continue
        one, other = (None if value is None else ", ".join(value) for value in values)
        if "?" in f"{one}{other}":  # a URL may have a secret: its name comes before what differs
            texts = one and short(one), other and short(other)
        else:
            texts = around(one, other)
        yield Change("headers", name, *texts, f"header {name}", is_secret(name))


def _by_name(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found


def _stable(name: str, values: Sequence[str], ignores: Ignores) -> list[str]:
    """Return the values without what differs each time; a cookie without its value."""
    if name != "set-cookie":
        return [ignores.text(value) for value in values]
    stable = []
    for value in values:
        pair, *attributes = (part.strip() for part in value.split(";"))
        kept = [one for one in attributes if not one.lower().startswith(("expires=", "max-age="))]
        stable.append("; ".join([pair.partition("=")[0], *kept]))
    return sorted(stable)


# -- calls -------------------------------------------------------------------------------------


def _calls(before: Sequence[Call], after: Sequence[Call]) -> Iterator[Change | None]:
    """Compare by text and place. The place is a function: lines move when a file is edited."""
    first, second = (Counter(_keys(calls)) for calls in (before, after))
    for key in dict.fromkeys([*first, *second]):
        if first[key] != second[key]:
            kind, text, where = key
            counts = [_times(number, text) for number in (first[key], second[key])]
            yield Change("calls", f"{kind} {where}".rstrip(), counts[0], counts[1])


def _keys(calls: Sequence[Call]) -> Iterator[tuple[str, str, str]]:
    """Return the kind, the text and the place of each call.

    Of the calls with the same text from the same line only the first few have their stack.
    """
    functions: dict[tuple[str, str, int], str] = {}
    for call in calls:
        origin = call.text, call.file, call.line
        if call.stack:
            functions[origin] = call.stack[-1].function
        function = functions.get(origin, "")
        where = short_path(call.file) + (f" in {function}" if function else "")
        text = masking.target(call.text) if call.kind == "http" else call.text
        yield call.kind, _SAVEPOINT.sub("s…", " ".join(text.split())), where


def _times(number: int, text: str) -> str | None:
    if not number:
        return None
    return short(text if number == 1 else f"{number} x {text}")


def _totals(before: RequestFinished, after: RequestFinished) -> Iterator[tuple[str, int, int]]:
    first, second = (_counted(one) for one in (before, after))
    for kind in dict.fromkeys([*first, *second]):
        if first[kind] != second[kind]:
            yield kind, first[kind], second[kind]


def _counted(finished: RequestFinished) -> Counter[str]:
    if finished.call_totals:
        return Counter({total.kind: total.count for total in finished.call_totals})
    return Counter(call.kind for call in finished.calls)
