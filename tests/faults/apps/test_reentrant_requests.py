"""Thousands of requests while finalisers and signal handlers interrupt our code."""

from __future__ import annotations

import re
import threading
from collections import Counter
from pathlib import Path

import pytest

from devtui.events import ErrorRaised, EventsDropped, LogWritten, RequestFinished, decode_event
from tests.support.client import get
from tests.support.processes import eventually
from tests.support.projects import APPS
from tests.support.terminal.starter import Devtui

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

APP = APPS / "reentry.py"
CLIENTS = 4
DEADLINE = 180


@pytest.mark.parametrize(
    ("requests", "options", "environment"),
    [
        pytest.param(1_000, [], {"TICK": "0.002", "GC_THRESHOLD": "300"}, id="threads"),
        pytest.param(500, [], {"TICK": "0.002", "GC_THRESHOLD": "10"}, id="much garbage"),
        pytest.param(500, ["--without-threads"], {"GC_THRESHOLD": "350"}, id="handlers that raise"),
    ],
)
def test_nothing_hangs_and_nothing_is_lost(
    devtui: Devtui,
    free_port: int,
    tmp_path: Path,
    requests: int,
    options: list[str],
    environment: dict[str, str],
) -> None:
    variables = tmp_path / "variables"
    variables.write_text("".join(f"{name}={value}\n" for name, value in environment.items()))
    process = devtui.start(
        "--json", "--no-reload", "-e", str(variables), "-p", free_port, *options, str(APP)
    )
    assert process.stdout is not None
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    assert eventually(lambda: any('"serving"' in line for line in lines), 20)
    url = f"http://127.0.0.1:{free_port}"
    statuses: Counter[int] = Counter()

    def ask(first: int) -> None:
        for number in range(first, requests, CLIENTS):
            statuses[get(f"{url}/{number}", timeout=20).status] += 1

    clients = [threading.Thread(target=ask, args=(first,), daemon=True) for first in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(DEADLINE)
        assert not client.is_alive(), f"it hangs after {statuses.total()} requests"
    told = [line for line in lines if '"server_exited"' in line]
    assert statuses == {200: requests - requests // 10, 500: requests // 10}, told
    given_back, printed = map(int, get(f"{url}/counts", timeout=20).text.split())

    def missing() -> str:
        events = [decode_event(line.encode()) for line in tuple(lines)]
        text = "\n".join(event.text for event in events if isinstance(event, LogWritten))
        finished = [event for event in events if isinstance(event, RequestFinished)]
        raised = [event for event in events if isinstance(event, ErrorRaised)]
        numbers = {
            "given back": (r"given back (\d+)", given_back),
            "printed": (r"printed (\d+)", printed),
            "asked": (r"asked (\d+)", requests),
            "logged": (r"asked for (\d+)", requests),
        }
        counts = {
            "requests": (len(finished), requests + 1),
            "errors": (sum(it.origin == "request" for it in raised), requests // 10),
            "dropped": (sum(isinstance(event, EventsDropped) for event in events), 0),
            # The timer continues, so there may be more.
            **{
                name: (len(set(map(int, re.findall(said, text))) & set(range(most))), most)
                for name, (said, most) in numbers.items()
            },
        }
        if "--without-threads" in options:  # not counted without threads: the interrupts lose some
            del counts["given back"], counts["printed"]
        return str({name: both for name, both in counts.items() if both[0] != both[1]} or "")

    assert eventually(lambda: not missing(), 20), missing()
    process.terminate()
    assert process.wait(20) == 128 + 15
