"""How the log shows what the app wrote: the row, the row unfolded, and the row wrapped."""

from __future__ import annotations

import re
import time

import pytest
from rich.cells import cell_len

from devtui.dashboard.panes.log_rows import LogRows
from devtui.dashboard.panes.log_text import read
from devtui.dashboard.widgets.cells import Row
from devtui.events import AppLoaded, LogWritten
from devtui.session.store.store import Store
from devtui.text.sgr import Look
from tests.support.fakes import TRACEBACK, at, finished, line, raised, started, store_of

WIDTHS = (58, 76, 96, 116, 196)


def _record(
    text: str, *, level: str = "ERROR", logger: str = "shop", request_id: str | None = None
) -> list[LogWritten]:
    return [
        LogWritten(
            at=at(0),
            generation=1,
            stream="log",
            text=one,
            level=level,
            logger=logger,
            request_id=request_id,
            continues=number > 0,
        )
        for number, one in enumerate(text.split("\n"))
    ]


def _text(row: Row) -> str:
    return "".join(text for text, _ in row).rstrip()


def _row(store: Store, number: int = 0, width: int = 116) -> str:
    return _text(LogRows(store).spans(store.log[number], width))


def _styles(store: Store, text: str, number: int = 0, width: int = 116) -> str | Look:
    row = LogRows(store).spans(store.log[number], width)
    return next(style for piece, style in row if text in piece)


def _lines(
    store: Store, width: int = 116, *, number: int = 0, unfolded: bool = True, wrapped: bool = False
) -> list[str]:
    rows = LogRows(store).lines(store.log[number], width, unfolded=unfolded, wrapped=wrapped)
    assert all(cell_len(_text(row)) <= width for row in rows)
    return [_text(row) for row in rows]


def test_the_row_leaves_out_what_its_columns_show() -> None:
    store = store_of(
        *_record("2026-03-02 12:00:00,123 INFO shop connected", level="INFO"),
        line("2026-03-02 12:00:00.123 | WARNING  | shop.cart:total:12 - careful", stream="stderr"),
        line("2026-03-02 12:00:00 is a date"),
    )
    assert _row(store) == "12:00:00   INFO  shop connected"
    assert _row(store, 1) == "12:00:00   WARN  shop.cart careful"
    assert _row(store, 2) == "12:00:00   out   2026-03-02 12:00:00 is a date"


def test_colours_are_styles_and_the_level_colours_the_rest() -> None:
    store = store_of(
        *_record("\x1b[31mred\x1b[0m plain", level="ERROR"),
        *_record("all plain", level="ERROR"),
    )
    assert _row(store) == "12:00:00   ERROR shop red plain"
    assert _styles(store, "red") == Look(ink=1)
    assert _styles(store, " plain") == ""
    assert _styles(store, "all plain", 1) == "bad"


def test_colours_end_with_a_prefix_that_is_left_out() -> None:
    store = store_of(*_record("\x1b[32mINFO    \x1b[0m \x1b[34mshop\x1b[0m: hello", level="INFO"))
    assert _row(store) == "12:00:00   INFO  shop hello"


@pytest.mark.parametrize("width", WIDTHS)
def test_rows_fill_no_more_than_their_width(width: int) -> None:
    store = store_of(
        started(1, "/a/long/target/of/a/request?with=parameters"),
        line("\x1b[31m" + "wide 漢字 " * 50 + "\x1b[0m", request_id="r1"),
        *_record("first " * 30 + "\n" + TRACEBACK, request_id="r1"),
        *_record("SELECT *\n  FROM items\n  WHERE id = 1", request_id="r1"),
    )
    rows = LogRows(store)
    for entry in store.log:
        assert cell_len("".join(text for text, _ in rows.spans(entry, width))) <= width
        for unfolded in (False, True):
            for wrapped in (False, True):
                for row in rows.lines(entry, width, unfolded=unfolded, wrapped=wrapped):
                    assert cell_len(_text(row)) <= width


