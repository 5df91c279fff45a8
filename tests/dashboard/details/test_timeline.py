"""The timeline of an opened request, and its calls, opened."""

from __future__ import annotations

import time

import pytest

from devtui.dashboard.calls.bars import bar, mark
from devtui.dashboard.calls.call_detail import all_repeats
from devtui.dashboard.calls.formatted import sql_rows
from devtui.dashboard.details.row_detail import detail_of
from devtui.events import AnyEvent, AppLoaded, CallTotal, Frame
from devtui.session.calls.own_time import covered, gaps
from devtui.session.store.one_call import AllRepeats, OneCall, OneRepeat
from devtui.session.store.store import Store
from tests.support.driver import Driver, running
from tests.support.fakes import (
    CUSTOMER_SQL,
    FakeSession,
    called,
    finished,
    line,
    n_plus_one,
    raised,
    started,
)


def lines_of(*events: AnyEvent, width: int = 76, title: str = "timeline") -> list[str]:
    store = Store()
    for event in events:
        store.apply(event)
    sections = detail_of(store.requests[store.requests.end - 1], store, width=width).sections
    return [one.text for one in next(it for it in sections if it.title == title).lines]


def test_bars_are_in_proportion() -> None:
    assert bar([(0, 50)], 100, 10) == "█████     "
    assert bar([(50, 55)], 100, 10) == "     ▄    "
    assert bar([(20, 20.001)], 100, 10) == "  ▁       "
    assert bar([(0, 10), (10, 20), (90, 500)], 100, 10) == "██       █"
    assert bar([(0, 0)], 0, 3) == "   "
    assert mark(99.9, 100, 4, "×") == mark(500, 100, 4, "×") == "   ×"


def test_the_apps_own_time_is_what_no_call_covers() -> None:
    calls = [
        called("a", start=10, ms=20),
        called("b", start=20, ms=30),
        called("c", start=90, ms=50),
        called("t", start=0, ms=100, kind="template"),
    ]
    assert covered(calls, 100) == [(10, 50), (90, 100)]
    assert gaps(covered(calls, 100), 100) == [(0, 10), (50, 90)]


def test_calls_lines_and_the_error_are_in_the_order_of_time() -> None:
    calls = (
        called("SELECT 1", start=10, ms=20, place="/project/shop/a.py:7"),
        called("GET /x?token=abc", kind="http", start=60, ms=20, error="OSError: no"),
    )
    shown = lines_of(
        started(1),
        line("asking", level="INFO", logger="shop", request_id="r1", seconds=0.045),
        raised(1, seconds=0.085),
        finished(1, status=500, ms=100.0, calls=calls),
    )
    assert shown[0] == "100 ms · app 60 ms · 1 sql 20 ms · 1 http 20 ms"
    assert [text.partition("│ ")[2].strip() for text in shown[1:]] == [
        "10 ms  the app itself",
        "20 ms  sql   SELECT 1  shop/a.py:7",
        "30 ms  the app itself",
        "INFO  shop asking",
        "20 ms  http  GET /x?token=•••…  OSError: no  shop/views.py:88",
        "20 ms  the app itself",
        "ZeroDivisionError: division by zero",
    ]
    bars = [text.partition("│")[0] for text in shown[1:4]]
    assert bars == ["█         ", " ██       ", "   ███    "]


def test_time_between_repeats_gets_a_line_only_if_it_is_long() -> None:
    starts = (0, 10, 20, 30, 40, 90)
    calls = tuple(called("SELECT 1", start=start, ms=5) for start in starts)
    shown = lines_of(started(1), finished(1, ms=100, calls=calls))
    assert [text.partition("│ ")[2].strip() for text in shown[1:]] == [
        "30 ms  sql   6 × SELECT 1  shop/views.py:88",
        "45 ms  the app itself",
        "5.0 ms  the app itself",
    ]


