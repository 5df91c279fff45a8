"""The line of a call that comes from a function of the user's, which a library may call."""

from __future__ import annotations

import pytest

from tests.server.tracing.conftest import Record, needs

APP = """
import sqlite3

library = {}
exec(compile('''
def load(execute, number):
    return execute("select ?", (number,))

def each(functions, execute, number):
    for function in functions:
        function(execute, number)
''', "/site-packages/orders.py", "exec"), library)

def mine(execute, number):
    return execute("select ?", (number,))

def executed():
    if kind == "sqlite3":
        return sqlite3.connect(":memory:").execute
    import sqlalchemy
    connection = sqlalchemy.create_engine("sqlite://").connect()
    return connection.exec_driver_sql

def main():
    execute = executed()
    for number in range(20):
        for load in (library["load"], mine):
            load(execute, number)
    for number in range(20):
        library["each"]((library["load"], mine), execute, number)
"""


@pytest.mark.parametrize("kind", ["sqlite3", "sqlalchemy"])
def test_who_calls_a_function_in_turn_with_a_librarys(record: Record, kind: str) -> None:
    needs(kind)
    calls = [call for call in record(APP, kind=kind).calls if call["text"] == "select ?"]
    assert [call["line"] for call in calls] == [28, 15] * 20 + [30, 15] * 20