def test_a_printed_traceback_is_one_row_with_its_place() -> None:
    store = store_of(*(line(one, stream="stderr") for one in TRACEBACK.splitlines()))
    assert len(store.log) == 1
    assert _row(store) == "12:00:00 ▸ err   ZeroDivisionError: division by zero  cart.py:48"


def test_it_unfolds_with_the_user_s_frames_and_counts_the_others() -> None:
    store = store_of(*(line(one, stream="stderr") for one in TRACEBACK.splitlines()))
    assert _lines(store) == [
        "12:00:00 ▾ err   ZeroDivisionError: division by zero  cart.py:48",
        "             … 1 library frame",
        "           ▌ /project/shop/cart.py:48  in total",
        "           ▌   return sum(item.price for item in items) / len(items)",
    ]


def test_further_lines_of_a_record_stand_behind_the_first() -> None:
    store = store_of(*_record("SELECT *\n  FROM items\n\n  WHERE id = 1", level="INFO"))
    assert _row(store) == "12:00:00 ▸ INFO  shop SELECT * ↵ FROM items ↵ WHERE id = 1"
    assert _lines(store) == [
        "12:00:00 ▾ INFO  shop SELECT *",
        "             FROM items",
        "",
        "             WHERE id = 1",
    ]


def test_a_message_that_rich_has_wrapped_is_one_sentence() -> None:
    text = (
        "[11/29/26 16:17:02] INFO     127.0.0.1 - - [29/Nov/2026    _internal.py:97\n"
        '                             16:17:02] "GET / HTTP/1.1"\n'
        "                               200 -\n"
        "of its own"
    )
    row = _row(store_of(*_record(text, level="INFO", logger="werkzeug")))
    assert row.endswith('INFO  werkzeug "GET / HTTP/1.1" ↵ 200 - ↵ of its own')
    store = store_of(*_record(text.replace("127", "from 127"), level="INFO", logger="werkzeug"))
    assert 'from 127.0.0.1 - - [29/Nov/2026 16:17:02] "GET' in _row(store)
    record = _record(text, level="INFO", logger="werkzeug", request_id="r1")
    row = _row(store_of(started(1, "/"), *record), width=66)
    assert row.endswith('INFO  werkzeug "GET / HTTP/1.1" ↵ 200 - ↵ of its own')
    store = store_of(*record)
    assert LogRows(store).summary(store.log[0]) == '"GET / HTTP/1.1" ↵ 200 - ↵ of its own'
    row = _row(store_of(started(1, "/x/y"), *record), width=70)
    assert row.endswith('INFO  werkzeug "GET / HTTP/1.1" ↵ 200 - ↵ of its…  GET /x/y')


def test_colours_at_the_end_of_a_wrapped_line_take_no_room() -> None:
    text = (
        "\x1b[2;36m[11/29/26 22:29:24]\x1b[0m\x1b[2;36m \x1b[0m\x1b[34mINFO    \x1b[0m "
        "\x1b[1m[\x1b[0mcached since   \x1b[2mbase.py\x1b[0m\x1b[2m:\x1b[0m\x1b[2m2704\x1b[0m\n"
        "\x1b[2;36m                    \x1b[0m         \x1b[1;36m0.\x1b[0m57s ago\x1b[1m]\x1b[0m "
        "\x1b[1m(\x1b[0m\x1b[1;36m0\x1b[0m,\x1b[1m)\x1b[0m    \x1b[2m            \x1b[0m"
    )
    store = store_of(*_record(text, level="INFO"))
    whole = _row(store)
    assert whole.endswith("INFO  shop [cached since 0.57s ago] (0,)")
    assert {_row(store, width=width) for width in range(len(whole), 90)} == {whole}


