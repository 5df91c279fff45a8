"""The main job: serve, watch, restart, move and edit real applications."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.client import get, post
from tests.support.terminal.dashboard_page import (
    HELLO,
    request_row,
    seconds,
    wait_reload,
    wait_serving,
)
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e


def move(terminal: Terminal, port: int) -> None:
    """Change the port with the keyboard."""
    terminal.press("p")
    terminal.wait_for("Change the port")
    terminal.type(str(port))  # replaces the current port, which is selected
    terminal.press("enter")


def test_httpbin_is_served_and_watched(devtui: Devtui, free_port: int) -> None:
    terminal = devtui("httpbin:app", "--port", free_port)
    url = wait_serving(terminal, free_port)
    asked = [
        ("/get", 200, None),
        ("/status/418", 418, None),
        ("/stream/3", 200, None),
        ("/bytes/100000", 200, "100 kB"),
        ("/image/png", 200, "8.1 kB"),
        ("/delay/1", 200, None),
    ]
    for target, status, size in asked:
        answer = get(url + target)
        assert answer.status == status
        shown = terminal.wait_for(request_row("GET", target, status))
        if size is not None:
            assert shown["size"] == size
    assert 1 <= seconds(shown["time"]) < 3
    assert post(f"{url}/post", {"a": "b"}).status == 200
    terminal.wait_for(request_row("POST", "/post", 200))
    terminal.press("q")
    terminal.expect_exit(0)
    terminal.restored()


def test_r_restarts_and_p_moves(devtui: Devtui, free_port: int) -> None:
    terminal = devtui("httpbin:app", "--port", free_port)
    url = wait_serving(terminal, free_port)
    assert get(f"{url}/get?before").status == 200
    terminal.press("r")
    wait_reload(terminal, 2, "restart")
    assert get(f"{url}/get?restarted").status == 200
    terminal.wait_for(request_row("GET", "/get?restarted", 200))
    other = processes.free_port()
    devtui.ports.append(other)
    move(terminal, other)
    moved = wait_serving(terminal, other)
    assert get(f"{moved}/get?moved").status == 200
    terminal.wait_for(request_row("GET", "/get?moved", 200))
    with pytest.raises(ConnectionRefusedError):
        get(url)


def test_editing_hello_reloads_it(devtui: Devtui, free_port: int, tmp_path: Path) -> None:
    source = tmp_path / "hello.py"
    source.write_text(HELLO)
    terminal = devtui("hello", "--port", free_port)
    url = wait_serving(terminal, free_port)
    assert get(url).text == "<p>Hello, World!</p>"
    terminal.press("3")
    for generation, name in enumerate(
        ("Ada", "Bob"), 2
    ):  # Equal sizes, within one second: no stale bytecode.
        source.write_text(HELLO.replace("World", name))
        wait_reload(terminal, generation, "hello.py")
        assert get(url).text == f"<p>Hello, {name}!</p>"
    get(f"{url}/missing")
    terminal.wait_for(request_row("GET", "/missing", 404))
    terminal.resize(60, 16)  # tests/e2e/test_sizes.py has the others
    terminal.wait_for(re.compile(r"^.{59}│$", re.M))
    terminal.wait_for(re.compile(r"/missing *│\n"))


def test_a_flask_application_with_a_database_and_a_login(
    devtui: Devtui, free_port: int, apps: Path
) -> None:
    terminal = devtui("flaskr", "--port", free_port, cwd=apps)
    url = wait_serving(terminal, free_port)
    person = {"name": "ada", "password": "lovelace"}
    assert get(f"{url}/").status == 200
    assert post(f"{url}/auth/register", person).status == 302
    login = post(f"{url}/auth/login", person)
    assert login.status == 302
    cookie = login.headers["Set-Cookie"].partition(";")[0]
    page = get(f"{url}/", cookie)
    assert "ada" in page.text
    terminal.wait_for(request_row("POST", "/auth/login", 302))


@pytest.mark.parametrize(
    ("app", "target"), [("djangosite.wsgi", "/"), ("bottleapp:app", "/"), ("bottleapp", "/")]
)
def test_applications_of_other_frameworks(
    devtui: Devtui, free_port: int, apps: Path, app: str, target: str
) -> None:
    terminal = devtui(app, "--port", free_port, cwd=apps)
    url = wait_serving(terminal, free_port)
    assert get(url + target).status == 200
    terminal.wait_for(request_row("GET", target, 200))
    assert get(f"{url}/missing").status == 404
    terminal.wait_for(request_row("GET", "/missing", 404))
    terminal.press("r")
    wait_reload(terminal, 2, "restart")
    assert get(f"{url}{target}?again").status == 200
    terminal.wait_for(request_row("GET", f"{target}?again", 200))
