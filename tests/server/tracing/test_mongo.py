"""Commands of pymongo.

Neither Debian nor the package index has a MongoDB server. So a server of a few lines speaks its
protocol over a real connection, and all above that is pymongo's own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from devtui.text.secrets import MASK
from tests.server.tracing.conftest import Record, needs
from tests.support.projects import app_source

MONGO = app_source("calls/mongo.py")


def test_pymongo(record: Record) -> None:
    needs("pymongo")
    recorded = record(MONGO)
    batches = [{"n": 1}, {"n": 2}, {"n": 3}]
    read = [[1, 2, 3], [1], [{"n": 1}], 2]
    assert recorded.result == [[{"n": 1}], 3, 59, 59, batches, True, *read, {"n": 1}]
    assert [(call["text"], call["error"], call["rows"]) for call in recorded.calls] == [
        ("find orders", "", 1),
        ("count orders", "", 3),
        ("nonsense", "no such command", None),
        ("findAndModify orders", "no such command", None),
        ("aggregate orders", "", 1),
        ("getMore orders", "", 2),
        ("insert orders", f'dup key: {{ token: "{MASK}" }}', 0),
        ("distinct orders", "", 3),
        ("find orders", "", 1),
        ("find orders", "", None),  # raw batches: to count their documents is to read them
        ("bulkWrite", "", None),
        ("find orders", "", 1),
    ]
    shown = recorded.calls[0]["parameters"]
    assert shown == "{'filter': {'password': ••••••••, 'n': {'$gt': 0}}}"
    shown = recorded.calls[3]["parameters"]
    assert "{'auth': ••••••••}" in shown
    assert "{'$set': {'password': ••••••••, 'n': 2}}" in shown
    assert [call["stack"][-1][1] for call in recorded.calls] == ["main"] * 11 + ["ask"]


@pytest.mark.parametrize(
    ("in_tasks", "tells_connections"),
    [(False, False), (False, True), (True, True)],
    ids=["threads of an old server", "threads", "tasks"],
)
def test_two_streams_at_once_do_not_swap_their_calls(
    record: Record, tmp_path: Path, in_tasks: bool, tells_connections: bool
) -> None:
    needs("pymongo")
    (tmp_path / "mongo.py").write_text(MONGO)
    source = app_source("calls/mongo_exhaust.py")
    recorded = record(source, in_tasks=in_tasks, tells_connections=tells_connections)
    assert recorded.result == {"one": [1, 2], "two": [3, 4, 5]}
    assert {call["text"]: call["rows"] for call in recorded.calls} == {
        "find one": 1,
        "find two": 1,
        "getMore one": 1,
        "getMore two": 2,
    }


def test_commands_without_an_answer_keep_no_others_from_being_recorded(record: Record) -> None:
    assert record(app_source("calls/unanswered_commands.py")).totals == {"sql": 1}
