"""Who gets the room: the open pane, the row beside it, one pane alone, and no empty one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from devtui.dashboard.app_dialog import AppDialog
from devtui.dashboard.details.preview import EMPTY
from devtui.dashboard.panes.requests_pane import BARS, Named, bars, pulse_line
from devtui.events import AppFailed, Error
from devtui.session.state import State
from devtui.session.store.pulse import Reading, Slowest
from devtui.session.store.request_record import Request
from tests.support.driver import Driver, running
from tests.support.fakes import (
    FakeSession,
    a_morning,
    finished,
    line,
    load_failed,
    raised,
    request,
    started,
)


def left_of_preview(ui: Driver) -> list[str]:
    """The screen's lines without what stands beside the panes."""
    return [text[: ui.app.size.width // 2] for text in ui.screen().splitlines()]


async def test_the_selected_row_stands_beside_the_list_and_follows_the_cursor() -> None:
    async with running(size=(200, 50)) as ui:
        await ui.shows(EMPTY)
        ui.session.feed(*request(1, "/first"), *request(2, "/second?a=b"))
        await ui.shows("GET /second?a=b ─")
        await ui.press("up")
        await ui.shows("GET /first ─")
        await ui.shows("User-Agent")
        ui.session.feed(line("hello log"))
        await ui.press("2")
        await ui.until(lambda: "hello log" in ui.screen().splitlines()[3][100:])
        await ui.press("1", "enter")
        await ui.until(lambda: ui.app.screen is not ui.app.main, "enter opens it as before")


async def test_a_request_beside_the_list_shows_its_end() -> None:
    async with running(size=(160, 40)) as ui:
        ui.session.feed(started(1, "/slow"))
        await ui.shows("GET /slow ─")
        assert "status      running" in ui.screen()
        ui.session.feed(finished(1, "/slow", status=503))
        await ui.shows("status      503")


async def test_an_error_beside_the_list_begins_with_the_message_and_own_code() -> None:
    async with running(size=(200, 50)) as ui:
        ui.session.feed(started(1, "/cart"), raised(1), finished(1, "/cart", status=500))
        await ui.press("4")
        await ui.shows("Error  12:")
        await ui.shows("in Cart.total")
        # The pane itself has its rows alone.
        assert not any("Cart.total" in text for text in left_of_preview(ui))


async def test_secrets_beside_the_list_are_masked() -> None:
    async with running(size=(200, 50)) as ui:
        ui.session.feed(*request(1, "/login?password=tiger"))
        await ui.shows("GET /login?password=")
        assert "tiger" not in ui.screen()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_z_zooms_a_pane_and_is_remembered(size: tuple[int, int]) -> None:
    async with running(size=size) as ui:
        ui.session.feed(*a_morning())
        await ui.shows("/report.csv")
        await ui.press("z")
        await ui.shows_not("2 Log")
        await ui.until(lambda: ui.app.main.requests.size.width >= size[0] - 4)
        await ui.press("2")
        await ui.shows("2 Log")
        await ui.shows_not("1 Requests")
        await ui.press("enter")
        await ui.until(lambda: ui.app.screen is not ui.app.main)
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.app.main)
        assert "1 Requests" not in ui.screen()
        # A failed load is before the eyes, and the pane comes back after it.
        ui.session.feed(load_failed())
        ui.session.to(State.SERVING_ERROR)
        await ui.shows("4 Errors")
        ui.session.to(State.SERVING)
        await ui.shows("2 Log")
        await ui.press("z")
        await ui.shows("1 Requests")
        await ui.shows("4 Errors")


@pytest.mark.parametrize("size", [(120, 40), (200, 50)])
async def test_an_empty_pane_is_one_line_and_grows(size: tuple[int, int]) -> None:
    async with running(size=size) as ui:
        errors, log = ui.app.main.errors, ui.app.main.log_pane
        await ui.until(lambda: errors.outer_size.height == 1 and log.outer_size.height == 1)
        ui.session.feed(line("here"))
        await ui.until(lambda: log.outer_size.height > 5)
        assert errors.outer_size.height == 1
        await ui.press("2", "c")
        await ui.shows("Cleared at")
        await ui.press("1")
        await ui.until(lambda: log.outer_size.height == 1)
        await ui.press("4")
        await ui.until(lambda: errors.outer_size.height > 10, "the open pane has room")


async def test_the_client_is_shown_only_if_clients_differ(ui: Driver) -> None:
    ui.session.feed(*request(1, "/one"))
    await ui.shows("/one")
    assert "127.0.0.1 " not in ui.screen().splitlines()[3]
    from msgspec import structs

    other = structs.replace(started(2, "/two"), client="192.0.2.9")
    ui.session.feed(other, finished(2, "/two"))
    await ui.shows("192.0.2.9")
    assert "127.0.0.1" in ui.screen().splitlines()[3]


async def test_the_pulse_stands_in_the_lower_border(ui: Driver) -> None:
    assert "slowest" not in ui.screen()
    ui.session.feed(*request(1, "/a", ms=840), *request(2, "/b", status=500))
    await ui.shows("0.4/s  slowest 840 ms GET /a  1 × 5xx")
    await ui.press("c")
    await ui.shows_not("slowest")


async def test_the_pulse_names_a_request_that_the_list_shows(ui: Driver) -> None:
    ui.session.feed(
        *request(1, "/poll", ms=3_000), *request(2, "/cart", ms=700), *request(3, "/x", ms=50)
    )
    await ui.shows("slowest 3.00 s GET /poll ")
    await ui.press("home", "h", "enter")
    await ui.shows("slowest 700 ms GET /cart ")
    await ui.press("slash", *"/x")
    await ui.shows("slowest 50 ms GET /x ")
    await ui.press(*"yz")
    await ui.shows("slowest 3.00 s GET /poll (not shown)")
    await ui.press("escape")
    await ui.shows("slowest 700 ms GET /cart ")


def named(ms: float, target: str, note: str = "") -> Named:
    found = Request.begun(started(1, target))
    return Named(Slowest(ms, "GET", target, found), note)


def test_the_pulse_fits_the_width() -> None:
    reading = Reading((0,) * 59 + (3,), 0.6, 2, ())
    slow = named(1_240.0, "/x" * 200)
    for width in (0, 5, 20, 40, 60, 100, 200):
        assert pulse_line(reading, slow, width).cell_length <= width
    assert pulse_line(reading, slow, 40).plain == "0.6/s  slowest 1.24 s  2 × 5xx"
    assert pulse_line(reading, slow, 10).plain == "2 × 5xx"
    assert "password=••" in pulse_line(reading, named(1, "/?password=tiger"), 120).plain


def test_bars() -> None:
    assert bars([0] * 60) == "▁" * BARS
    assert bars([1] + [0] * 58 + [8])[0] == "▂"
    assert bars([1] + [0] * 58 + [8])[-1] == "█"


# -- what the user is told -----------------------------------------------------------------------


async def test_a_save_with_the_reloader_off_says_that_the_code_is_old(ui: Driver) -> None:
    ui.session.served.outdated_by = ("/project/hello.py",)
    ui.app.main.header.look()
    await ui.shows("hello.py was saved: r restarts with the new code")


async def test_a_busy_port_names_the_keys(ui: Driver) -> None:
    ui.session.state = State.PORT_BUSY
    ui.app.main.header.look()
    await ui.shows("k shows who holds the port, p takes another one")


async def test_the_address_for_a_phone(ui: Driver) -> None:
    ui.session.url_elsewhere = "http://192.0.2.7:5000"
    ui.app.main.header.look()
    await ui.shows("http://127.0.0.1:5000  http://192.0.2.7:5000")


NOT_FOUND = "There is neither wsgi.py nor app.py here."


def no_app(session: FakeSession) -> None:
    session.served.loaded = None
    event = AppFailed(
        generation=1, reload=False, message=NOT_FOUND, error=Error(exceptions=(), text=""),
        duration_ms=1,
    )  # fmt: skip
    session.served.heard(event)
    session.feed(event)
    session.to(State.FAILED)


async def test_without_an_app_its_name_can_be_typed_or_chosen(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("one = Flask('a')\ntwo = Flask('b')\n")
    session = FakeSession()
    from msgspec import structs

    session.settings = structs.replace(session.settings, folder=tmp_path)
    async with running(session) as ui:
        no_app(session)
        await ui.until(lambda: isinstance(ui.app.screen, AppDialog))
        await ui.shows(NOT_FOUND)
        await ui.shows("Found here: shop:one, shop:two")
        await ui.press("escape")
        await ui.shows("r asks for the app's name again")
        no_app(session)
        await ui.until(lambda: isinstance(ui.app.screen, AppDialog))
        await ui.press("down", "down", "down", "enter")
        assert session.asked == [("serve_app", "shop:two")]
        no_app(session)
        await ui.until(lambda: isinstance(ui.app.screen, AppDialog))
        await ui.press("ctrl+u", "enter")
        await ui.shows("Type the app's name")
        await ui.press(*"a:b", "enter")
        assert session.asked[-1] == ("serve_app", "a:b")


async def test_an_error_in_the_app_asks_for_no_name(ui: Driver) -> None:
    ui.session.feed(load_failed(reload=False))
    ui.session.to(State.FAILED)
    await ui.shows("FAILED")
    await asyncio.sleep(0)
    assert ui.app.screen is ui.app.main
