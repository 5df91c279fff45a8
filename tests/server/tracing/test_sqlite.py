"""Statements of sqlite3: all are seen, and the app sees nothing of it."""

from __future__ import annotations

import pytest

from devtui.server.tracing.request_calls import MAX_STACKS
from tests.server.tracing.conftest import Record, needs


def test_each_statement_has_its_line_its_parameters_and_its_rows(record: Record) -> None:
    recorded = record("""
        import sqlite3

        def main():
            with sqlite3.connect(":memory:") as db:
                db.executescript("create table t (id integer, password text); create table u (x)")
                rows = [(1, "geheim"), (2, "heimlich")]
                db.executemany("insert into t (id, password) values (?, ?)", rows)
                cursor = db.cursor()
                cursor.execute("select id from t where id = :id", {"id": 2})
                return cursor.fetchall()
    """)
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
    recorded = record("""
        import pickle, sqlite3, traceback, sys, weakref, warnings
        import sqlite3.dbapi2
        import _sqlite3

        class Mine(sqlite3.Connection):
            pass

        class Database:
            open = sqlite3.connect

        class Counting(sqlite3.Cursor):
            def execute(self, *args):
                self.count = 1
                return super().execute(*args)

        def raised(action):
            try:
                action()
            except Exception as error:
                stack = traceback.extract_tb(error.__traceback__)
                return [type(error).__name__, str(error), [frame.name for frame in stack]]

        def kinds(db):
            made = [db.cursor(), db.execute("select 1"), db.cursor(Counting),
                    db.cursor(factory=Counting), db.executescript("select 1")]
            return [type(one).__name__ for one in made] + [
                type(db) is sqlite3.Connection, isinstance(db, sqlite3.Connection),
                type(made[0]) is sqlite3.Cursor, type(made[1]) is sqlite3.Cursor,
                isinstance(made[1], _sqlite3.Cursor), repr(db)[:26], repr(made[0])[:22],
                hasattr(db, "__dict__"), hasattr(made[0], "__dict__"),
                made[2].execute("select 1").count, made[0].connection is db,
            ]

        def main():
            db = sqlite3.connect(":memory:")
            mine = sqlite3.connect(":memory:", factory=Mine)
            other = sqlite3.connect(":memory:", 5.0, 0, None, True, Mine)
            db.row_factory = sqlite3.Row
            row = db.execute("select 1 as one").fetchone()
            copy = sqlite3.connect(":memory:")
            db.execute("create table t (x)")
            db.backup(copy)
            return [
                kinds(db), kinds(mine), type(other).__name__, tuple(row), row["one"],
                list(copy.iterdump()), pickle.loads(pickle.dumps(sqlite3.Connection)).__name__,
                raised(lambda: db.execute("select x from nowhere")),
                raised(lambda: db.cursor().execute("select ?", ())),
                raised(lambda: db.execute()),
                raised(lambda: sqlite3.connect("/nowhere/at/all")),
                raised(lambda: sqlite3.Cursor(None)),
                sqlite3.connect.__name__, sqlite3.Connection.__module__,
                sqlite3.connect is sqlite3.dbapi2.connect is _sqlite3.connect,
                type(Database().open(":memory:")) is sqlite3.Connection, repr(sqlite3.connect),
                pickle.loads(pickle.dumps(sqlite3.connect)) is sqlite3.connect,
                type(sqlite3.Cursor(db)).__name__, type(sqlite3.Connection(":memory:")).__name__,
            ]
    """)
    assert recorded.result[0][0] == "Cursor"
    errors = {call["text"]: call["error"] for call in recorded.calls}
    assert errors["select x from nowhere"] == "OperationalError: no such table: nowhere"


def test_warnings_name_the_line_of_the_app(record: Record) -> None:
    recorded = record("""
        import datetime, sqlite3, warnings

        def main():
            db = sqlite3.connect(":memory:")
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                sqlite3.register_adapter(complex, lambda value: warn(value))
                db.execute("select ?", (1j,))
            return [(warning.filename, warning.lineno) for warning in caught]

        def warn(value):
            warnings.warn("adapted", stacklevel=2)
            return 1
    """)
    assert recorded.result


def test_what_is_asked_again_and_again_is_recorded_like_the_first_time(record: Record) -> None:
    recorded = record("""
        import sqlite3, traceback

        exec("def library(function, *args): return function(*args)")

        class Lying(sqlite3.Cursor):
            rowcount = property(lambda self: 1 / 0)

        def first(cursor, value):
            try:
                return cursor.execute("select ?", value).fetchone()
            except Exception as error:
                stack = traceback.extract_tb(error.__traceback__)
                return [type(error).__name__, str(error), [frame.name for frame in stack]]

        def second(cursor, value):
            return library(cursor.execute, "select ?", value).fetchone()

        def main():
            db = sqlite3.connect(":memory:")
            db.execute("create table t (id integer, token text)")
            for number in range(10):
                db.execute("insert into t (id, token) values (?, ?)", (number, "geheim"))
            changed = bytearray(b"before")
            values = [(number,) for number in range(8)]
            values += [["list"], (None,), (1.5,), ("x" * 600,), (10**400,), (1, 2), (changed,)]
            cursor = db.cursor(Lying)
            found = [str(first(cursor, value)) for value in values]
            changed[:] = b"after"
            for number in range(10):
                found.append((second(cursor, (number,)), first(db, (number,))))
            return found
    """)
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


COUNTED = """
import asyncio, sqlite3

INSERT = "insert into t (id) values (:id) returning id"
CREATE = "create table t (id integer)"
ONE = {"id": 1}

def ask_sqlite3():
    db = sqlite3.connect(":memory:")
    db.execute(CREATE)
    rows = [db.execute(INSERT, ONE).fetchall() for _ in range(9)]
    rows.append(db.cursor().execute("update t set id = 3 returning id").fetchall())
    return [rows, db.execute("update t set id = 3 where id = 7").rowcount]

def ask_aiosqlite():
    import aiosqlite

    async def ask():
        async with aiosqlite.connect(":memory:") as db:
            await db.execute(CREATE)
            return [list(await (await db.execute(INSERT, ONE)).fetchall()),
                    await db.execute_insert(INSERT, ONE)]

    return asyncio.run(ask())

def ask_sqlalchemy():
    from sqlalchemy import create_engine, text

    with create_engine("sqlite://").begin() as db:
        db.execute(text(CREATE))
        return [list(db.execute(text(INSERT), ONE).scalars()) for _ in range(9)]

def ask_sqlalchemy_async():
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    async def ask():
        async with create_async_engine("sqlite+aiosqlite://").begin() as db:
            await db.execute(text(CREATE))
            return list((await db.execute(text(INSERT), ONE)).scalars())

    return asyncio.run(ask())

def ask_django():
    import django
    from django.conf import settings

    settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        cursor.execute(INSERT.replace(":id", "%s"), [1])
        return cursor.fetchall()

def main():
    return globals()[f"ask_{asked}"]()
"""


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
