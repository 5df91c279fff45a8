"""What the tests of recorded calls may use."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

InFork = Callable[..., Any]

PROBE = """
import sys, warnings
from devtui.server.guest.clocks import clock
from devtui.server.output.request_context import request_id

told = []
if traces:
    from devtui.server.tracing import install, recorder
    install.install(told.append)
sys.path[:0] = [folder]
import app

app.prepare()
request_id.set("1-1")
if traces:
    recorder.begin_request("1-1", clock.perf_counter())
result = app.main()
calls, totals = recorder.end_request("1-1") if traces else ((), ())
answer = {
    "result": result,
    "told": told,
    "totals": {total.kind: total.count for total in totals},
    "calls": [
        {name: getattr(call, name) for name in call.__struct_fields__ if name != "stack"}
        | {"stack": [(frame.line, frame.function) for frame in call.stack]}
        for call in calls
    ],
}
"""


class Recorded(NamedTuple):
    """What `main` of an app returned, and the calls that were recorded meanwhile."""

    result: Any
    calls: list[dict[str, Any]]
    totals: dict[str, int]

    @property
    def texts(self) -> list[str]:
        return [call["text"] for call in self.calls]


Record = Callable[..., Recorded]


@pytest.fixture
def record(in_fork: InFork, tmp_path: Path) -> Record:
    """Runs an app's `main` as a request, once with the hooks and once without.

    Both return the same, or the test fails. `prepare` runs before the request, if there is one.
    """

    def run(source: str, **names: Any) -> Recorded:
        text = "def prepare(): pass" + textwrap.dedent(source)
        (tmp_path / "app.py").write_text(text)
        answers = [
            in_fork(PROBE, folder=str(tmp_path), traces=traces, **names) for traces in (False, True)
        ]
        plain, traced = answers
        assert plain["result"] == traced["result"], "the app is not the same with the hooks"
        assert traced["told"] == []
        return Recorded(traced["result"], traced["calls"], traced["totals"])

    return run
