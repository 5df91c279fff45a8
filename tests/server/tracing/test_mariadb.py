"""Statements on MariaDB, next to what the server says it was asked."""

from __future__ import annotations

from typing import Any

import pytest

from devtui.events import Call
from devtui.session.calls.statement import statement_of
from devtui.text.sanitize import pasteable
from tests.server.tracing.conftest import Record, Recorded, needs, seen_by
from tests.support.databases import MariaDB
from tests.support.projects import app_source

pytestmark = pytest.mark.e2e

PLAIN = app_source("calls/mariadb_cursors.py")

SQLALCHEMY = app_source("calls/sqlalchemy_mariadb.py")

DJANGO = app_source("calls/django_mariadb.py")


COPIED = app_source("calls/mariadb_values.py")


@pytest.fixture(params=["pymysql", "MySQLdb"])
def driver(request: pytest.FixtureRequest) -> str:
    needs(request.param)
    name: str = request.param
    return name


def told(recorded: Recorded) -> list[str]:
    """The calls in words that the server has in its log too, without what is sent to connect."""
    texts = (" ".join(text.split()[:3]) for text in recorded.texts)
    return [text for text in texts if text != "SET NAMES utf8mb4"]


def heard(asked: list[str]) -> list[str]:
    return [" ".join(statement.split()[:3]) for statement in asked]


def test_each_driver(mariadb: MariaDB, record: Record, driver: str) -> None:
    recorded, asked = seen_by(mariadb, record, PLAIN, driver=driver)
    assert asked == [
        "create or replace table t (id int primary key, password varchar(9))",
        "insert into t (id, password) values (1, 'a'),(2, 'b'),(3, 'c')",
        "update t set password = 'd' where id = 1",
        "update t set password = 'e' where id = 2",
        "select id from t where id > 1 order by id",
        "delete from t",
        "select count(*) as number from t",
        "select id from t order by id",
        "select * from nowhere",
        "insert into t (id) values (1)",
        "create or replace procedure twice(number int) select 2 * number",
        "SET @`_twice_0`=21",
        "CALL `twice`(@`_twice_0`)",
    ]
    calls = [(call["text"], call["parameters"], call["rows"]) for call in recorded.calls]
    assert calls == [
        (asked[0], "", 0),
        (
            "insert into t (id, password) values (%s, %s)",
            "[(1, ••••••••), (2, ••••••••), (3, ••••••••)]",
            3,
        ),
        (
            "update t set password = %(new)s where id = %(id)s",
            "[{'new': ••••••••, 'id': 1}, {'new': ••••••••, 'id': 2}]",
            2,
        ),
        ("select id from t where id > %s order by id", "(1,)", 2),
        (asked[5], "", 3),
        (asked[6], "", 1),
        (asked[7], "", None),  # unbuffered: it is not known yet
        (asked[8], "", None),
        ("insert into t (id) values (%s)", "(1,)", None),
        (asked[10], "", 0),
        ("twice", "(21,)", 1),
        ("select 1", "", None),
    ]
    names = {"pymysql": "pymysql", "MySQLdb": "mysqlclient"}
    assert {call["library"] for call in recorded.calls} == {names[driver]}
    errors = [call["error"].partition(",")[0] for call in recorded.calls if call["error"]]
    assert errors[:2] == ["ProgrammingError: (1146", "IntegrityError: (1062"]
    assert {function for call in recorded.calls for _, function in call["stack"][:1]} == {"main"}


def test_sqlalchemy_counts_once(mariadb: MariaDB, record: Record, driver: str) -> None:
    recorded, asked = seen_by(mariadb, record, SQLALCHEMY, driver=driver.lower())
    assert told(recorded) == heard(asked)
    own = [call for call in recorded.calls if call["library"] == "sqlalchemy"]
    assert [call["rows"] for call in own[-4:]] == [2, 1, None, 0]
    assert own[-4]["parameters"][1:-1] in {  # a list, of SQLAlchemy 1.4 a tuple
        "{'password': ••••••••}, {'password': ••••••••}",
        "(••••••••,), (••••••••,)",
    }
    assert own[-2]["error"].startswith("ProgrammingError: (1146")


def test_django_counts_once(mariadb: MariaDB, record: Record, driver: str) -> None:
    recorded, asked = seen_by(mariadb, record, DJANGO, driver=driver)
    assert told(recorded) == heard(asked)
    assert {call["library"] for call in recorded.calls} == {"django"}
    assert [(call["text"].split()[0], call["rows"]) for call in recorded.calls[-5:]] == [
        ("INSERT", 2),
        ("SELECT", 1),
        ("UPDATE", 2),
        ("INSERT", None),
        ("SELECT", 1),
    ]
    assert recorded.calls[-2]["error"].startswith("IntegrityError: (1062")


def test_the_server_gives_the_same_for_the_copied_statements(
    mariadb: MariaDB, record: Record
) -> None:
    needs("pymysql", "sqlalchemy")
    import pymysql

    recorded = record(COPIED, port=mariadb.port)
    calls = [Call(**{**call, "stack": ()}) for call in recorded.calls]
    texts = [statement_of(call) for call in calls if "hex(" in call.text]
    place: dict[str, Any] = {"host": "127.0.0.1", "port": mariadb.port, "user": "root"}
    with pymysql.connect(**place) as db, db.cursor() as cursor:
        for text, wanted in zip(texts, recorded.result, strict=True):
            assert pasteable(text) == text
            cursor.execute(text)
            assert list(cursor.fetchone()) == wanted, text
