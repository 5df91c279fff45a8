"""Which errors are counted as one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from devtui.events import Error, ErrorRaised, ExceptionData, Frame
from devtui.session.store.error_groups import MAX_GROUPS, ErrorEntry, ErrorGroups
from devtui.session.store.store import Store

NOON = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)


def error(
    message: str = "no item 17",
    kind: str = "KeyError",
    *,
    function: str = "view",
    line: int = 3,
    source: str = "return items[number]",
) -> Error:
    library = Frame(file="/lib/flask.py", line=line, function="call")
    own = Frame(file="/app.py", line=line, function=function, source=source, own=True)
    exception = ExceptionData(type=kind, message=message, frames=(own, library))
    return Error(exceptions=(exception,), text="…")


def entry(error: Error, seconds: float = 0) -> ErrorEntry:
    return ErrorEntry(NOON + timedelta(seconds=seconds), 1, "request", error)


def test_the_same_error_is_counted_with_its_first_and_last_time() -> None:
    groups = ErrorGroups()
    for n in range(3):
        groups.add(entry(error(f"no item {n}"), n))
    (group,) = groups.ring
    assert group.count == 3
    assert (group.first_at, group.last_at) == (NOON, NOON + timedelta(seconds=2))
    assert group.newest.error.exceptions[0].message == "no item 2"


def test_values_in_a_message_do_not_tell_errors_apart() -> None:
    groups = ErrorGroups()
    for message in ("<A at 0x7f12> has no 'x'", '<A at 0x99ab> has no "why"'):
        groups.add(entry(error(message)))
    assert len(groups.ring) == 1


def test_an_edit_above_the_line_does_not_either() -> None:
    groups = ErrorGroups()
    groups.add(entry(error(line=3)))
    groups.add(entry(error(line=8)))
    assert len(groups.ring) == 1


def test_other_types_places_and_words_are_other_errors() -> None:
    groups = ErrorGroups()
    for one in (
        error(),
        error(kind="IndexError"),
        error(function="other"),
        error(source="return items[0]"),
        error("nothing there"),
    ):
        groups.add(entry(one))
    assert len(groups.ring) == 5


def test_errors_without_frames_or_exceptions_are_grouped_by_what_they_say() -> None:
    groups = ErrorGroups()
    for text in ("no app in a.py", "no app in a.py", "no such module"):
        groups.add(entry(Error(exceptions=(), text=text)))
    assert [group.count for group in groups.ring] == [2, 1]


def test_groups_are_bounded_and_an_old_one_begins_anew() -> None:
    groups = ErrorGroups()
    for number in range(MAX_GROUPS + 1):
        groups.add(entry(error(function=f"f{number}")))
    assert len(groups.ring) == MAX_GROUPS
    assert groups.add(entry(error(function="f0"))) == MAX_GROUPS + 1
    assert groups.ring[MAX_GROUPS + 1].count == 1
    groups.add(entry(error(function=f"f{MAX_GROUPS}")))
    assert [group.count for group in groups.ring][-2:] == [1, 2]


def test_a_repeated_error_becomes_the_newest() -> None:
    groups = ErrorGroups()
    kinds = ("KeyError", "ValueError", "TypeError")
    for kind in (*kinds, "KeyError"):
        groups.add(entry(error(kind=kind)))
    assert [(g.key[0], g.count) for g in groups.ring] == [
        ("ValueError", 1),
        ("TypeError", 1),
        ("KeyError", 2),
    ]
    assert len(groups.ring) == 3


def test_repeated_errors_take_no_more_room_and_drive_no_other_out() -> None:
    groups = ErrorGroups()
    groups.add(entry(error(kind="OSError")))
    for number in range(5 * MAX_GROUPS):
        groups.add(entry(error(kind=("KeyError", "ValueError")[number % 2])))
    assert [g.key[0] for g in groups.ring] == ["OSError", "KeyError", "ValueError"]
    assert len(groups.ring.items) < 2 * MAX_GROUPS


def test_the_store_groups_and_clears() -> None:
    store = Store()
    for number in range(3):
        store.apply(ErrorRaised(error=error(f"no item {number}"), error_id=f"1-e{number}"))
    assert [group.count for group in store.error_groups.ring] == [3]
    store.clear_errors()
    assert not store.errors
    assert not store.error_groups.ring
    store.apply(ErrorRaised(error=error()))
    assert [group.count for group in store.error_groups.ring] == [1]
