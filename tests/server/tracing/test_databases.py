"""Statements of each database library, next to what the server says it was asked."""

from __future__ import annotations

import subprocess

import pytest

from devtui.events import Call
from devtui.session.calls.statement import statement_of
from devtui.text.secrets import MASK
from tests.server.tracing.conftest import Record, needs, seen_by
from tests.support.databases import SECONDS, Postgres, tool

pytestmark = pytest.mark.e2e

PSYCOPG = """
import psycopg
from psycopg import sql

def outcome(action):
    try:
        return action()
    except Exception as error:
        return type(error).__name__

def main():
    with psycopg.connect(host="127.0.0.1", port=port, user="devtui", dbname="postgres") as db:
        db.execute("create temp table t (id int, password text)")
        cursor = db.cursor()
        cursor.executemany("insert into t (id, password) values (%s, %s)", [(1, "a"), (2, "b")])
        cursor.execute(sql.SQL("select * from {} where id = %(id)s").format(sql.Identifier("t")),
                       {"id": 2})
        rows = cursor.fetchall()
        with db.cursor("named") as named:
            named.execute("select generate_series(1, 3)")
            rows += named.fetchall()
        db.commit()
        return [rows, outcome(lambda: db.execute("select * from nowhere")),
                type(db).__qualname__, type(cursor).__qualname__, cursor.rowcount,
                psycopg.Cursor.execute.__name__]
"""

ASYNC = """
import asyncio, psycopg

async def ask():
    db = await psycopg.AsyncConnection.connect(
        host="127.0.0.1", port=port, user="devtui", dbname="postgres")
    async with db:
        return await (await db.execute("select %s::int", (7,))).fetchall()

def main():
    return asyncio.run(ask())
"""

PSYCOPG2 = """
import psycopg2, psycopg2.extras, psycopg2.extensions

def outcome(action):
    try:
        return action()
    except Exception as error:
        return type(error).__name__

def main():
    db = psycopg2.connect(host="127.0.0.1", port=port, user="devtui", dbname="postgres")
    cursor = db.cursor()
    cursor.execute("select %s::int", (7,))
    rows = cursor.fetchall()
    named = db.cursor(cursor_factory=psycopg2.extras.RealDictCursor)
    named.execute("select 8 as eight")
    rows.append(dict(named.fetchone()))
    server_side = db.cursor("named")
    server_side.execute("select generate_series(1, 3)")
    rows += server_side.fetchall()
    return [rows, outcome(lambda: cursor.execute("select * from nowhere")),
            type(db) is psycopg2.extensions.connection,
            type(cursor) is psycopg2.extensions.cursor,
            type(db.cursor(None, psycopg2.extras.DictCursor)).__name__,
            isinstance(named, psycopg2.extensions.cursor), repr(db)[:20], repr(cursor)[:16]]
"""

SQLALCHEMY = """
from sqlalchemy import create_engine, text

def main():
    engine = create_engine(f"postgresql+{driver}://devtui@127.0.0.1:{port}/postgres")
    with engine.connect() as db:
        db.execute(text("create temp table t (id int)"))
        db.execute(text("insert into t values (:id)"), [{"id": 1}, {"id": 2}])
        db.commit()
        rows = [list(row) for row in db.execute(text("select id from t where id > :id"), {"id": 1})]
        try:
            db.execute(text("select * from nowhere"))
        except Exception as error:
            rows.append([type(error).__name__, type(error.orig).__name__])
        return rows
"""

DJANGO = """
import django
from django.conf import settings

def prepare():
    settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": port,
        "USER": "devtui", "NAME": "postgres"}}, INSTALLED_APPS=[])
    django.setup()

def main():
    from django.db import connection
    rows = []
    with connection.cursor() as cursor:
        cursor.execute("create temp table t (id int)")
        cursor.executemany("insert into t values (%s)", [(1,), (2,)])
        cursor.execute("select id from t where id > %s", [1])
        rows += cursor.fetchall()
        try:
            cursor.execute("select * from nowhere")
        except Exception as error:
            rows.append(type(error).__name__)
    return [rows, connection.execute_wrappers, type(cursor).__name__]
"""

