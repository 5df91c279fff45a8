"""Which request a call belongs to, how many are kept, and what is told of them."""

from __future__ import annotations

import enum
from array import array
from datetime import date
from decimal import Decimal

import pytest

from devtui.server.tracing.parameters import MAX_MEMBERS, kept, text_of
from devtui.server.tracing.request_calls import MAX_CALLS, MAX_STACKS, MAX_TEXT
from devtui.text.formats import cut
from devtui.text.secrets import MASK
from tests.server.tracing.conftest import Record
from tests.support.projects import app_source


def test_threads_and_pools_belong_to_the_request_that_started_them(record: Record) -> None:
    recorded = record(app_source("calls/threads_and_pools.py"))
    assert sorted(recorded.texts) == ["select 'nested'", "select 'pool'", "select 'thread'"]


def test_the_first_calls_are_kept_and_all_are_counted(record: Record) -> None:
    recorded = record(
        """
        import sqlite3

        def main():
            db = sqlite3.connect(":memory:")
            for number in range(1500):
                db.execute("select ?", (number,))
    """
    )
    assert recorded.totals == {"sql": 1500}
    assert len(recorded.calls) == MAX_CALLS
    assert [call["parameters"] for call in recorded.calls[:3]] == ["(0,)", "(1,)", "(2,)"]
    starts = [call["start_ms"] for call in recorded.calls]
    assert starts == sorted(starts)
    assert [bool(call["stack"]) for call in recorded.calls].count(True) == MAX_STACKS
    assert {call["line"] for call in recorded.calls} == {7}


def test_calls_that_a_finaliser_makes_are_counted_too(record: Record) -> None:
    recorded = record(app_source("calls/finaliser.py"))
    assert recorded.totals == {"sql": 600}