def test_repeats_are_one_line_and_the_output_is_not_shown_twice() -> None:
    events = n_plus_one()
    shown = lines_of(*events, width=116)
    assert sum("FROM customers" in text for text in shown) == 1
    assert (
        "41 × SELECT … FROM customers WHERE customers.id = ?  /project/shop/views.py:88" in shown[3]
    )
    store = Store()
    for event in events:
        store.apply(event)
    detail = detail_of(store.requests[0], store)
    assert "output" not in [section.title for section in detail.sections]


def test_calls_that_are_not_kept_are_said_and_own_time_is_not_made_up() -> None:
    calls = (called("SELECT 1", start=0, ms=10),)
    total = CallTotal(kind="sql", count=3_001, duration_ms=900)
    shown = lines_of(started(1), finished(1, ms=1_000, calls=calls, call_totals=(total,)))
    assert shown[0] == "1.00 s · 3,001 sql 900 ms"
    assert not any("app" in text for text in shown)
    assert shown[-1] == "3,000 more calls counted, but only the first 1 are kept"


def test_a_long_statement_is_laid_out_at_once() -> None:
    places = ", ".join("?" * 10_000)
    began = time.thread_time()
    rows, note = sql_rows(f"select a, b from t where id in ({places}) and b = 'x'")
    for text in ("(" * 4_000, "select (" * 500, "'" * 4_000, "a," * 50_000, "(a" * 50_000):
        sql_rows(text)
    assert time.thread_time() - began < 5  # it took 18 s in one of the peers, for one statement
    assert note == ""
    assert ["".join(text for text, _ in row) for row in rows] == [
        "SELECT a,",
        "       b",
        "FROM t",
        "WHERE id IN (? /* 9,999 more */)",
        "  AND b = 'x'",
    ]
    assert ("SELECT", "code-keyword") in rows[0]
    assert ("'x'", "code-string") in rows[-1]


async def opened(ui: Driver, text: str) -> None:
    """Open the request, and move the cursor to the line with that text."""
    await ui.press("up", "end", "enter")
    await ui.until(lambda: type(ui.app.screen).__name__ == "DetailScreen")
    await ui.press("slash", *text, "enter")


async def test_a_repeat_opens_to_its_calls_and_a_call_to_its_statement() -> None:
    session = FakeSession()
    session.feed(*n_plus_one())
    async with running(session, (80, 24)) as ui:
        await opened(ui, "customers")
        await ui.press("enter")
        await ui.shows("41 × sql in GET /orders")
        await ui.shows("11 have the parameters of an earlier one")
        await ui.press("slash", *"29", "enter", "enter")
        await ui.shows("sql 2.0 ms in GET /orders")
        await ui.shows("FROM customers")
        await ui.shows("WHERE customers.id = ?")
        await ui.press("right_square_bracket")
        await ui.shows("(0,)")
        await ui.press("escape")
        await ui.shows("41 × sql in GET /orders")


async def test_y_copies_a_statement_and_e_opens_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    session = FakeSession()
    session.feed(*n_plus_one())
    async with running(session) as ui:
        copied: list[object] = []
        edited: list[Frame] = []
        monkeypatch.setattr(ui.app, "copy", lambda text, what: copied.append((text, what)))
        monkeypatch.setattr(ui.app, "edit", edited.append)
        await opened(ui, "customers")
        await ui.press("y", "e")
        await ui.until(lambda: copied and edited)
        assert copied == [(CUSTOMER_SQL.replace("?", "0") + ";", "the statement")]
        assert (edited[0].file, edited[0].line) == ("/project/shop/views.py", 88)
        await ui.press("Y")
        await ui.shows("the statement")
        await ui.shows("the timeline")


async def test_y_copies_the_statement_of_a_call_just_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = FakeSession()
    session.feed(*n_plus_one())
    async with running(session) as ui:
        copied: list[tuple[str, str]] = []
        monkeypatch.setattr(ui.app, "copy", lambda text, what: copied.append((text, what)))
        await opened(ui, "customers")
        await ui.press("enter")
        await ui.shows("41 × sql in GET /orders")
        await ui.press("y")
        await ui.press("slash", *"29", "enter", "enter")
        await ui.shows("sql 2.0 ms in GET /orders")
        await ui.press("y", "slash", *"customers.id", "enter", "y")
        await ui.until(lambda: len(copied) == 3)
        [first, *others] = [CUSTOMER_SQL.replace("?", value) + ";" for value in ("0", "29", "29")]
        assert copied == [(text, "the statement") for text in (first, *others)]


