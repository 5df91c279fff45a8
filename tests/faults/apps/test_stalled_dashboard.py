"""A suspended dashboard: the server answers requests, and lost events are reported."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.support.client import get
from tests.support.terminal.dashboard_page import wait_serving
from tests.support.terminal.starter import Devtui

pytestmark = pytest.mark.e2e

# Each page adds 32 KiB to the queue for the dashboard, which soon reaches its limit of 8 MiB.
APP = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "40000")])
    return [b"x" * 40_000]
"""
ENOUGH = 300


def test_a_suspended_dashboard_blocks_no_request_and_reports_dropped_events(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    (tmp_path / "pages.py").write_text(APP, encoding="utf-8")
    terminal = devtui("pages", "--port", free_port)
    wait_serving(terminal, free_port)
    terminal.send_signal(signal.SIGSTOP)
    try:
        for number in range(ENOUGH):
            page = get(f"http://127.0.0.1:{free_port}/page/{number}", timeout=20)
            assert (page.status, len(page.body)) == (200, 40_000)
    finally:
        terminal.send_signal(signal.SIGCONT)
    told = terminal.wait_for(re.compile(r"([\d,]+) events were lost"), timeout=30)
    assert 0 < int(told[1].replace(",", "")) < 2 * ENOUGH
    # It continues: new requests get rows, and the note about the loss stays.
    get(f"http://127.0.0.1:{free_port}/page/{ENOUGH}")
    terminal.wait_for(f"/page/{ENOUGH}")
    assert "events were lost" in terminal.text(), terminal.framed()
    # No request seems to run for ever because its end was dropped.
    terminal.wait_gone("···")
    terminal.press("q")
    terminal.expect_exit(0)
