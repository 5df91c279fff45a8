"""Statements on MariaDB, next to what the server says it was asked."""

from __future__ import annotations

from typing import Any

import pytest

from devtui.events import Call
from devtui.session.calls.statement import statement_of
from devtui.text.sanitize import pasteable
from tests.server.tracing.conftest import Record, Recorded, needs, seen_by
from tests.support.databases import MariaDB

pytestmark = pytest.mark.e2e

PLAIN = """
import importlib, traceback

def raised(action):
    try:
        action()
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        return [type(error).__qualname__, error.args[0], [frame.name for frame in frames]]

def main():
    module = importlib.import_module(driver)
    cursors = importlib.import_module(driver + ".cursors")
    db = module.connect(host="127.0.0.1", port=port, user="root", password="", database="shop")
    cursor = db.cursor()
    cursor.execute("create or replace table t (id int primary key, password varchar(9))")
    answers = [cursor.executemany("insert into t (id, password) values (%s, %s)",
                                  [(1, "a"), (2, "b"), (3, "c")])]
    answers.append(cursor.executemany("update t set password = %(new)s where id = %(id)s",
                                      [{"new": "d", "id": 1}, {"new": "e", "id": 2}]))
    db.commit()
    answers += [cursor.execute("select id from t where id > %s order by id", (1,)),
                cursor.rowcount, cursor.fetchall(), cursor.description[0][0]]
    cursor.execute("delete from t")
    db.rollback()
    rows = db.cursor(cursors.DictCursor)
    rows.execute("select count(*) as number from t")
    answers.append(rows.fetchone())
    unbuffered = db.cursor(cursors.SSCursor)
    unbuffered.execute("select id from t order by id")
    answers += [unbuffered.rowcount, list(unbuffered)]
    unbuffered.close()
    answers.append(raised(lambda: cursor.execute("select * from nowhere")))
    answers.append(raised(lambda: cursor.execute("insert into t (id) values (%s)", (1,))))
    answers += [type(cursor) is cursors.Cursor, type(db).__qualname__, db.thread_id() > 0]
    with db.cursor() as other:
        other.execute("create or replace procedure twice(number int) select 2 * number")
        other.callproc("twice", (21,))
        answers += [other.fetchall(), other.nextset()]
    db.close()
    answers.append(raised(lambda: cursor.execute("select 1")))
    return answers
"""

SQLALCHEMY = """
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, text

def main():
    engine = create_engine(f"mysql+{driver}://root@127.0.0.1:{port}/shop")
    items = Table("items", MetaData(), Column("id", Integer, primary_key=True),
                  Column("password", String(9)))
    with engine.begin() as db:
        items.create(db, checkfirst=True)
        db.execute(items.insert(), [{"password": "one"}, {"password": "two"}])
        rows = [tuple(row) for row in db.execute(items.select().where(items.c.id > 1))]
    with engine.connect() as db:
        try:
            db.execute(text("select * from nowhere"))
        except Exception as error:
            rows.append([type(error).__name__, type(error.orig).__name__])
        items.drop(db)
    engine.dispose()
    return rows
"""

DJANGO = """
import importlib, sys

def prepare():
    if driver == "pymysql":  # as its documentation says
        importlib.import_module("pymysql").install_as_MySQLdb()
    import django
    from django.conf import settings

    settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.mysql", "HOST": "127.0.0.1", "PORT": port,
        "USER": "root", "PASSWORD": "", "NAME": "shop"}}, INSTALLED_APPS=[])
    django.setup()

def main():
    from django.db import connection, models, transaction

    class Item(models.Model):
        name = models.CharField(max_length=9, unique=True)

        class Meta:
            app_label = "shop"
            db_table = "djangos"

    answers = [connection.mysql_is_mariadb]
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists djangos")
    with connection.schema_editor() as editor:
        editor.create_model(Item)
    Item.objects.bulk_create([Item(name="one"), Item(name="two")])
    answers += [list(Item.objects.filter(name__gt="one").values_list("id", "name"))]
    answers += [Item.objects.update(name=models.functions.Upper("name"))]
    try:
        with transaction.atomic():
            Item.objects.create(name="ONE")
    except Exception as error:
        answers.append([type(error).__name__, type(error.__cause__).__name__])
    answers += [Item.objects.count(), connection.execute_wrappers, type(cursor).__name__]
    connection.close()
    return answers
"""


COPIED = """
import datetime
import django, pymysql
from django.conf import settings
from sqlalchemy import create_engine, text

pymysql.install_as_MySQLdb()

VALUES = ["back\\\\slash\\\\'", "it's \\"quoted\\"", "two\\nlines\\r\\n", "nul\\0 and \\x1b[1m",
          "größe ✓", "100%", b"\\0\\xff'\\\\", b"", None, True, -5, 1.5, datetime.date(2026, 1, 2),
          datetime.datetime(2026, 1, 2, 3, 4, 5)]
PLAIN = "select 'it\\\\'s 50%%', 7--5, # who's there?\\n " + ", ".join(["hex(%s)"] * len(VALUES))

def prepare():
    settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.mysql", "HOST": "127.0.0.1", "PORT": port,
        "USER": "root", "PASSWORD": "", "NAME": "shop"}}, INSTALLED_APPS=[])
    django.setup()

def main():
    place = dict(host="127.0.0.1", port=port, user="root", password="", database="shop")
    found = []
    with pymysql.connect(**place) as db, db.cursor() as cursor:
        cursor.execute(PLAIN, VALUES)
        found.append(cursor.fetchone())
    with django.db.connection.cursor() as cursor:
        cursor.execute(PLAIN, VALUES)
        found.append(cursor.fetchone())
    with create_engine(f"mysql+pymysql://root@127.0.0.1:{port}/shop").connect() as db:
        words = text("select " + ", ".join(f"hex(:a{at})" for at in range(len(VALUES))))
        row = db.execute(words, {f"a{at}": value for at, value in enumerate(VALUES)}).one()
        found.append(tuple(row))
    django.db.connection.close()
    return found
"""


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
