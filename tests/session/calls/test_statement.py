"""Statements that are copied: a client of the database accepts them."""

import datetime
import math
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from devtui.events import Call
from devtui.server.tracing.recorder import plain_text
from devtui.server.tracing.request_calls import MAX_TEXT
from devtui.session.calls.statement import statement_of
from devtui.text.formats import cut
from devtui.text.sanitize import pasteable
from devtui.text.secrets import MASK


def sql(text: str, parameters: object = "", library: str = "sqlite3", database: str = "") -> Call:
    shown = parameters if isinstance(parameters, str) else repr(parameters)
    return Call(
        kind="sql",
        library=library,
        database=database,
        text=text,
        parameters=shown,
        start_ms=0,
        duration_ms=1,
    )


def zone(hours: int) -> datetime.tzinfo:
    return datetime.timezone(datetime.timedelta(hours=hours))


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("SELECT ?, ?, ?, ?", (1, "it's", None, -2.5)),
        ("SELECT ?, '?' -- why?\n, ?", ("a\\b", b"\x00\xff")),
        ('SELECT 3-?, "a?", ? FROM (SELECT 1 AS "a?")', (-1, "?")),
        ("SELECT :one, :two, ':one' /* :two */", {"one": "é\n", "two": 2}),
        ("SELECT ?2, ?1", ("first", "second")),
        ("SELECT ?, ?", ("nul\0", "a\r\n\x1b[1m\u202e")),
        ("SELECT ?, ?", (True, False)),
        ("SELECT [a:b], ['], :c FROM (SELECT 1 AS [a:b], 2 AS ['])", {"c": "x"}),
    ],
)
def test_sqlite_gives_the_same_for_the_copied_statement(text: str, parameters: Any) -> None:
    copied = statement_of(sql(text, parameters))
    with closing(sqlite3.connect(":memory:")) as database:
        assert pasteable(copied) == copied
        wanted = database.execute(text, parameters).fetchall()
        assert database.execute(copied).fetchall() == wanted
    assert copied.rstrip().endswith(";")


@pytest.mark.parametrize(
    ("parameters", "values"),
    [
        ("(memoryview(b'a\\x00'), inf, -inf)", (b"a\0", math.inf, -math.inf)),
        ("(nan,)", (math.nan,)),
    ],
)
def test_sqlite_gives_the_same_for_what_it_has_no_literal_for(
    parameters: str, values: tuple[object, ...]
) -> None:
    text = "SELECT " + ", ".join("?" * len(values))
    with closing(sqlite3.connect(":memory:")) as database:
        wanted = database.execute(text, values).fetchall()
        assert database.execute(statement_of(sql(text, parameters))).fetchall() == wanted


@pytest.mark.parametrize(
    ("text", "parameters", "library", "wanted"),
    [
        ("SELECT %s::text, '50%%'", ("a\\b",), "psycopg", "SELECT 'a\\b'::text, '50%';"),
        ("SELECT %s", ("a\\b",), "pymysql", "SELECT 'a\\\\b';"),
        ("SELECT %(a)s, %(b)s", {"a": 1, "b": None}, "psycopg2", "SELECT 1, NULL;"),
        ("SELECT $1, $2", (1, "x"), "sqlalchemy", "SELECT 1, 'x';"),
        ("SELECT x = ANY(%s)", ([1, 2],), "psycopg", "SELECT x = ANY(ARRAY[1, 2]);"),
        ("SELECT x IN %s", ((1, 2),), "psycopg2", "SELECT x IN (1, 2);"),
        ("SELECT %s", (b"\x01",), "psycopg", "SELECT '\\x01'::bytea;"),
        (
            "SELECT E'it\\'s', $$'%s$$, %s",
            ("\r\\",),
            "psycopg",
            "SELECT E'it\\'s', $$'%s$$, E'\\U0000000d\\\\';",
        ),
        ("SELECT 1 -- one", "", "django", "SELECT 1 -- one\n;"),
        ("SELECT %b, %t", (b"\1", "x"), "psycopg", "SELECT '\\x01'::bytea, 'x';"),
        ("SELECT %(a)b", {"a": b"\1"}, "psycopg", "SELECT '\\x01'::bytea;"),
        (
            "SELECT ?, ?2, ?",
            (1, 2, 3),
            "sqlite3",
            "SELECT ?, ?2, ?;\n-- devtui found no placeholders for the parameters: (1, 2, 3)",
        ),
        (
            "SELECT %s, %s",
            (Decimal("1.50"), datetime.date(2026, 1, 2)),
            "django",
            "SELECT 1.50, '2026-01-02';",
        ),
        (
            "SELECT %s, %s, %s",
            (
                datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone.utc),
                datetime.datetime(2026, 1, 2, tzinfo=zone(-5)),
                datetime.time(1, 2, tzinfo=zone(1)),
            ),
            "django",
            "SELECT '2026-01-02 03:04:00+00:00', '2026-01-02 00:00:00-05:00', '01:02:00+01:00';",
        ),
        (
            "SELECT %s, %s",
            (
                datetime.timedelta(days=1, seconds=5, microseconds=7),
                datetime.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
            ),
            "psycopg",
            "SELECT '1 days 5.000007 seconds'::interval, '2026-10-25 02:30:00+01:00'::timestamptz;",
        ),
        ("SELECT %s", (datetime.timedelta(1, 5, 7),), "pymysql", "SELECT '24:00:05.000007';"),
        ("SELECT %s", "(Jsonb({'a': None}),)", "psycopg", "SELECT '{\"a\": null}'::jsonb;"),
        (
            "INSERT INTO t VALUES (?, ?)",
            [(1, "a"), (2, "b")],
            "sqlite3",
            "INSERT INTO t VALUES (1, 'a');\n-- sent with 2 sets of parameters; this is the first",
        ),
    ],
)
def test_placeholders_of_each_style(text: str, parameters: Any, library: str, wanted: str) -> None:
    assert statement_of(sql(text, parameters, library)) == wanted


