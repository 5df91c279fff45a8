"""The calls in the rows of requests."""

from __future__ import annotations

import pytest

from devtui.dashboard.panes.rows import RequestRows
from devtui.events import AnyEvent, CallTotal
from devtui.session.store.store import Store
from tests.support.driver import running
from tests.support.fakes import NOON, FakeSession, called, finished, n_plus_one, request, started

QUIET = (called("SELECT 1", ms=31.0),) * 3 + (called("GET /x", kind="http", ms=9),)


def rows_at(width: int, *events: AnyEvent) -> list[str]:
    store = Store()
    for event in events:
        store.apply(event)
    rows = RequestRows(lambda: NOON, store)
    return ["".join(text for text, _ in rows.spans(one, width)) for one in store.requests]


@pytest.mark.parametrize(
    ("width", "quiet", "repeating"),
    [
        (
            196,
            "  3 sql   93 ms           1 http  9.0 ms  /",
            " 42 sql   91 ms   41×     1 http   80 ms  /orders",
        ),
        (116, "  3 sql   93 ms        /", " 42 sql   91 ms   41×  /orders"),
        (76, "  3 sql  /", "41× sql  /orders"),
        (66, " kB  /", " kB  /orders"),
    ],
)
def test_the_column_has_what_there_is_room_for(width: int, quiet: str, repeating: str) -> None:
    events = [
        started(1),
        finished(1, calls=QUIET),
        *n_plus_one(2),
        *request(3),
        started(4, "/runs"),
    ]
    first, second, third, fourth = rows_at(width, *events)
    assert first.endswith(quiet)
    assert second.endswith(repeating)
    targets = [row.index("/") for row in (first, second, third, fourth)]
    assert len(set(targets)) == 1, "the targets stand in one column"


def test_calls_that_are_not_kept_may_be_repeats_too() -> None:
    calls = (called("SELECT 1"),) * 200
    total = CallTotal(kind="sql", count=5_000, duration_ms=900)
    end = finished(1, "/many", calls=calls, call_totals=(total,))
    for width, text in ((116, " 5,000 sql  900 ms 200+×  /many"), (76, "200+× sql  /many")):
        [row] = rows_at(width, started(1, "/many"), end)
        assert row.endswith(text)


def test_without_calls_there_is_no_column() -> None:
    assert rows_at(116, *request(1)) == rows_at(116, *request(1))
    with_calls, _ = rows_at(116, *n_plus_one(1), *request(2))
    [without] = rows_at(116, *request(1, "/orders", ms=320.0))
    assert without.index("/orders") < with_calls.index("/orders")


@pytest.mark.parametrize(("width", "columns"), [(76, 0), (116, 0), (196, 1)])
def test_templates_alone_make_a_column_only_where_they_are_shown(width: int, columns: int) -> None:
    page = called("index.html", kind="template", ms=2)
    [without] = rows_at(width, started(1), finished(1))
    [with_templates] = rows_at(width, started(1), finished(1, calls=(page,)))
    assert (with_templates.index("/") > without.index("/")) is bool(columns)
    assert ("1 tmpl" in with_templates) is bool(columns)


async def test_the_repeats_stand_out_on_the_screen_and_the_filter_finds_them() -> None:
    session = FakeSession()
    session.feed(started(1, "/quiet"), finished(1, "/quiet", calls=QUIET), *n_plus_one(2))
    async with running(session, (80, 24)) as ui:
        await ui.shows("41× sql")
        await ui.press("slash", *"sql>10")
        await ui.shows_not("/quiet")
        await ui.shows("/orders")