DUPLICATE = """
import importlib

def main():
    driver = importlib.import_module(name)
    db = driver.connect(host="127.0.0.1", port=port, **login)
    cursor = db.cursor()
    cursor.execute("create temporary table u (email varchar(9), password varchar(9) unique)")
    try:
        for email in "ab":
            cursor.execute("insert into u values (%s, %s)", (email, "hunter2"))
    except driver.IntegrityError as error:
        return "hunter2" in str(error)
"""


def test_psycopg(postgres: Postgres, record: Record) -> None:
    needs("psycopg")
    recorded, asked = seen_by(postgres, record, PSYCOPG)
    assert recorded.texts == [
        "create temp table t (id int, password text)",
        "insert into t (id, password) values (%s, %s)",
        'select * from "t" where id = %(id)s',
        "select generate_series(1, 3)",
        "select * from nowhere",
    ]
    assert {call["library"] for call in recorded.calls} == {"psycopg"}
    assert recorded.calls[1]["parameters"] == "[(1, ••••••••), (2, ••••••••)]"
    assert recorded.calls[2]["rows"] == 1
    assert recorded.calls[4]["error"].startswith("UndefinedTable: relation")
    # The server is asked once for each member of `executemany`, and to fetch and close.
    for text in ('select * from "t"', "generate_series(1, 3)", "create temp", "from nowhere"):
        assert sum(text in statement for statement in asked) == 1
        assert sum(text in call for call in recorded.texts) == 1


@pytest.mark.parametrize(
    ("name", "server", "login", "error"),
    [
        (
            "psycopg",
            "postgres",
            {"user": "devtui", "dbname": "postgres"},
            f"Key (password)=({MASK}) already exists",
        ),
        (
            "pymysql",
            "mariadb",
            {"user": "root", "database": "shop"},
            f"Duplicate entry '{MASK}' for key 'password'",
        ),
    ],
)
def test_an_error_repeats_no_secret(
    request: pytest.FixtureRequest,
    record: Record,
    name: str,
    server: str,
    login: dict[str, str],
    error: str,
) -> None:
    needs(name)
    port = request.getfixturevalue(server).port
    recorded = record(DUPLICATE, name=name, port=port, login=login)
    assert recorded.result is True  # the app has the error as it is
    assert error in recorded.calls[-1]["error"]


def test_psycopg_in_asyncio(postgres: Postgres, record: Record) -> None:
    needs("psycopg")
    recorded, _ = seen_by(postgres, record, ASYNC)
    assert [(call["text"], call["rows"], call["line"]) for call in recorded.calls] == [
        ("select %s::int", 1, 8)
    ]


def test_psycopg2(postgres: Postgres, record: Record) -> None:
    needs("psycopg2")
    recorded, _ = seen_by(postgres, record, PSYCOPG2)
    assert recorded.texts == [
        "select %s::int",
        "select 8 as eight",
        "select generate_series(1, 3)",
        "select * from nowhere",
    ]
    assert recorded.calls[0]["parameters"] == "(7,)"
    assert {call["library"] for call in recorded.calls} == {"psycopg2"}


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_sqlalchemy_counts_once_whatever_is_below(
    postgres: Postgres, record: Record, driver: str
) -> None:
    needs(driver)
    recorded, asked = seen_by(postgres, record, SQLALCHEMY, driver=driver)
    assert [text.partition(" ")[0] for text in recorded.texts[-4:]] == [
        "create",
        "insert",
        "select",
        "select",
    ]
    assert {call["library"] for call in recorded.calls[-4:]} == {"sqlalchemy"}
    assert len([text for text in asked if "from t" in text]) == 1
    assert [call["rows"] for call in recorded.calls[-3:-1]] == [2, 1]


