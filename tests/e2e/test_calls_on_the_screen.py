"""The calls of a request in a real terminal: its row, its timeline, a call, and a fix."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.support.client import get
from tests.support.terminal.dashboard_page import resized, wait_reload, wait_serving
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

ALL = "SELECT id, customer_id, total FROM orders ORDER BY id"
JOIN = "SELECT 1, name, total FROM orders JOIN customers ON customers.id = customer_id"


SIZES = [(80, 24), (120, 40), (200, 50)]


def test_an_n_plus_one_is_seen_opened_and_fixed(free_port: int, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port}"
    command = [sys.executable, "-m", "devtui", "--demo", "--port", str(free_port)]
    state = {"XDG_STATE_HOME": str(tmp_path)}
    with Terminal(command, cwd=tmp_path, size=SIZES[0], environment=state) as terminal:
        wait_serving(terminal, free_port, 20)
        source = re.search(r"<code>(.*?)</code>", get(url).text)
        assert source is not None
        assert get(url + "/orders").status == 200
        for size in SIZES:
            resized(terminal, size)
            terminal.wait_for("41×")
            its_calls_are_opened(terminal)
        file = Path(source[1])
        text = file.read_text().replace(ALL, JOIN)
        file.write_text(text.replace("customer(shop, customer_id)", "customer_id"))
        wait_reload(terminal, 2, "app.py")
        assert "Ada bought for 0.00" in get(url + "/orders").text
        for size in reversed(SIZES):
            resized(terminal, size)
            terminal.wait_for(re.compile(r" 1 sql .*/orders"))
            the_repeats_of_all_requests_are_opened(terminal)
            terminal.wait_for("Requests 3")
        terminal.press("ctrl+q")
        terminal.expect_exit(0)


def its_calls_are_opened(terminal: Terminal) -> None:
    terminal.press("enter")
    terminal.wait_for(re.compile(r"app .* 42 sql"))
    terminal.wait_for("41 × SELECT name FROM cus")
    terminal.press("/")
    terminal.type("customers")
    terminal.press("enter", "enter")
    terminal.wait_for("41 × sql in GET /orders")
    terminal.wait_for("34 have the parameters of an earlier one")
    terminal.press("/")
    terminal.type("(3,)")
    terminal.press("enter", "enter")
    terminal.wait_for(re.compile(r"WHERE id = \?(?s:.*)demo.*app.py:\d+  in customer"))
    for shown in ("41 × sql in GET", "timeline"):
        terminal.press("escape")
        terminal.wait_for(shown)
        terminal.press("escape")  # the search of this screen is still open
        terminal.wait_gone(re.compile(r"/ \S+ +\d+ of \d+"))
    terminal.press("escape")
    terminal.wait_for("Requests 2")


def the_repeats_of_all_requests_are_opened(terminal: Terminal) -> None:
    terminal.press("ctrl+p")
    terminal.type("repeated")
    terminal.wait_for("Repeated calls")
    terminal.press("down", "enter")
    terminal.wait_for("1 line of code, the worst first")
    terminal.wait_for(re.compile(r" 41× .* – .*SELECT name FROM"))
    terminal.press("down", "enter")  # the worst request
    terminal.wait_for("41 × SELECT name FROM cus")
    terminal.press("escape", "escape")
