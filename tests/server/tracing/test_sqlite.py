"""Statements of sqlite3: all are seen, and the app sees nothing of it."""

from __future__ import annotations

import pytest

from devtui.server.tracing.request_calls import MAX_STACKS
from tests.server.tracing.conftest import Record, needs
from tests.support.projects import app_source


def test_each_statement_has_its_line_its_parameters_and_its_rows(record: Record) -> None:
    recorded = record(app_source("calls/sqlite_statements.py"))
    assert recorded.result == [[2]]
    assert recorded.totals == {"sql": 3}
    script, insert, select = recorded.calls
    assert script["text"].startswith("create table t")
    assert (insert["line"], insert["rows"], insert["parameters"]) == (
        8,
        2,
        "[(1, ••••••••), (2, ••••••••)]",
    )
    assert (select["line"], select["rows"], select["parameters"]) == (10, None, "{'id': 2}")
    assert select["stack"] == [[10, "main"]]
    assert select["file"].endswith("app.py")
    assert {call["library"] for call in recorded.calls} == {"sqlite3"}


def test_types_cursors_and_errors_are_the_same(record: Record) -> None:
    recorded = record(app_source("calls/sqlite_types.py"))
    assert recorded.result[0][0] == "Cursor"
    errors = {call["text"]: call["error"] for call in recorded.calls}
    assert errors["select x from nowhere"] == "OperationalError: no such table: nowhere"


def test_warnings_name_the_line_of_the_app(record: Record) -> None:
    recorded = record(app_source("calls/sqlite_warnings.py"))
    assert recorded.result


def test_what_is_asked_again_and_again_is_recorded_like_the_first_time(record: Record) -> None:
    recorded = record(app_source("calls/sqlite_repeats.py"))
    inserts = recorded.calls[1:11]
    assert {call["parameters"] for call in inserts[:8]} == {f"({n}, ••••••••)" for n in range(8)}
    assert {(call["rows"], call["line"]) for call in inserts} == {(1, 23)}
    firsts = recorded.calls[11:26]
    assert [call["parameters"] for call in firsts[6:]] == [
        "(6,)",
        "(7,)",
        "['list']",
        "(None,)",
        "(1.5,)",
        f"('{'x' * 500}'... (600 characters),)",
        f"({10**400},)",
        "(1, 2)",
        "(b'before',)",
    ]
    assert {call["line"] for call in firsts} == {11}
    failed = [call["error"].split(":")[0] for call in firsts if call["error"]]
    assert failed == ["OverflowError", "ProgrammingError"]
    assert [call["line"] for call in recorded.calls[26:]] == [17, 11] * 10
    assert [bool(call["stack"]) for call in recorded.calls[26:]].count(True) == MAX_STACKS
    starts = [call["start_ms"] for call in recorded.calls]
    assert starts == sorted(starts)


COUNTED = app_source("calls/sqlite_returning.py")


@pytest.mark.parametrize("asked", ["sqlite3", "aiosqlite", "sqlalchemy", "django"])
def test_rows_that_are_counted_later_are_not_told(record: Record, asked: str) -> None:
    needs(asked)
    recorded = record(COUNTED, asked=asked)
    returning = [call["rows"] for call in recorded.calls if "returning" in call["text"]]
    assert returning == [None] * len(returning) != []
    if asked == "sqlite3":
        assert recorded.calls[-1]["rows"] == 0


def test_rows_that_an_asynchronous_engine_has_fetched_may_be_told(record: Record) -> None:
    needs("aiosqlite", "greenlet", "sqlalchemy.ext.asyncio")
    recorded = record(COUNTED, asked="sqlalchemy_async")
    assert recorded.calls[-1]["rows"] in (1, None)  # by the version
