"""The verbs about errors: `errors`, and `eval` in one of their frames."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import structs

from devtui.control.protocol import UNKNOWN, Refused
from devtui.control.verbs.silent_server import why_silent
from devtui.control.verbs.verb import Arguments, VerbCall
from devtui.events import AppFailed, Error, ExceptionData, ExceptionPath, Frame, place_of
from devtui.filters.facts import Facts, Measures
from devtui.filters.query import Query
from devtui.session.store.error_groups import ErrorEntry, ErrorGroup

MAX_LAST = 1_000
MAX_TIMEOUT = 60.0

# How many of the user's own frames are described with their variables, the innermost first.
_FRAMES_WITH_LOCALS = 4
_ANSWER_SECONDS = 3.0
_STOP_SECONDS = 3.0

Last = Annotated[int, msgspec.Meta(ge=1, le=MAX_LAST)]


class Errors(Arguments, frozen=True):
    """`id` is an error's, or `last`; without it the groups are listed, the newest last."""

    id: str | None = None
    filter: str = ""
    last: Last = 20
    reveal: bool = False


class Evaluate(Arguments, frozen=True):
    """Run `code` in a frame of an error. `frame` is its number, by default the one that failed."""

    id: str
    code: str
    frame: int | None = None
    timeout: Annotated[float, msgspec.Meta(ge=0.1, le=MAX_TIMEOUT)] = 10.0


async def errors(call: VerbCall) -> dict[str, Any]:
    """List the groups of errors, or describe one error with frames and variables."""
    arguments: Errors = call.arguments
    if arguments.id is not None:
        entry = find(call, arguments.id)
        return await described(call, entry, reveal=arguments.reveal)
    query = query_of(arguments.filter, "errors")
    found = []
    ordered = sorted(call.session.store.error_groups.ring, key=lambda one: one.newest.at)
    for group in reversed(ordered):
        text = f"{_title(group.newest.error)} {_place_text(group.newest.error)}"
        if query.keeps(text.lower(), Measures(Facts(failed=True))):
            found.append(_group(group))
        if len(found) == arguments.last:
            break
    return {"errors": found[::-1], "total": len(ordered)}


async def evaluate(call: VerbCall) -> dict[str, Any]:
    """Evaluate code in a frame; stop it when its time is up."""
    arguments: Evaluate = call.arguments
    if not call.may_evaluate:
        raise Refused("DEVTUI_CONTROL_EVAL=0 refuses evaluation in this devtui.")
    entry = find(call, arguments.id)
    way, frame = _place(entry.error, arguments.frame)
    questions = call.session.questions
    question = questions.evaluate(entry, way, frame, arguments.code)
    waiting = asyncio.shield(question.answer)
    try:
        answer = await asyncio.wait_for(waiting, arguments.timeout)
    except asyncio.TimeoutError:
        questions.interrupt(question.ask_id)
        try:
            answer = await asyncio.wait_for(asyncio.shield(question.answer), _STOP_SECONDS)
        except asyncio.TimeoutError:
            questions.forget(question.ask_id)
            raise Refused(
                f"The code did not end in {arguments.timeout:g} s, and could not be stopped: it "
                "waits, or runs in a library that is not Python. devtui ctl restart ends it."
            ) from None
    except asyncio.CancelledError:
        questions.interrupt(question.ask_id)
        raise
    if answer.gone:
        raise Refused(answer.reason)
    return {
        "value": answer.value,
        "output": answer.output,
        "traceback": answer.traceback,
        "truncated": answer.truncated,
        "interrupted": answer.interrupted,
        "duration_ms": answer.duration_ms,
    }


def query_of(words: str, place: Any) -> Query:
    """Return the filter of these words. Raises `Refused` for words that it does not know."""
    query = Query(words, place)
    if query.note:
        raise Refused(f"The filter has a word that devtui does not understand: {query.note}.")
    return query


def id_of(entry: ErrorEntry | AppFailed) -> str:
    """Return the id under which an error can be asked for."""
    return entry.error_id or f"load-{entry.generation}"


