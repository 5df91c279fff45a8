"""The row beside the list, zoom, the pulse, and what devtui tells, in a real terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.client import get
from tests.support.terminal.dashboard_page import BARE, wait_serving
from tests.support.terminal.starter import Devtui

pytestmark = pytest.mark.e2e

SHOP = """\
from flask import Flask

server = Flask(__name__)

@server.get("/")
def index():
    cart = {"owner": "ada", "items": [{"name": "tea", "price": 5}, {"name": "cup", "price": 7}]}
    return str(cart["total"])
"""


def test_a_wide_terminal_shows_the_selected_row(
    devtui: Devtui, tmp_path: Path, free_port: int
) -> None:
    (tmp_path / "hello.py").write_text(BARE)
    terminal = devtui("hello", "--port", free_port, size=(200, 50))
    url = wait_serving(terminal, free_port)
    get(f"{url}/?page=2")
    terminal.wait_for("GET /?page=2 ─")
    terminal.wait_for("served by   generation 1")
    terminal.wait_for("/s  slowest")
    terminal.press("z")
    terminal.wait_gone("served by   generation 1")
    terminal.wait_gone("2 Log")
    terminal.press("z")
    terminal.wait_for("served by   generation 1")
    terminal.press("q")
    terminal.expect_exit(0)


def test_a_structure_of_an_error_unfolds(devtui: Devtui, tmp_path: Path, free_port: int) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    terminal = devtui("shop:server", "--port", free_port, size=(120, 40))
    url = wait_serving(terminal, free_port)
    assert get(url).status == 500
    terminal.wait_for("KeyError")
    terminal.press("4", "enter")
    terminal.wait_for("▸ cart")  # at once, since there is room
    terminal.click_on("▸ cart", times=2)
    terminal.wait_for("▾ cart")
    terminal.wait_for("▸ items")
    terminal.wait_for("owner  'ada'")
    terminal.press("escape")
    terminal.wait_for("1 Requests")
    terminal.press("q")
    terminal.expect_exit(0)


def test_a_save_without_the_reloader_says_that_the_code_is_old(
    devtui: Devtui, tmp_path: Path, free_port: int
) -> None:
    source = tmp_path / "hello.py"
    source.write_text(BARE)
    terminal = devtui("hello", "--port", free_port, "--no-debug")
    url = wait_serving(terminal, free_port)
    source.write_text(BARE.replace("Hello, World!", "Hello, again!"))
    terminal.wait_for("hello.py was saved: r restarts with the new code")
    terminal.wait_for("the running code is older")
    assert "World" in get(url).text
    terminal.press("r")
    terminal.wait_gone("hello.py was saved: r restarts")
    assert "again" in get(url).text
    terminal.press("q")
    terminal.expect_exit(0)


def test_without_an_app_a_name_is_offered(devtui: Devtui, tmp_path: Path, free_port: int) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    terminal = devtui("--port", free_port, size=(80, 24))
    terminal.wait_for("Which app?")
    terminal.wait_for("Found here: shop:server")
    terminal.press("enter")
    url = wait_serving(terminal, free_port)
    assert get(url).status == 500
    terminal.press("q")
    terminal.expect_exit(0)