@pytest.mark.parametrize(
    ("parameters", "statement", "shown"),
    [
        (None, "select 1", ""),
        ((), "select 1", ""),
        ({}, "select 1", ""),
        ((), "select '50%%'", "()"),
        ((1, "a", None, 2.5, True), "select ?", "(1, 'a', None, 2.5, True)"),
        ({"id": 1, "api_key": "k"}, "...", "{'id': 1, 'api_key': ••••••••}"),
        ((1, "s"), "update users set password = ?", "(1, ••••••••)"),
        (("s", "al"), "update u set password = ? where name = ?", "(••••••••, 'al')"),
        (("al",), "select password_hash from users where users.name = %s", "('al',)"),
        (("al", "s"), "insert into u (name, secret) values (%s, %s)", "('al', ••••••••)"),
        (("al", "s"), "select * from f(?, ?, token)", "(••••••••, ••••••••)"),
        ([("al", "s")], "insert into u (name, pin) values (?, ?)", "[('al', ••••••••)]"),
        (
            {"to": "s", "n": "al"},
            "update u set pin = :to, name = :n",
            "{'to': ••••••••, 'n': 'al'}",
        ),
        ([{"to": "s"}], 'update u set "pin" = %(to)s', "[{'to': ••••••••}]"),
        (
            {"a": "al", "b": "s"},
            "insert into u (name, pin) values ($a, @b)",
            "{'a': 'al', 'b': ••••••••}",
        ),
        (
            {"a": "al", "p": "s"},
            "insert into u (name, password) values (:a, lower(:p))",
            "{'a': 'al', 'p': ••••••••}",
        ),
        (
            {"given": "s", "id": "al"},
            "select 1 from u where password = crypt(:given, password) and id = :id",
            "{'given': ••••••••, 'id': 'al'}",
        ),
        (
            {"a": "s", "b": "s", "c": "al"},
            "select 1 from u where :a = password or pin in (:b) or name = :b and name = :c",
            "{'a': ••••••••, 'b': ••••••••, 'c': 'al'}",
        ),
        (
            {"a": "al", "b": "s"},
            "insert into u (name, pin) values ((select name from v where pin = :b), :a)",
            "{'a': ••••••••, 'b': ••••••••}",
        ),
        ({"v": "s"}, "update settings set value = :v where name = 'api_key'", "{'v': ••••••••}"),
        (
            ("s", "x", "al"),
            "insert into u (pin, name) values (? || ?, ?)",
            "(••••••••, ••••••••, 'al')",
        ),
        (("al", "s"), "insert into u (pin, name) values ($2, $1)", "('al', ••••••••)"),
        (
            ("al", "s", "bo", "t"),
            "insert into u (name, pin) values (?, ?), (?, ?)",
            "('al', ••••••••, 'bo', ••••••••)",
        ),
        (
            ("s", "al"),
            "select 1 from u where note = 'a = ?' and pin = ? and name = ?",
            "(••••••••, ••••••••)",
        ),
        (("s", "al"), "select 1 from u where pin not like ? or name = ?", "(••••••••, 'al')"),
        (("s", "al"), "select 1 from u where pin::text = %t or name = %s", "(••••••••, 'al')"),
        (("s",), "select 1 from u where pin collate nocase = ?", "(••••••••,)"),
        (("s", "al"), "update u set pin = :p where name = ?", "(••••••••, ••••••••)"),
        (
            ("al", "bo", "s"),
            "select 1 from u where name in (?, ?) and pin = ?",
            "('al', 'bo', ••••••••)",
        ),
        (
            (["al"], ["s"]),
            "select 1 from u where name = any(%s) and pin = any(%s)",
            "(['al'], ••••••••)",
        ),
        (
            ("al",),
            'select "u"."pin" from "u" where ("u"."name" LIKE %s ESCAPE \'\\\')',
            "('al',)",
        ),
        (
            (1, '{"password": "s", "name": "al"}'),
            "insert into sessions values (?, ?)",
            """(1, '{"password": "••••••••", "name": "al"}')""",
        ),
        (
            {"data": b'[{"pin": "s"}]'},
            "insert into sessions (data) values (:data)",
            """{'data': b'[{"pin": "••••••••"}]'}""",
        ),
        (
            [(1, f'{{"token": "s", "text": "{"x" * 600}"}}')],
            "insert into sessions values (?, ?)",
            f"""[(1, '{{"token": "••••••••", "text": "{"x" * 476}'... (626 characters))]""",
        ),
        (
            ('\ufeff{"pin": "s"}', b'\xef\xbb\xbf{"pin": "s"}', r'{"a": "{\"pin\": \"s\"}"}'),
            "insert into sessions values (?, ?, ?)",
            r"""('\ufeff{"pin": "••••••••"}', b'\ufeff{"pin": "••••••••"}', """
            r"""'{"a": "{\\"pin\\": \\"••••••••\\"}"}')""",
        ),
        (
            ('[["pin", "s"], ["a", "al"]]', '[{"name": "pin", "value": "s"}]'),
            "insert into events values (?, ?)",
            """('[["pin", "••••••••"], ["a", "al"]]', '[{"name": "pin", "value": "••••••••"}]')""",
        ),
        (
            {"form": [("pin", "s"), [b"auth", b"s"], ("name", "al"), ("new pin", 1)]},
            "set",
            "{'form': [('pin', ••••••••), [b'auth', ••••••••], ('name', 'al'), ('new pin', 1)]}",
        ),
        (
            [{"name": "pin", "value": "s"}, {"name": "a", "value": "al"}],
            "insert settings",
            "[{'name': 'pin', 'value': ••••••••}, {'name': 'a', 'value': 'al'}]",
        ),
        (
            ("s", "al"),
            "update wp_options set option_value = ? where option_name = 'api_key' and x_id = ?",
            "(••••••••, 'al')",
        ),
        (("s",), "update auth set v = ? where n = 'password'", "(••••••••,)"),
        (("al", "s"), "insert into secrets (name, payload) values (?, ?)", "('al', ••••••••)"),
        (("al", "s"), "insert into app.tokens (user_id, v) values (?, ?)", "('al', ••••••••)"),
        (("s", "al"), 'update "auth_user" set "password" = %s, "city" = %s', "(••••••••, 'al')"),
        (("s",), "ALTER USER x IDENTIFIED BY ?", "(••••••••,)"),
        (("s",), "select 1 from users as u, app.secrets s where v = ?", "(••••••••,)"),
        (("al",), "select pin from users as u, app.orders s where v = ?", "('al',)"),
        ((1, "al", "s"), "insert into users values (?, ?, ?)", "(1, ••••••••, ••••••••)"),
        ({"a": "s"}, 'replace "my_account" as x values (:a)', "{'a': ••••••••}"),
        (("al",), "insert into users (name) values (?)", "('al',)"),
        (("al",), "insert into user_orders values (?)", "('al',)"),
        (
            [("token", "s"), ("mode", "al")],
            "insert into settings (name, value) values (?, ?)",
            "[('token', ••••••••), ('mode', 'al')]",
        ),
        (("s", "api_key"), "update x set value = $1 where n = $2", "(••••••••, 'api_key')"),
        (
            {"v": "s", "n": "pin"},
            "insert into settings (n, opt_val) values (:n, :v)",
            "{'v': ••••••••, 'n': 'pin'}",
        ),
        (
            ("al", "bo", "cy", "di", "s", "t"),
            "select pin from u where a between ? and ? and b like binary ? and upper(c::text) "
            "like upper(?) and pin between ? and ?",
            "('al', 'bo', 'cy', 'di', ••••••••, ••••••••)",
        ),
        (("x" * 2000,), "select ?", f"('{'x' * 500}'... (2,000 characters),)"),
        (b"\0" * 5, "", "b'\\x00\\x00\\x00\\x00\\x00'"),
        (range(3), "", "<range>"),
        ((Decimal("1.5"), date(2026, 1, 2)), "", "(Decimal('1.5'), datetime.date(2026, 1, 2))"),
    ],
)
def test_parameters_are_bounded_and_masked(parameters: object, statement: str, shown: str) -> None:
    assert text_of(kept(parameters), statement) == shown