async def test_the_palette_lists_the_repeats_of_all_requests() -> None:
    session = FakeSession()
    session.feed(*n_plus_one(1), *n_plus_one(2, times=1))
    async with running(session) as ui:
        await ui.press("ctrl+p", *"repeated")
        await ui.shows("Repeated calls")
        await ui.press("down", "enter")
        await ui.shows("1 line of code, the worst first")
        await ui.shows("41×    82 ms     1×      42  GET /orders")
        for keys in (["enter"], ["down", "enter"]):
            await ui.press(*keys)
            await ui.shows("served by   generation 1")
            await ui.press("escape")
            await ui.shows("1 line of code, the worst first")
        await ui.press("escape")
        session.feed(
            AppLoaded(generation=2, app="a", framework="", file="", duration_ms=1, module_count=1)
        )
        await ui.press("ctrl+p", *"repeated")
        await ui.shows("Repeated calls")
        await ui.press("down", "enter")
        await ui.shows("41×    82 ms      –      42  GET /orders")


async def test_the_palette_lists_the_repeats_in_an_opened_request_too() -> None:
    session = FakeSession()
    session.feed(*n_plus_one())
    async with running(session) as ui:
        await opened(ui, "customers")
        await ui.press("ctrl+p", *"repeated")
        await ui.shows("Repeated calls")
        await ui.press("down", "enter")
        await ui.shows("1 line of code, the worst first")
        await ui.press("ctrl+p", *"repeated")
        await ui.shows("No matches found")  # it is the list
        await ui.press("escape", "escape")
        await ui.shows("41 × SELECT")


def test_the_list_of_repeats_tells_duplicates_and_what_was_not_kept() -> None:
    calls = tuple(called("SELECT 1", start=n, ms=1, parameters=f"({n % 2},)") for n in range(7))
    total = CallTotal(kind="sql", count=9, duration_ms=9)
    store = Store()
    for event in (started(1), finished(1, calls=calls, call_totals=(total,))):
        store.apply(event)
    opened_request = detail_of(store.requests[0], store).sections
    timeline = next(it for it in opened_request if it.title == "timeline")
    assert "7+ × sql  SELECT 1" in timeline.text
    repeat = next(it.target for it in timeline.lines if isinstance(it.target, OneRepeat))
    detail = detail_of(repeat, store)
    assert detail.title == "7+ × sql in GET /"
    assert "7 of those that are kept; 2 more calls only counted" in detail.sections[0].text
    for width in (76, 150):
        head, line = (one.text.split() for one in all_repeats(store, width).sections[0].lines)
        told = dict(zip(["most", "ms", "unit", "now", "in", "duplicates"], line, strict=False))
        assert (told["most"], told["now"], told["in"]) == ("7+×", "7+×", "7+")
        assert (head[-1] == "duplicates", told["duplicates"] == "5") == ((width == 150,) * 2)


def test_untrusted_text_is_made_safe() -> None:
    evil = "a\x1b[31m\x07\nb\u202ec\x00 = ?"
    calls = tuple(
        called(evil, f"('{evil}',)", kind=kind, result=evil, error=evil, place=f"/{evil}.py:1")
        for kind in ("sql", "http", "template", "cache")
    )
    store = Store()
    for event in (started(1), finished(1, calls=(*calls, *calls[:1] * 5))):
        store.apply(event)
    request = store.requests[0]
    targets = [
        one.target
        for section in detail_of(request, store).sections
        for one in section.lines
        if isinstance(one.target, (OneCall, OneRepeat))
    ]
    assert len(targets) == 4
    for item in (request, AllRepeats(), *targets):
        detail = detail_of(item, store)
        for section in detail.sections:
            for one in section.lines:
                assert "".join(text for text, _ in one.row).isprintable(), one.row
        assert detail.title.isprintable()
