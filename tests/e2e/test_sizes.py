"""The room of small and of wide terminals, in one program whose terminal changes its size."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from devtui.ports import addresses
from tests.support.client import get
from tests.support.projects import app_source
from tests.support.terminal.dashboard_page import FIRST_MATCH, resized, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

SIZES = [(80, 24), (120, 40), (200, 50)]

SHOP = app_source("errors/cart.py")


@pytest.fixture
def start(devtui: Devtui, tmp_path: Path, free_port: int):  # type: ignore[no-untyped-def]
    (tmp_path / "shop.py").write_text(SHOP)

    def started(
        *options: str,
        size: tuple[int, int] = SIZES[0],
        app: str | None = "shop:server",
        serves: bool = True,
    ) -> tuple[Terminal, str]:
        state = {"XDG_STATE_HOME": str(tmp_path / "state")}
        words = [*([app] if app else []), "--port", str(free_port), *options]
        terminal = devtui(*words, size=size, environment=state)
        return terminal, wait_serving(terminal, free_port) if serves else ""

    return started


def leave(terminal: Terminal, status: int = 0) -> None:
    terminal.press("ctrl+q")
    terminal.expect_exit(status)
    terminal.restored()


def fail(terminal: Terminal, url: str) -> None:
    """Have a request fail, and go to its error."""
    get(f"{url}/fail")
    terminal.press("4")
    terminal.wait_for(re.compile(r"╭─ 4 Errors 1 .*\n.*KeyError: 'coffee' .*GET /fail"))


def is_wide(size: tuple[int, int]) -> bool:
    return size[0] >= 160


def test_wide_terminals_are_used_and_small_ones_too(start) -> None:  # type: ignore[no-untyped-def]
    terminal, url = start()
    terminal.wait_for(re.compile(r"^── 4 Errors 0", re.M))  # an empty pane is one line
    get(f"{url}/?page=1")
    get(f"{url}/?page=2")
    for size in SIZES:
        resized(terminal, size)
        terminal.wait_for(re.compile(r"▁  [\d.]+/s  slowest [\d.]+ ms GET /\?page=\d ─╯"))
        terminal.wait_for(re.compile(r"^── 2 Log 0 .*\n── 3 Reloads 0 .*\n── 4 Errors 0 ", re.M))
        terminal.wait_for(re.compile(r"5 B  /\?page=2 +│"))  # no column for the only client
        if is_wide(size):
            terminal.wait_for("╮╭─ GET /?page=2 ─")
            terminal.wait_for("served by   generation 1")
            terminal.press("up")
            terminal.wait_for("╮╭─ GET /?page=1 ─")
            terminal.wait_for("page: 1")
            terminal.press("down")
            terminal.wait_for("page: 2")
        else:
            assert "served by" not in terminal.text()
        terminal.press("z")
        terminal.wait_gone("2 Log")
        assert "served by" not in terminal.text()
        terminal.press("2")  # another pane has the whole screen, too
        terminal.wait_for("╭─ 2 Log 0")
        terminal.wait_gone("1 Requests")
        terminal.press("1", "z")
        terminal.wait_for("── 2 Log 0")
    fail(terminal, url)
    for size in reversed(SIZES):
        resized(terminal, size)
        terminal.wait_for("╭─ 4 Errors 1")
        if is_wide(size):  # the user's own frame comes first
            terminal.wait_for(re.compile(r"││ KeyError: 'coffee' +│\n.*││ ▌ shop\.py:24  in fail"))
    terminal.press("1")
    terminal.wait_for("1 × 5xx")
    leave(terminal)


def test_an_opened_error_and_the_prompt(start) -> None:  # type: ignore[no-untyped-def]
    terminal, url = start()
    fail(terminal, url)
    for size in SIZES:
        resized(terminal, size)
        terminal.press("enter")
        terminal.wait_gone("1 Requests")
        terminal.wait_for("❱ 24")
        terminal.wait_quiet()
        assert terminal.text().count("KeyError: 'coffee'") == 1
        if size == SIZES[0]:
            assert "▸ cart" not in terminal.text()  # there is no room for the variables
            terminal.press("l")
        terminal.wait_for(re.compile(r"▌   ▸ cart  <shop\.Cart object"))
        terminal.click_on("▸ cart", times=2)
        terminal.wait_for("▸ items")
        terminal.wait_for("owner  'ada'")
        terminal.press("/")
        terminal.wait_for("text to search for")
        terminal.type("'CUP'")
        terminal.wait_for(FIRST_MATCH)
        terminal.wait_quiet()  # all of it was typed
        assert terminal.look_of("'cup'").bg != terminal.look_of("items").bg
        terminal.press("escape")
        terminal.wait_gone(FIRST_MATCH)
        terminal.press("x")
        terminal.wait_for("evaluate in fail")
        terminal.type("cart.")
        terminal.wait_for(">>> cart.")
        terminal.press("tab")
        terminal.wait_for("add  items  owner  total")
        terminal.type("ad")
        terminal.press("tab")
        terminal.wait_for(">>> cart.add")
        terminal.type("(")
        terminal.wait_for("add(name, price=1)")
        terminal.type("'pot', 9)")
        terminal.press("enter")
        terminal.wait_for(">>> cart.add('pot', 9)")
        terminal.wait_for("enter runs")
        terminal.type("len(cart.items)")
        terminal.press("enter")
        terminal.wait_for(re.compile(rf"│ {3 + SIZES.index(size)} +│"))
        terminal.press("escape")
        terminal.wait_gone("evaluate in fail")
        terminal.press("escape")
        terminal.wait_for("1 Requests")
    terminal.press("2")
    terminal.wait_for("╭─ 2 Log 1")  # the error alone: no property was called
    leave(terminal)
    terminal, url = start(size=SIZES[2])  # the history is the project's
    fail(terminal, url)
    terminal.press("enter")
    terminal.wait_gone("1 Requests")
    terminal.press("x")
    terminal.wait_for("enter runs")
    terminal.press("up")
    terminal.wait_for(">>> len(cart.items)")
    terminal.press("up")
    terminal.wait_for(">>> cart.add('pot', 9)")
    terminal.press("ctrl+c", "escape")
    terminal.wait_gone("evaluate in fail")
    leave(terminal)


def test_devtui_says_what_a_person_cannot_see(  # type: ignore[no-untyped-def]
    start, tmp_path: Path
) -> None:
    terminal, url = start("--no-debug")
    get(url)
    (tmp_path / "shop.py").write_text(SHOP + "\n# saved\n")
    terminal.press("1")
    for size in SIZES:
        resized(terminal, size)
        terminal.wait_for("shop.py was saved: r restarts with the new code")
        get(url)
        terminal.wait_for("1 Requests 1" if size != SIZES[0] else "1 Requests 2")
        terminal.press("c")
        terminal.wait_for("1 Requests 0")
        terminal.wait_for("Cleared")
    terminal.press("r")
    terminal.wait_gone("shop.py was saved: r restarts")
    leave(terminal)


def test_a_phone_finds_the_address_at_every_size(start, free_port: int) -> None:  # type: ignore[no-untyped-def]
    address = addresses.of_this_machine("0.0.0.0")
    if not address:
        pytest.skip("this machine has no address in a network")
    terminal, _ = start("--host", "0.0.0.0", serves=False)
    terminal.wait_for("SERVING")
    for size in SIZES:
        resized(terminal, size)
        terminal.wait_for(f"http://{address}:{free_port}")
        terminal.wait_for("OPEN TO THE NETWORK")
    leave(terminal)


def test_a_busy_port_names_the_keys_that_lead_on_at_every_size(start, free_port: int) -> None:  # type: ignore[no-untyped-def]
    with socket.create_server(("127.0.0.1", free_port)):
        terminal, _ = start(serves=False)
        terminal.wait_for("Port")
        terminal.press("escape")
        for size in SIZES:
            resized(terminal, size)
            terminal.wait_for(re.compile(r"k shows who holds the port, p takes another"))
        leave(terminal, 1)


def test_a_name_is_asked_for_at_every_size(start) -> None:  # type: ignore[no-untyped-def]
    terminal, _ = start(app=None, serves=False)
    for size in SIZES:
        terminal.resize(*size)
        terminal.wait_for("Which app?")
        terminal.wait_for("Found here: shop:server")
    leave(terminal, 1)  # from the dialog, too
