"""Which lines become one entry of the log."""

from __future__ import annotations

import traceback

from devtui.events import LogWritten
from devtui.session.store.log_entry import MAX_BYTES, MAX_DRAWN, MAX_LINES, MAX_OPEN
from devtui.session.store.ring import Ring
from devtui.session.store.store import Store


def printed(text: str, *, at_once: bool = False, request_id: str | None = None) -> list[LogWritten]:
    return [
        LogWritten(
            stream="stderr", text=line, request_id=request_id, continues=at_once and number > 0
        )
        for number, line in enumerate(text.splitlines())
    ]


def logged(text: str, *, request_id: str | None = None) -> list[LogWritten]:
    return [
        LogWritten(
            stream="log",
            text=line,
            logger="shop",
            level="INFO",
            request_id=request_id,
            continues=number > 0,
        )
        for number, line in enumerate(text.splitlines())
    ]


def entries(*lines: LogWritten) -> list[str]:
    store = Store()
    for line in lines:
        store.apply(line)
    return [entry.text for entry in store.log]


def a_traceback() -> str:
    try:
        {"a": 1}["b"]
    except KeyError:
        return traceback.format_exc().rstrip("\n")
    raise AssertionError


def test_printed_lines_stay_lines_even_if_they_were_written_at_once() -> None:
    assert entries(*printed("a\nb", at_once=True)) == ["a", "b"]


def test_a_record_is_one_entry() -> None:
    assert entries(*logged("SELECT 1\nFROM t"), *logged("next")) == ["SELECT 1\nFROM t", "next"]


def test_a_printed_traceback_is_one_entry() -> None:
    text = a_traceback()
    assert entries(*printed(f"before\n{text}\nafter")) == ["before", text, "after"]


def test_a_traceback_that_is_written_with_its_message_belongs_to_it() -> None:
    text = f"12:00:00 | ERROR | caught\n{a_traceback()}"
    assert entries(*printed(text, at_once=True)) == [text]
    assert entries(*printed(text))[0] == "12:00:00 | ERROR | caught"


def test_colours_do_not_hide_a_traceback() -> None:
    text = "\n".join(f"\x1b[31m{line}\x1b[0m" for line in a_traceback().splitlines())
    assert entries(*printed(text)) == [text]


def test_tracebacks_of_two_requests_do_not_mix() -> None:
    text = a_traceback()
    one, other = printed(text, request_id="r1"), printed(text, request_id="r2")
    mixed = [line for pair in zip(one, other, strict=True) for line in pair]
    assert entries(*mixed) == [text, text]


def test_a_new_process_begins_a_new_entry() -> None:
    lines = [
        LogWritten(generation=generation, stream="log", logger="x", text=str(generation),
                   continues=generation > 1)
        for generation in (1, 2)
    ]  # fmt: skip
    assert entries(*lines) == ["1", "2"]


def test_an_entry_has_bounds() -> None:
    many = entries(*logged("x\n" * (MAX_LINES * 2 + 1)))
    assert [text.count("\n") + 1 for text in many] == [MAX_LINES, MAX_LINES, 1]
    long = "y" * (MAX_BYTES // 4)
    assert all(len(text) < 2 * MAX_BYTES for text in entries(*logged(f"{long}\n" * 20)))


def test_the_bytes_of_a_growing_entry_count() -> None:
    store = Store()
    store.log = Ring(100, max_bytes=10_000, size_of=lambda entry: entry.size_bytes)
    for line in printed("first"):
        store.apply(line)
    for line in logged("\n".join(["z" * 1_000] * 12)):
        store.apply(line)
    assert [entry.first[:5] for entry in store.log] == ["zzzzz"]


def test_an_entry_is_closed_when_the_next_line_is_not_its() -> None:
    store = Store()
    for line in (*logged("a\nb"), *printed("other")):
        store.apply(line)
    assert not store.log[0].closed
    for line in logged("c"):
        store.apply(line)
    assert store.log[0].closed


def test_few_entries_are_open_at_a_time() -> None:
    store = Store()
    for number in range(MAX_OPEN * 3):
        for line in printed("x", request_id=f"r{number}"):
            store.apply(line)
    assert sum(not entry.closed for entry in store.log) == MAX_OPEN


def test_a_cleared_log_gets_no_further_line_of_an_old_entry() -> None:
    store = Store()
    first, *others = logged("a\nb\nc")
    store.apply(first)
    store.log.clear()
    for line in others:
        store.apply(line)
    assert [entry.text for entry in store.log] == ["b\nc"]


def test_a_line_with_newlines_in_it_is_an_entry_of_several_lines() -> None:
    store = Store()
    store.apply(LogWritten(stream="stdout", text="a\nb"))
    assert (store.log[0].first, store.log[0].line_count, store.log[0].text) == ("a", 2, "a\nb")


def state(text: str, draws: int, *, generation: int = 1) -> LogWritten:
    return LogWritten(generation=generation, stream="stdout", text=text, draws=draws)


def test_the_newest_state_of_a_line_stands_in_its_place() -> None:
    bar, other = [state(f"{n}%", 1) for n in range(3)], state("another bar", 2)
    assert entries(bar[0], *printed("said"), bar[1], other, bar[2]) == [
        "2%",
        "said",
        "another bar",
    ]
    assert entries(bar[0], state("1%", 1, generation=2)) == ["0%", "1%"]


def test_a_drawn_line_that_has_left_the_log_begins_another_entry() -> None:
    store = Store()
    store.apply(state("0%", 1))
    store.log.clear()
    store.apply(state("1%", 1))
    assert [(entry.text, entry.states) for entry in store.log] == [("1%", 1)]


def test_few_lines_are_drawn_at_a_time() -> None:
    store = Store()
    for number in range(1, MAX_DRAWN * 2 + 1):
        store.apply(state("0%", number))
    assert sum(not entry.closed for entry in store.log) == MAX_DRAWN


def test_a_printed_traceback_counts_as_an_error() -> None:
    store = Store()
    for line in (*printed("Traceback (most recent call last):\nKeyError: 1"), *logged("fine")):
        store.apply(line)
    store.apply(LogWritten(stream="stdout", text="no level"))
    assert [entry.severity for entry in store.log] == ["error", "info", ""]
