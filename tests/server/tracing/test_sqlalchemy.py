"""SQLAlchemy 1.4 and 2 and what is below it, next to what SQLite says it was asked."""

from __future__ import annotations

import pytest

from tests.server.tracing.conftest import Record, Recorded, needs
from tests.support.databases import Postgres
from tests.support.projects import app_source

LOGGED = app_source("calls/sqlalchemy_orders.py")

SEVERAL_ENGINES = LOGGED + app_source("calls/sqlalchemy_several_engines.py")

ASYNCHRONOUS = LOGGED + app_source("calls/sqlalchemy_async.py")

COUNTING = LOGGED + app_source("calls/sqlalchemy_rowcount.py")

POSTGRESQL = app_source("calls/sqlalchemy_tasks.py")

AIOSQLITE = app_source("calls/aiosqlite_threads.py")


def heard(asked: list[str]) -> list[str]:
    """The first words of what SQLite was asked, without transactions."""
    words = [" ".join(statement.split()[:3]) for statement in asked]
    return [some for some in words if some not in {"BEGIN", "COMMIT", "ROLLBACK"}]


def told(recorded: Recorded) -> list[str]:
    """The first words of each call that SQLite could execute, once for each row of parameters."""
    return [
        " ".join(call["text"].split()[:3])
        for call in recorded.calls
        if not call["error"].startswith("OperationalError")
        for _ in range(call["parameters"][1:].count("(") or 1)
    ]


def lines(recorded: Recorded, part: str) -> list[tuple[int, list[str]]]:
    """The line of each call with this in its text, and the functions that led to it."""
    return [
        (call["line"], [function for _, function in call["stack"] if function[0] != "<"])
        for call in recorded.calls
        if part in call["text"]
    ]


def test_core_and_orm_on_several_engines(record: Record) -> None:
    needs("sqlalchemy")
    recorded = record(SEVERAL_ENGINES)
    rows, asked = recorded.result
    assert rows[-1] == ["IntegrityError", "IntegrityError"]
    assert told(recorded) == heard(asked)
    assert {call["library"] for call in recorded.calls} == {"sqlalchemy"}
    # A lazy load has the line that has asked for the attribute.
    assert [line for line, _ in lines(recorded, "FROM customer \nWHERE customer.id = ?")] == [
        44
    ] * 6
    assert recorded.totals == {"sql": len(recorded.calls)}


def test_the_number_of_rows_is_not_read_where_that_may_cost_something(record: Record) -> None:
    needs("sqlalchemy")
    recorded = record(COUNTING)
    assert len([text for text in recorded.texts if " t" in text]) == 4
    assert {call["rows"] for call in recorded.calls if call["library"] == "sqlalchemy"} == {None}


def test_an_asynchronous_engine_counts_once_from_the_line_that_awaits(record: Record) -> None:
    needs("aiosqlite", "greenlet", "sqlalchemy")
    recorded = record(ASYNCHRONOUS)
    names, asked = recorded.result
    assert names[3:] == [["OperationalError", "OperationalError"], "name 2", "name 4", "name 5"]
    assert told(recorded) == heard(asked)
    # But for what the engine asks to connect.
    assert [call["library"] for call in recorded.calls[-7:]] == ["sqlalchemy"] * 7
    assert lines(recorded, "select name") == [(41, ["main", "ask", "name_of"])] * 3
    assert lines(recorded, "nowhere") == [(55, ["main", "ask"])]
    assert lines(recorded, "FROM orders") == [(45, ["main", "ask", "in_greenlet"])]
    assert lines(recorded, "customer.id >") == [(60, ["main", "ask"])]


@pytest.mark.e2e
def test_concurrent_tasks_on_postgresql(postgres: Postgres, record: Record) -> None:
    needs("psycopg", "greenlet", "sqlalchemy.dialects.postgresql.psycopg")  # not in 1.4
    postgres.statements()
    recorded = record(POSTGRESQL, port=postgres.port)
    assert recorded.result == [0, 1, 2]
    assert lines(recorded, "+ 0") == [(10, ["main", "number_of"])] * 3
    asked = [statement for statement in postgres.statements() if "+ 0" in statement]
    assert len(asked) == 2 * 3  # with the hooks and without


def test_aiosqlite_whoever_started_its_thread(record: Record) -> None:
    needs("aiosqlite")
    recorded = record(AIOSQLITE)
    half = len(recorded.calls) // 2
    of_old_thread, of_new_thread = (
        [(call["text"], call["parameters"], call["rows"], call["stack"]) for call in calls]
        for calls in (recorded.calls[:half], recorded.calls[half:])
    )
    assert of_old_thread == of_new_thread
    assert [call["text"].partition(" ")[0] for call in recorded.calls[:half]] == [
        *("create", "delete", "insert", "select", "select", "select", "select")
    ]
    assert {call["library"] for call in recorded.calls} == {"aiosqlite"}
    assert of_new_thread[2][1:] == (
        "[(1, ••••••••), (2, ••••••••)]",
        2,
        [[32, "main"], [29, "both"], [14, "ask"]],
    )
    assert recorded.calls[half - 1]["error"] == "OperationalError: no such table: nowhere"
