"""Commands of pymongo.

Neither Debian nor the package index has a MongoDB server. So a server of a few lines speaks its
protocol over a real connection, and all above that is pymongo's own.
"""

from __future__ import annotations

from devtui.text.secrets import MASK
from tests.server.tracing.conftest import Record, needs
from tests.support.projects import app_source

MONGO = app_source("calls/mongo.py")


def test_pymongo(record: Record) -> None:
    needs("pymongo")
    recorded = record(MONGO)
    assert recorded.result == [[{"n": 1}], 3, 59, 59, [{"n": 1}, {"n": 2}], True, {"n": 1}]
    assert [(call["text"], call["error"], call["rows"]) for call in recorded.calls] == [
        ("find orders", "", None),
        ("count orders", "", 3),
        ("nonsense", "no such command", None),
        ("findAndModify orders", "no such command", None),
        ("aggregate orders", "", None),
        ("getMore orders", "", None),
        ("insert orders", f'dup key: {{ token: "{MASK}" }}', 0),
        ("find orders", "", None),
    ]
    shown = recorded.calls[0]["parameters"]
    assert shown == "{'filter': {'password': ••••••••, 'n': {'$gt': 0}}}"
    shown = recorded.calls[3]["parameters"]
    assert "{'auth': ••••••••}" in shown
    assert "{'$set': {'password': ••••••••, 'n': 2}}" in shown
    assert [call["stack"][-1][1] for call in recorded.calls] == ["main"] * 7 + ["ask"]


def test_commands_without_an_answer_keep_no_others_from_being_recorded(record: Record) -> None:
    assert record(app_source("calls/unanswered_commands.py")).totals == {"sql": 1}