def test_engines_take_the_arguments_of_their_dialects(record: Record) -> None:
    needs("sqlalchemy")
    recorded = record("""
        from sqlalchemy import create_engine, text

        def main():
            engine = create_engine(
                "sqlite://", isolation_level="READ UNCOMMITTED", paramstyle="named", label_length=20
            )
            with engine.connect() as db:
                one = db.execute(text("select :one"), {"one": 1}).scalar()
                return [db.get_isolation_level(), one]
    """)
    assert recorded.result == ["READ UNCOMMITTED", 1]
    asked = recorded.calls[-2]
    assert (asked["text"], asked["library"]) == ("select :one", "sqlalchemy")


def test_django_counts_once_whatever_is_below(postgres: Postgres, record: Record) -> None:
    needs("psycopg")
    recorded, _ = seen_by(postgres, record, DJANGO)
    own = [call for call in recorded.calls if call["library"] == "django"]
    assert [call["text"].partition(" ")[0] for call in own[-4:]] == [
        "create",
        "insert",
        "select",
        "select",
    ]
    assert own[-2]["rows"] == 1
    assert own[-1]["error"].startswith("ProgrammingError: relation")


COPIED = """
import datetime, decimal, uuid
import django
import psycopg, psycopg2, psycopg2.extras
from django.conf import settings
from sqlalchemy import create_engine, text

KINDS = ["text", "text", "text", "bool", "int", "float8", "numeric", "date", "timestamptz", "uuid"]
VALUES = ["it's", "back\\\\slash\\n%s ? :a0 \\x1b'", None, True, -5, 1.5, decimal.Decimal("1.50"),
          datetime.date(2026, 1, 2),
          datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone.utc), uuid.UUID(int=7)]
PLAIN = "select concat_ws('|', '50%%', 7-%s::int, " + ", ".join(f"%s::{kind}" for kind in KINDS)

def prepare():
    settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": port,
        "USER": "devtui", "NAME": "postgres"}}, INSTALLED_APPS=[], USE_TZ=True)
    django.setup()
    psycopg2.extras.register_uuid()

def main():
    place = dict(host="127.0.0.1", port=port, user="devtui", dbname="postgres")
    found = []
    for library in (psycopg, psycopg2):
        cursor = library.connect(**place).cursor()
        cursor.execute(PLAIN + ", %s::bytea, %s::int[])", [-1, *VALUES, b"\\0\\xff'", [1, 2]])
        found.append(cursor.fetchone()[0])
        names = "select concat_ws('|', %(a)s::text, %(b)s::text, %(a)s::text)"
        cursor.execute(names, {"a": "it's", "b": "%"})
        found.append(cursor.fetchone()[0])
    with django.db.connection.cursor() as cursor:
        cursor.execute(PLAIN + ")", [-1, *VALUES])
        found.append(cursor.fetchone()[0])
    for driver in ("psycopg", "psycopg2"):
        engine = create_engine(f"postgresql+{driver}://devtui@127.0.0.1:{port}/postgres")
        places = ", ".join(f"cast(:a{at} as {kind})" for at, kind in enumerate(KINDS))
        with engine.connect() as db:
            words = text(f"select concat_ws('|', '50%', {places})")
            found.append(db.execute(words, {f"a{n}": it for n, it in enumerate(VALUES)}).scalar())
    return found
"""


def test_psql_gives_the_same_for_the_copied_statements(postgres: Postgres, record: Record) -> None:
    needs("psycopg", "psycopg2")
    psql = tool("psql", "postgresql-client")
    recorded = record(COPIED, port=postgres.port)
    calls = [Call(**{**call, "stack": ()}) for call in recorded.calls]
    texts = [statement_of(call) for call in calls if "concat_ws" in call.text]
    assert len(texts) == len(recorded.result)
    place = ["-h", "127.0.0.1", "-p", str(postgres.port), "-U", "devtui", "postgres"]
    for text, wanted in zip(texts, recorded.result, strict=True):
        done = subprocess.run(
            [psql, "-XAt", *place], input=text, capture_output=True, text=True, timeout=SECONDS
        )
        assert done.stdout == f"{wanted}\n", f"{text}\n{done.stderr}"
