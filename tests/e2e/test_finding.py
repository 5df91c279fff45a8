"""Find a row in a real terminal: filters, rules that hide, search, orders, details."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.client import get, post, request
from tests.support.terminal.dashboard_page import FIRST_MATCH, resized, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

SIZES = [(80, 24), (120, 40), (200, 50)]


@pytest.fixture
def url(free_port: int) -> str:
    return f"http://127.0.0.1:{free_port}"


@pytest.fixture
def start(devtui: Devtui, apps: Path, free_port: int, tmp_path: Path):  # type: ignore[no-untyped-def]
    def started(size: tuple[int, int] = (120, 40)) -> Terminal:
        state = {"XDG_STATE_HOME": str(tmp_path / "state")}
        terminal = devtui(
            "daily", "--port", free_port, cwd=apps / "finding", size=size, environment=state
        )
        wait_serving(terminal, free_port, 20)
        return terminal

    return started


def drop_filter(terminal: Terminal) -> None:
    # A key right after escape would be alt and that key.
    terminal.press("escape")
    terminal.wait_for(re.compile(r"Requests 6(?! of)"))


def fill(terminal: Terminal, size: tuple[int, int], text: str) -> None:
    """Type a text, at the first size; it is pasted at the others, which is a tenth of the work."""
    (terminal.type if size == SIZES[0] else terminal.paste)(text)


def leave(terminal: Terminal) -> None:
    terminal.press("ctrl+q")
    terminal.expect_exit(0)
    terminal.restored()


def test_a_filter_of_several_words(start, url: str) -> None:  # type: ignore[no-untyped-def]
    terminal = start(SIZES[0])
    for target in ("/", "/item/1", "/item/2", "/fail", "/static/style.css", "/missing"):
        get(url + target)
    for size in SIZES:
        resized(terminal, size)
        terminal.press("1")
        terminal.wait_for("Requests 6")
        terminal.press("/")
        terminal.wait_for("text  !not")
        fill(terminal, size, "get !5xx !static /item.[12]/ level:error")
        terminal.wait_for("Requests 2 of 6")
        terminal.wait_for("level: works in the log")
        understood, unknown = terminal.look_of("get !5xx"), terminal.look_of("level:error")
        assert understood.fg != unknown.fg
        assert unknown.underscore
        assert not understood.underscore
        drop_filter(terminal)
        terminal.press("/")
        terminal.wait_for("text  !not")
        terminal.press("up")
        terminal.wait_for("Requests 2 of 6")
        drop_filter(terminal)
        terminal.press("/")
        terminal.type("50")
        terminal.wait_for("tab 500")
        terminal.press("tab")
        terminal.wait_for("Requests 1 of 6")
        terminal.wait_for("5 left out")
        drop_filter(terminal)
        terminal.press("2", "/")
        fill(terminal, size, "level:err !traceback")
        terminal.wait_for(re.compile(r"Log \d+ of \d+"))
        terminal.wait_for("this will fail")
        terminal.press("escape")
        terminal.wait_gone(re.compile(r"Log \d+ of"))
    leave(terminal)


def test_polls_and_static_files_are_hidden_for_good(start, url: str) -> None:  # type: ignore[no-untyped-def]
    terminal = start(SIZES[0])
    for size in SIZES:
        resized(terminal, size)
        for target in (
            "/static/style.css",
            "/static/other.css",
            "/api/poll",
            "/api/poll",
            "/",
            "/fail",
        ):
            get(url + target)
        terminal.press("1")
        terminal.wait_for("Requests 6")
        terminal.press("home", "h")
        terminal.wait_for("static files")
        terminal.wait_for(re.compile(r"/static/\*\s+and all below\s+2 rows"))
        terminal.press("k")
        terminal.wait_for("Requests 4 · 2 hidden")
        terminal.press("h")
        terminal.wait_for(re.compile(r"get /api/poll\s+2 rows"))
        terminal.press("enter")
        terminal.wait_for("Requests 2 · 4 hidden")
        terminal.press("shift+h")
        terminal.wait_for(re.compile(r"get /api/poll\s+2 rows"))
        terminal.wait_for("k keeps them for you in this project")
        terminal.press("down", "down", "x")
        terminal.wait_gone(re.compile(r"get /api/poll\s+2 rows"))  # a message names it for longer
        terminal.press("escape")
        terminal.wait_gone("another rule")
        terminal.wait_for("Requests 4 · 2 hidden")
        if size != SIZES[-1]:  # the next one begins without rules
            terminal.press("shift+h")
            terminal.wait_for("styles, scripts")
            terminal.press("down", "x")
            terminal.wait_gone("styles, scripts")
            terminal.press("escape")
            terminal.wait_gone("another rule")
            terminal.press("c")
            terminal.wait_for("Requests 0")
    leave(terminal)
    terminal = start(SIZES[0])
    get(f"{url}/static/style.css")
    get(f"{url}/api/poll")
    for size in SIZES:
        resized(terminal, size)
        terminal.wait_for("Requests 1 · 1 hidden")
    leave(terminal)


def test_search_folds_neighbours_orders_and_the_line_of_a_reload(  # type: ignore[no-untyped-def]
    start, url: str, apps: Path
) -> None:
    terminal = start(SIZES[0])
    daily = apps / "finding" / "daily.py"
    for generation, size in enumerate(SIZES, 2):
        resized(terminal, size)
        for target in ("/item/1", "/big", "/item/2"):
            get(url + target)
        terminal.press("1")
        terminal.wait_for("Requests 3")
        assert not terminal.look_of("8 B  /item/2").underscore
        daily.write_text(daily.read_text() + "\n# saved\n")
        terminal.wait_for(f"reload #{generation}", 20)
        assert terminal.look_of("8 B  /item/2").underscore
        get(f"{url}/item/3")
        terminal.wait_for("Requests 4")
        terminal.press("shift+s", "shift+s")
        terminal.wait_for("largest first")
        terminal.wait_quiet()
        terminal.press("enter")
        terminal.wait_for("GET /big ")
        terminal.press("]")
        terminal.wait_for("GET /item/3")
        terminal.press("/")
        fill(terminal, size, "text/HTML")
        terminal.wait_for(FIRST_MATCH)
        terminal.wait_quiet()  # the marks may be drawn after the count
        assert terminal.look_of("text/html").bg != terminal.look_of("<p>3").bg
        terminal.press("enter", "home", "enter")
        terminal.wait_for("▸ general")
        terminal.press("escape")
        terminal.wait_gone(FIRST_MATCH)
        terminal.press("[")
        terminal.wait_for("GET /big ")
        terminal.wait_for("▸ general")
        terminal.press("home", "enter")
        terminal.wait_for("▾ general")
        terminal.press("escape")
        terminal.wait_for("largest first")
        terminal.press("f")
        terminal.wait_gone("largest first")
        terminal.press("c")
        terminal.wait_for("Requests 0")
    leave(terminal)


def test_an_opened_request_tells_its_view_and_its_form(  # type: ignore[no-untyped-def]
    start, url: str
) -> None:
    terminal = start(SIZES[0])
    for size in SIZES:
        resized(terminal, size)
        sent = {"name": "Ada L", "email": "", "password": "hush-hush"}
        assert post(f"{url}/order?from=menu", sent).status == 422
        terminal.press("1")
        terminal.wait_for("Requests 1")
        terminal.press("enter")
        terminal.wait_gone("Requests 1")  # the preview beside the list says the same
        terminal.wait_for(re.compile(r"endpoint +order"))
        terminal.wait_for(re.compile(r"view +order +\S*daily.py:\d+"))
        terminal.wait_for("from: menu")
        terminal.press("/")
        fill(terminal, size, "name: ")
        terminal.wait_for(FIRST_MATCH)
        terminal.wait_quiet()  # all of it was typed
        terminal.press("enter")
        terminal.wait_for("name: Ada L")
        assert "hush-hush" not in terminal.text()
        terminal.press("shift+y")
        terminal.wait_for(re.compile(r"1 the line +name: Ada L"))
        terminal.wait_for(re.compile(r"2 the value alone +Ada L"))
        terminal.press("2")
        terminal.wait_for("the value alone")
        terminal.wait_gone("enter or number copy")
        terminal.press("escape")
        terminal.wait_gone(FIRST_MATCH)
        terminal.press("escape")
        terminal.wait_for("Requests 1")
        terminal.press("c")
        terminal.wait_for("Requests 0")
    leave(terminal)


@pytest.mark.parametrize("size", SIZES)
def test_the_keys_of_an_opened_row(start, url: str, size: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    terminal = start(size)
    get(f"{url}/account")
    json = {"Content-Type": "application/json"}
    request(url, "POST", "/api/order", b'{"item": {"name": "tea"}}', json)
    get(f"{url}/fail")
    terminal.wait_for("Requests 3")
    terminal.wait_for("/account → /login?next=/account&tok")
    assert "hush" not in terminal.text()
    terminal.press("1", "up", "enter")
    terminal.wait_gone("1 Requests")
    terminal.wait_for("─ row 2 of 3 ─")
    terminal.press("/")
    fill(terminal, size, "request body")
    terminal.wait_for(FIRST_MATCH)
    terminal.press("enter")
    terminal.wait_for(re.compile(r"│ {5,}\"name\": \"tea\""))  # laid out
    terminal.press("escape")
    terminal.wait_gone(FIRST_MATCH)
    terminal.press("2")
    terminal.wait_for("╭─ 2 Log")
    terminal.press("4", "enter")
    terminal.wait_gone("1 Requests")
    terminal.wait_for("─ row 1 of 1 ─")
    terminal.press("a")
    terminal.wait_for("GET /fail: same")
    terminal.press("r")
    terminal.wait_quiet(0.5)
    terminal.press("x")  # the frames are gone: what is typed is no command
    fill(terminal, size, "request.args")
    terminal.wait_for(">>> request.args")
    terminal.wait_for("belonged to generation 1")
    terminal.press("escape")
    terminal.wait_gone("evaluate in")
    terminal.press("ctrl+c")
    terminal.wait_for("ctrl+c once more leaves devtui")
    terminal.press("3")
    terminal.wait_for(re.compile(r"╭─ 3 Reloads 1\b"))
    terminal.press("1", "enter")
    terminal.wait_gone("3 Reloads")
    terminal.press("ctrl+c")
    terminal.press("ctrl+c")
    terminal.expect_exit(0)
    terminal.restored()


def test_every_pane_has_its_filter_and_a_logger_is_hidden(  # type: ignore[no-untyped-def]
    start, url: str, apps: Path
) -> None:
    terminal = start(SIZES[0])
    for target in ("/item/1", "/api/poll", "/fail"):
        get(url + target)
    daily = apps / "finding" / "daily.py"
    daily.write_text(daily.read_text() + "\n# saved\n")
    terminal.press("3")
    terminal.wait_for(re.compile(r"#2 .*daily\.py"), 20)
    for size in SIZES:
        terminal.resize(*size)
        terminal.press("3", "/")
        fill(terminal, size, "<1ms daily")
        terminal.wait_for("Reloads 0 of 1")
        terminal.wait_for("no row matches the filter")
        terminal.press("escape")
        terminal.wait_gone("Reloads 0 of")
        terminal.press("4", "/")
        fill(terminal, size, "keyerror !nothing")
        terminal.wait_for("Errors 1 of 1")
        terminal.press("escape")
        terminal.wait_gone("Errors 1 of")
        terminal.press("2", "/")
        fill(terminal, size, "logger:shop.p")
        terminal.wait_for(re.compile(r"Log 1 of \d+"))
        terminal.press("enter", "h")
        terminal.wait_for(re.compile(r"logger:shop\.poll +1 row"))
        terminal.press("enter")
        terminal.wait_for(re.compile(r"Log 0 of \d+ · 1 hidden"))
        terminal.wait_for("but 1 hidden row does: shift+h")
        terminal.press("escape")
        terminal.wait_gone("Log 0 of")
        terminal.press("shift+h")
        terminal.wait_for("+ another rule")
        terminal.press("a")
        fill(terminal, size, "logger:shop")
        terminal.press("enter")
        terminal.wait_for(re.compile(r"logger:shop\.poll +covered by logger:shop +1 row"))
        terminal.wait_for(re.compile(r"Log \d+ · [23] hidden"))  # the error stays
        terminal.press("x", "up", "x", "escape")
        terminal.wait_gone("+ another rule")
        terminal.wait_gone(re.compile(r"· \d+ hidden"))  # a message has the word for longer
    leave(terminal)