def find(call: VerbCall, error_id: str) -> ErrorEntry:
    """Return the error of that id, or the newest for `last`. Raises `Refused`."""
    store = call.session.store
    groups = sorted(store.error_groups.ring, key=lambda one: one.newest.at)
    entries: list[ErrorEntry] = [*store.errors, *(group.newest for group in groups)]
    if error_id == "last":
        if entries:
            return entries[-1]
        raise Refused("There is no error yet.", UNKNOWN)
    found = next((one for one in reversed(entries) if id_of(one) == error_id), None)
    if found is None:
        raise Refused(f"There is no error {error_id}: devtui ctl errors lists them.", UNKNOWN)
    return found


def described_load(failure: AppFailed) -> dict[str, Any]:
    """Describe why a load failed."""
    return _described(failure) | {"origin": "load", "request_id": None}


async def described(call: VerbCall, entry: ErrorEntry, *, reveal: bool = False) -> dict[str, Any]:
    """Describe an error, with the variables of the user's innermost frames if they are there."""
    found = _described(entry) | {"origin": entry.origin, "request_id": entry.request_id}
    own = [place for place in _places(entry.error) if place[2].own]
    wanted = own[-_FRAMES_WITH_LOCALS:] or list(_places(entry.error))[-1:]
    found["locals_gone"] = call.session.questions.why_gone(entry)
    if found["locals_gone"]:
        return found
    questions = [
        (number, call.session.questions.show_locals(entry, way, frame, reveal=reveal))
        for number, (way, frame, data) in enumerate(_places(entry.error))
        if any(data is one[2] and way == one[0] and frame == one[1] for one in wanted)
    ]
    for number, question in questions:
        try:
            shown = await asyncio.wait_for(asyncio.shield(question.answer), _ANSWER_SECONDS)
        except asyncio.TimeoutError:
            for _, unanswered in questions:
                call.session.questions.forget(unanswered.ask_id)
            found["locals_gone"] = why_silent(call.session)
            break
        if shown.gone:
            found["locals_gone"] = shown.reason
            break
        found["frames"][number]["locals"] = shown.variables
    return found


def _described(entry: ErrorEntry | AppFailed) -> dict[str, Any]:
    place = place_of(entry.error)
    failed_at = None
    frames = []
    for number, (way, frame, data) in enumerate(_places(entry.error)):
        if place is not None and (way, frame) == ((place[0],), place[1]):
            failed_at = number
        frames.append({"number": number, "exception": list(way), **structs.asdict(data)})
    return {
        "id": id_of(entry),
        "at": entry.at,
        "generation": entry.generation,
        "title": _title(entry.error),
        "place": _place_text(entry.error),
        "frame": failed_at,
        "frames": frames,
        "text": entry.error.text,
    }


def _places(error: Error) -> Iterator[tuple[ExceptionPath, int, Frame]]:
    """Yield every frame with the way to its exception, in the order of their numbers."""

    def below(
        way: ExceptionPath, exception: ExceptionData
    ) -> Iterator[tuple[ExceptionPath, int, Frame]]:
        for number, frame in enumerate(exception.frames):
            yield way, number, frame
        for number, member in enumerate(exception.exceptions):
            yield from below((*way, number), member)

    for number, exception in enumerate(error.exceptions):
        yield from below((number,), exception)


def _place(error: Error, number: int | None) -> tuple[ExceptionPath, int]:
    places = list(_places(error))
    if number is None:
        found = place_of(error)
        if found is None:
            raise Refused("This error has no frames.")
        return (found[0],), found[1]
    if not 0 <= number < len(places):
        raise Refused(f"There is no frame {number}: they are 0 to {len(places) - 1}.", UNKNOWN)
    return places[number][0], places[number][1]


def _group(group: ErrorGroup) -> dict[str, Any]:
    newest = group.newest
    return {
        "id": id_of(newest),
        "count": group.count,
        "title": _title(newest.error),
        "place": _place_text(newest.error),
        "first_at": group.first_at,
        "last_at": group.last_at,
        "generation": newest.generation,
        "origin": newest.origin,
        "request_id": newest.request_id,
    }


def _title(error: Error) -> str:
    if not error.exceptions:
        return error.text[:500]
    first = error.exceptions[0]
    return f"{first.type}: {first.message}"[:500] if first.message else first.type


def _place_text(error: Error) -> str:
    place = place_of(error)
    if place is None:
        return ""
    frame = error.exceptions[place[0]].frames[place[1]]
    return f"{frame.file}:{frame.line}"
