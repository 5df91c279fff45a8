"""The demo: the pages of the built-in example, and an edit of the copy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.client import get, post
from tests.support.terminal.dashboard_page import request_row, wait_reload, wait_serving
from tests.support.terminal.starter import Devtui

pytestmark = pytest.mark.e2e


def copy_named_by(page: str) -> Path:
    """Return the file that the index page tells the user to edit."""
    found = re.search(r"<code>(.*?)</code>", page)
    assert found is not None
    return Path(found[1])


def test_every_page_shows_up(devtui: Devtui, free_port: int, tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path)}
    terminal = devtui("--demo", "--port", free_port, environment=environment, standby=True)
    url = wait_serving(terminal, free_port)
    index = get(f"{url}/").text
    expected = {"/redirect": 302, "/missing": 404, "/error": 500}
    for page in re.findall(r"href='(/\w+)'", index):
        assert get(url + page).status == expected.get(page, 200)
        terminal.wait_for(request_row("GET", page, expected.get(page, 200)))
    assert "Hello, <b>Ada</b>" in post(f"{url}/form", {"name": "Ada"}).text
    terminal.wait_for(request_row("POST", "/form", 200))
    terminal.press("2")
    get(f"{url}/log?last")  # makes its lines the newest
    terminal.wait_for(request_row("GET", "/log?last", 200))
    for line in ("print: this goes", "a detail", "the coffee is cold", "a child process says"):
        terminal.wait_for(line)
    terminal.press("4")
    terminal.wait_for("LookupError")
    terminal.press("q")
    terminal.expect_exit(0)
    assert list(tmp_path.glob("devtui-demo-*")) == []  # an unedited copy is removed


def test_an_edit_reloads_and_is_kept(devtui: Devtui, free_port: int, tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path)}
    terminal = devtui("--demo", "--port", free_port, environment=environment, standby=True)
    url = wait_serving(terminal, free_port)
    source = copy_named_by(get(f"{url}/").text)
    assert source.parent.parent == tmp_path
    source.write_text(source.read_text().replace("Hello from devtui", "Hello from me"))
    wait_reload(terminal, 2, "app.py")
    assert "Hello from me" in get(f"{url}/").text
    terminal.press("q")
    terminal.expect_exit(0)
    assert source.exists()
    told = "".join(line.rstrip() for line in terminal.text().splitlines())  # it may wrap
    assert str(source.parent) in told
