"""The line of a call that comes from a function of the user's, which a library may call."""

from __future__ import annotations

import pytest

from tests.server.tracing.conftest import Record, needs
from tests.support.projects import app_source

APP = app_source("calls/callbacks.py")


@pytest.mark.parametrize("kind", ["sqlite3", "sqlalchemy"])
def test_who_calls_a_function_in_turn_with_a_librarys(record: Record, kind: str) -> None:
    needs(kind)
    calls = [call for call in record(APP, kind=kind).calls if call["text"] == "select ?"]
    assert [call["line"] for call in calls] == [28, 15] * 20 + [30, 15] * 20