def test_colours_go_on_over_the_lines_of_a_record() -> None:
    store = store_of(*_record("\x1b[33mone\ntwo\x1b[0m\nthree", level="INFO"))
    rows = LogRows(store).lines(store.log[0], 80, unfolded=True, wrapped=False)
    styles = {text.strip(): style for row in rows[1:] for text, style in row if text.strip()}
    assert styles == {"two": Look(ink=3), "three": ""}


def test_the_place_that_rich_sets_apart_comes_nearer() -> None:
    text = "[12:00:00] INFO     hello" + " " * 40 + "\x1b[2mhello.py\x1b[0m\x1b[2m:17\x1b[0m"
    assert (
        _row(store_of(*_record(text, level="INFO"))) == "12:00:00   INFO  shop hello  hello.py:17"
    )


def test_wrapped_lines_break_at_words_below_the_text() -> None:
    words = " ".join(f"word{number}" for number in range(20))
    store = store_of(line(words))
    lines = _lines(store, 60, unfolded=False, wrapped=True)
    assert len(lines) > 2
    assert " ".join(text.strip() for text in [lines[0][17:], *lines[1:]]) == words
    assert {len(text) - len(text.lstrip(" ")) for text in lines[1:]} == {17}


def test_a_short_line_keeps_its_request_when_others_are_wrapped() -> None:
    store = store_of(started(1, "/here"), line("short", request_id="r1"))
    (row,) = _lines(store, 80, unfolded=False, wrapped=True)
    assert row.endswith("GET /here")


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/api/poll?since=1", "  GET /api/poll?since=1"),
        ("/api/poll?since=1795991146", "  GET /api/poll?…"),
        ("/a/very/long/path/to/somewhere?x=1", "  GET /a/very/long/path/to/…"),
    ],
)
def test_a_query_that_does_not_fit_leaves_its_room_to_the_text(target: str, shown: str) -> None:
    row = _row(store_of(started(1, target), line("said", request_id="r1")), width=80)
    assert row.endswith(shown)


def test_a_filter_finds_what_is_read_and_not_the_colours() -> None:
    store = store_of(*_record("\x1b[31mred\x1b[0m\nsecond"))
    assert LogRows(store).text(store.log[0]) == "ERROR shop red\nsecond"


@pytest.mark.parametrize("unfolded", [False, True])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_long_line_keeps_its_request(unfolded: bool, wrapped: bool) -> None:
    words = " ".join(f"word{number}" for number in range(40))
    store = store_of(
        started(1, "/here"),
        *_record(f"{words}\nthe second line", level="INFO", request_id="r1"),
    )
    lines = _lines(store, 80, unfolded=unfolded, wrapped=wrapped)
    assert lines[0].endswith("  GET /here")
    assert len(lines) == 1 + unfolded if not wrapped else len(lines) > 4
    assert not any("GET /here" in text for text in lines[1:])
    if wrapped:
        assert len(lines[1]) > len(lines[0].removesuffix("GET /here").rstrip())
        said = " ".join(text.strip() for text in [lines[0][:-9], *lines[1:]])
        assert words in re.sub(" +", " ", said)


@pytest.mark.parametrize(
    ("width", "shown"),
    [(76, "s.e.Engine SELECT 1"), (116, "sqlalchemy.engine.Engine SELECT 1")],
)
def test_a_long_name_of_a_logger_is_abbreviated(width: int, shown: str) -> None:
    store = store_of(*_record("SELECT 1", level="INFO", logger="sqlalchemy.engine.Engine"))
    assert _row(store, width=width) == f"12:00:00   INFO  {shown}"


# -- handled or not


def _with_error(origin: str, status: int) -> Store:
    return store_of(
        started(1, "/a"),
        *_record(f"could not do it\n{TRACEBACK}".rstrip(), request_id="r1"),
        raised(1, origin=origin),
        finished(1, "/a", status=status),
    )


def test_a_handled_error_begins_with_what_the_app_says_of_it() -> None:
    store = _with_error("logging", 200)
    assert "shop could not do it  ZeroDivisionError: division by zero  cart.py:48" in _row(store)
    assert _styles(store, "ZeroDivisionError") == "warn"
    assert _styles(store, "ERROR") == "warn"