def test_what_a_cut_statement_may_have_named_a_secret_is_masked() -> None:
    cut_off = cut(f"select 1 from u where name = ? and {'x' * MAX_TEXT} = ?", MAX_TEXT)
    assert text_of(kept(("al", "s")), cut_off) == "('al', ••••••••)"


@pytest.mark.parametrize("row", [("al", "s"), ["al", "s"], {"name": "al", "pin": "s"}])
def test_the_rows_are_masked_if_more_than_are_kept_are_given(row: object) -> None:
    shown = text_of(kept([row] * 60), "insert into u (name, pin) values (?, ?)")
    assert "'s'" not in shown
    assert shown.count(MASK) >= 50
    assert shown.endswith("... (10 more)]")


def test_what_no_secret_is_in_is_not_masked() -> None:
    given = ["s"] * 50 + ["al"] * 10_000
    statement = f"select 1 from u where pin in ({', '.join('?' * len(given))})"
    assert text_of(kept(given), statement).endswith("••••••••, ... (10,000 more)]")


def test_texts_of_a_librarys_own_type_are_texts() -> None:
    class Name(str):  # as SQLAlchemy's of columns, Django's of safe texts, and members of an enum
        __slots__ = ()

        def __str__(self) -> str:
            raise RuntimeError

        __repr__ = __str__

    given = {Name("name"): Name("x" * 501), Name("password"): Name("geheim")}
    shown = f"{{'name': '{'x' * 500}'... (501 characters), 'password': ••••••••}}"
    assert text_of(kept(given)) == shown


def test_numbers_of_a_librarys_own_type_are_numbers() -> None:
    class Level(enum.IntEnum):
        HIGH = 3

    class Int4(int):  # as psycopg's, which Django gives it
        def __int__(self) -> int:
            raise RuntimeError

        __repr__ = __index__ = __int__  # type: ignore[assignment]

    class Seconds(float):
        def __float__(self) -> float:
            raise RuntimeError

        __repr__ = __float__  # type: ignore[assignment]

    assert text_of(kept((Level.HIGH, Int4(5), Seconds(1.5), True))) == "(3, 5, 1.5, True)"


def test_views_of_bytes_are_shown_as_far_as_bytes_are() -> None:
    released = memoryview(b"")
    released.release()
    views = memoryview(b"ab"), memoryview(array("i", [1])), memoryview(b"x" * 501), released
    assert text_of(kept(views)) == (
        f"(memoryview(b'ab'), memoryview({bytes(array('i', [1]))!r}), "
        f"memoryview({b'x' * 500!r}... (501 bytes)), <memoryview>)"
    )
    assert text_of(kept((memoryview(b""),))) == "(memoryview(b''),)"
    json = memoryview(b'{"password": "geheim"}')
    assert "geheim" not in text_of(kept((json,)))
    assert text_of(kept((json,)), "insert into t (password) values (?)") == f"({MASK},)"


def test_secrets_are_masked_within_the_classes_of_drivers() -> None:
    psycopg_json = pytest.importorskip("psycopg.types.json")
    given = [psycopg_json.Jsonb({"password": "geheim", "n": [1]}), psycopg_json.Json("geheim")]
    assert text_of(kept(given[:1])) == f"[Jsonb({{'password': {MASK}, 'n': [1]}})]"
    assert text_of(kept(given[1:]), "update t set password = %s") == f"[{MASK}]"


def test_no_code_of_a_parameter_runs_and_what_changes_later_is_not_seen() -> None:
    class Hostile:
        def __repr__(self) -> str:
            raise SystemExit

        __iter__ = __len__ = __hash__ = __eq__ = __repr__  # type: ignore[assignment]

    class Sly(dict[str, object]):
        def items(self) -> object:  # type: ignore[override]
            raise SystemExit

    given: dict[str, object] = {"one": [1, Hostile()], "two": Sly(x=Hostile())}
    copied = kept(given)
    given.clear()
    name = "test_no_code_of_a_parameter_runs_and_what_changes_later_is_not_seen.<locals>.Hostile"
    assert text_of(copied) == f"{{'one': [1, <{name}>], 'two': {{'x': <{name}>}}}}"
    assert text_of(kept(list(range(1000)))).endswith(f", ... ({1000 - MAX_MEMBERS} more)]")
