"""Statements of each database library, next to what the server says it was asked."""

from __future__ import annotations

import subprocess

import pytest

from devtui.events import Call
from devtui.session.calls.statement import statement_of
from devtui.text.secrets import MASK
from tests.server.tracing.conftest import Record, needs, seen_by
from tests.support.databases import SECONDS, Postgres, tool
from tests.support.projects import app_source

pytestmark = pytest.mark.e2e

PSYCOPG = app_source("calls/psycopg_cursors.py")

ASYNC = app_source("calls/psycopg_async.py")

PSYCOPG2 = app_source("calls/psycopg2_cursors.py")

SQLALCHEMY = app_source("calls/sqlalchemy_postgresql.py")

DJANGO = app_source("calls/django_postgresql.py")

DUPLICATE = app_source("calls/duplicate_entry.py")


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
    recorded = record(app_source("calls/sqlalchemy_engine_options.py"))
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


@pytest.mark.parametrize("app", ["postgresql_values", "postgresql_types"])
def test_psql_gives_the_same_for_the_copied_statements(
    postgres: Postgres, record: Record, app: str
) -> None:
    needs("psycopg", "psycopg2")
    psql = tool("psql", "postgresql-client")
    recorded = record(app_source(f"calls/{app}.py"), port=postgres.port)
    calls = [Call(**{**call, "stack": ()}) for call in recorded.calls]
    texts = [statement_of(call) for call in calls if "concat_ws" in call.text]
    assert len(texts) == len(recorded.result)
    place = ["-h", "127.0.0.1", "-p", str(postgres.port), "-U", "devtui", "postgres"]
    for text, wanted in zip(texts, recorded.result, strict=True):
        done = subprocess.run(
            [psql, "-XAt", *place], input=text, capture_output=True, text=True, timeout=SECONDS
        )
        assert done.stdout == f"{wanted}\n", f"{text}\n{done.stderr}"