@pytest.mark.parametrize(
    ("library", "database", "copied"),
    [
        ("psycopg", "", "SELECT 7 % 2;"),
        ("pymysql", "", "SELECT 7 % 2;"),
        ("django", "sqlite", "SELECT 7 % 2;"),
        ("sqlalchemy", "mariadb", "SELECT 7 % 2;"),
        ("sqlalchemy", "sqlite", "SELECT 7 %% 2;"),
        ("sqlite3", "", "SELECT 7 %% 2;"),
    ],
)
def test_percent_signs_without_parameters(library: str, database: str, copied: str) -> None:
    assert statement_of(sql("SELECT 7 %% 2", (), library, database)) == copied
    assert statement_of(sql("SELECT 7 %% 2", "", library, database)) == "SELECT 7 %% 2;"


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        (f"('ada', '{MASK}')", "secrets in the parameters are masked"),
        ("('ada', 'xxxxxxx…", "the parameters were cut"),
        ("('ada', ...)", "the parameters were cut"),
        ("('ada', <object object at 0x7f>)", "not simple values"),
        ("('ada',)", "found no placeholders for the parameters"),
        ("('a', float('nan'))", "not simple values"),
        ("(datetime.timedelta(days=x),)", "not simple values"),
        (
            "(datetime.datetime(2026, 1, 2, tzinfo=zoneinfo.ZoneInfo(key='No/where')),)",
            "not simple",
        ),
        ("(Jsonb({'a': <list>}),)", "not simple values"),
        ("(Jsonb({'a': datetime.date(2026, 1, 2)}),)", "not simple values"),
        ("(IPv4Address('1.2.3'),)", "not simple values"),
        ("(datetime.date(),)", "not simple values"),
        ("({[]: 1},)", "not simple values"),
        ("('a', 'lone \\ud800')", "no client accepts"),
        ("(" * 50_000, "not simple values"),
    ],
)
def test_what_cannot_be_filled_in_is_said_in_a_comment(parameters: Any, why: str) -> None:
    text = "UPDATE users SET name = ?, password = ?"
    first, comment = statement_of(sql(text, parameters)).split("\n")
    assert first == text + ";"
    assert comment.startswith("-- ")
    assert why in comment


def test_ten_thousand_parameters_are_filled_in() -> None:
    text = f"SELECT * FROM t WHERE id IN ({', '.join('?' * 10_000)})"
    copied = statement_of(sql(text, tuple(range(10_000))))
    assert copied == f"SELECT * FROM t WHERE id IN ({', '.join(map(str, range(10_000)))});"


@pytest.mark.parametrize("form", [str, str.encode])
def test_a_statement_that_was_cut_says_so(form: Callable[[str], object]) -> None:
    text = cut(plain_text(form(f"SELECT {'%s, ' * 100_000} 1")), MAX_TEXT)
    assert len(text) == MAX_TEXT
    assert statement_of(sql(text, (1,))) == f"-- the statement was cut\n{text}"


def test_a_backslash_is_not_copied_where_nobody_knows_what_it_means() -> None:
    call = sql("SELECT %s", ("a\\b",), "sqlalchemy")
    assert statement_of(call).startswith("SELECT %s;\n-- databases read the backslashes")
    assert statement_of(sql("SELECT %s", ("a\\b",), "django", "mysql")) == "SELECT 'a\\\\b';"
    assert statement_of(sql("SELECT %s", ("a\\b",), "django", "oracle")) == "SELECT 'a\\b';"


@pytest.mark.parametrize("database", ["mssql", "microsoft"])
def test_texts_of_sql_server(database: str) -> None:
    call = sql("SELECT %s, %s", ("日本's", "a\\b"), "django", database)
    assert statement_of(call) == "SELECT N'日本''s', 'a\\b';"
    call = sql("SELECT %s", ("a\\\nb",), "django", database)
    assert statement_of(call).startswith("SELECT %s;\n-- the database joins lines")


def test_lists_of_asyncpg_are_arrays() -> None:
    call = sql("SELECT $1::INTEGER[], $2::DATE[]", ([1, 2], []), "sqlalchemy", "postgresql")
    assert statement_of(call) == "SELECT ARRAY[1, 2]::INTEGER[], '{}'::DATE[];"


@pytest.mark.parametrize("database", ["cockroachdb", ""])
@pytest.mark.parametrize("parameters", [(["a"],), [["a"]]])
def test_a_list_that_may_be_an_array_is_no_set_of_parameters(
    parameters: Any, database: str
) -> None:
    call = sql("SELECT x = ANY(%s)", parameters, "django", database)
    assert statement_of(call).startswith("SELECT x = ANY(%s);\n-- the parameters were cut, or")
    several = sql("SELECT %s, %s", [[1, "a"]], "django", database)
    assert statement_of(several) == "SELECT 1, 'a';"


def test_other_calls_are_copied_as_they_are() -> None:
    found = sql("find orders", {"total": 1}, "pymongo")
    assert statement_of(found) == "find orders {'total': 1}"
    call = Call(kind="http", library="requests", text="GET /a?b=%s", start_ms=0, duration_ms=1)
    assert statement_of(call) == "GET /a?b=%s"
