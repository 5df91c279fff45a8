"""What devtui tells of old code, and how it asks for the app, in a real terminal."""

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
