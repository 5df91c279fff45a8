"""What control says about the calls of requests."""

import asyncio
import json
from typing import Any, cast

import msgspec
import pytest

from devtui.control.attached.dashboards import Dashboards
from devtui.control.client import tables
from devtui.control.client.mcp.brevity import shorten
from devtui.control.news import News
from devtui.control.verbs.every import VERBS
from devtui.control.verbs.verb import VerbCall
from devtui.session.session import Session
from tests.support.fakes import CUSTOMER_SQL, FakeSession, called, finished, n_plus_one, started


@pytest.fixture
def session() -> FakeSession:
    fake = FakeSession()
    few = (called("GET /x?token=abc", kind="http", ms=900),)
    fake.feed(*n_plus_one(1), started(2, "/few"), finished(2, "/few", calls=few))
    return fake


def ask(session: FakeSession, name: str, **arguments: Any) -> Any:
    async def no_items(item: object) -> None:
        raise AssertionError(item)

    async def answer() -> object:
        verb = VERBS[name]
        read = msgspec.convert(arguments, verb.arguments)
        nobody = cast(Dashboards, None)
        call = VerbCall(cast(Session, session), cast(News, None), read, "tests", no_items, nobody)
        return await verb.answer(call)

    return msgspec.json.decode(msgspec.json.encode(asyncio.run(answer())))


def test_calls_are_grouped_over_all_requests(
    session: FakeSession, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ask(session, "calls")
    assert [one["kind"] for one in found["calls"]] == ["http", "sql", "http", "template", "sql"]
    assert found["total"] == 5
    assert "abc" not in str(found)
    assert "abc" in str(ask(session, "calls", reveal=True, last=1))
    repeats = ask(session, "calls", repeats=True)
    [one] = repeats["calls"]
    assert (one["text"], one["file"], one["line"]) == (CUSTOMER_SQL, "/project/shop/views.py", 88)
    assert (one["most_in_one_request"], one["request_id"], one["duplicates"]) == (41, "r1", 11)
    tables.calls(repeats)
    _, row = capsys.readouterr().out.splitlines()
    assert row.startswith("41x   41     82.0 ms  r1       sql   SELECT customers.id")
    assert row.endswith("/project/shop/views.py:88")


def test_a_request_has_its_calls_and_repeats(
    session: FakeSession, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ask(session, "request", id="r1")
    assert len(found["calls"]) == 44
    assert found["calls"][0]["rows"] == 41
    assert found["call_totals"][0] == {"kind": "sql", "count": 42, "duration_ms": 91.0}
    [repeat] = found["repeated_calls"]
    assert (repeat["count"], repeat["duplicates"], repeat["line"]) == (41, 11, 88)
    tables.request(found)
    assert "41 x SELECT customers.id" in capsys.readouterr().out
    # An agent reads the repeats once, and not each of their calls.
    short = json.loads(shorten("request", found))
    assert len(short["calls"]) == 3
    assert short["repeated_calls"][0]["count"] == 41


def test_rows_say_how_many_calls_there_were(session: FakeSession) -> None:
    [row] = ask(session, "requests", filter="sql>10")["requests"]
    assert (row["id"], row["repeats"], row["call_totals"][0]["count"]) == ("r1", 41, 42)