@pytest.mark.parametrize(("origin", "status"), [("request", 500), ("logging", 500)])
def test_a_crash_begins_with_the_error(origin: str, status: int) -> None:
    store = _with_error(origin, status)
    assert "shop ZeroDivisionError: division by zero  cart.py:48  could not do it" in _row(store)
    assert _styles(store, "ZeroDivisionError") == "bad"


def test_an_error_that_ends_a_thread_is_a_crash() -> None:
    lines = [line(one, stream="stderr") for one in TRACEBACK.splitlines()]
    assert _styles(store_of(*lines), "ZeroDivisionError") == "warn"
    assert _styles(store_of(*lines, raised(0, origin="thread")), "ZeroDivisionError") == "bad"


def test_reading_is_bounded() -> None:
    began = time.perf_counter()
    for text in ("\x1b[31mx" * 300_000, " " * 1_000_000 + "a.py:1", "\n".join(["x" * 900] * 900)):
        store = store_of(*_record(text))
        for entry in store.log:
            read(entry)
            for width in (80, 200):
                LogRows(store).lines(entry, width, unfolded=True, wrapped=True)
    assert time.perf_counter() - began < 10


def test_a_load_counts_from_the_newest_generation() -> None:
    store = store_of()
    for generation in (2, 1):
        store.apply(
            AppLoaded(
                generation=generation,
                app="a",
                framework="f",
                file="f",
                duration_ms=1,
                module_count=1,
            )
        )
    assert store.loaded_generation == 2


def test_a_message_that_begins_below_its_prefix_stands_in_the_row_without_it() -> None:
    head = "2026-01-02 03:04:05,123 INFO sqlalchemy.engine.Engine "
    text = f"{head}\nCREATE TABLE user (\n\tid INTEGER NOT NULL\n)"
    store = store_of(*_record(text, level="INFO", logger="sqlalchemy.engine.Engine"))
    rows, (entry,) = LogRows(store), store.log
    row = _text(rows.spans(entry, 116))
    assert row.endswith("sqlalchemy.engine.Engine CREATE TABLE user ( ↵ id INTEGER NOT NULL ↵ )")
    assert "2026" not in row
    assert rows.summary(entry) == "CREATE TABLE user ("
    unfolded = [_text(one) for one in rows.lines(entry, 116, unfolded=True, wrapped=False)]
    assert unfolded[0].endswith("sqlalchemy.engine.Engine")
    assert unfolded[1].strip() == "CREATE TABLE user ("
    wrapped = rows.lines(entry, 60, unfolded=False, wrapped=True)
    assert "2026" not in "".join(map(_text, wrapped))


@pytest.mark.parametrize("gap", [1, 2, 5])
def test_the_place_at_the_end_of_a_full_line_is_not_repeated(gap: int) -> None:
    text = "[12:00:00] INFO     hello 40)" + " " * gap + "\x1b[2mhello.py\x1b[0m\x1b[2m:17\x1b[0m"
    row = _row(store_of(*_record(text, level="INFO")))
    assert row.endswith("hello 40)" + " " * min(gap, 2) + "hello.py:17")


def test_an_access_line_that_rich_wraps_shows_the_request_first() -> None:
    text = (
        "           INFO     127.0.0.1 - - [29/Nov/2026 19:41:02]\n"
        + " " * 20
        + '"GET / HTTP/1.1" 200 -'
    )
    row = _row(store_of(*_record(text, level="INFO", logger="werkzeug")))
    assert row.endswith('INFO  werkzeug "GET / HTTP/1.1" 200 -')
    text = text.replace("\n" + " " * 20, " ").replace("/ HTTP", "\n" + " " * 20 + "/ HTTP")
    row = _row(store_of(*_record(text, level="INFO", logger="werkzeug")))
    assert row.endswith('INFO  werkzeug "GET / HTTP/1.1" 200 -')
