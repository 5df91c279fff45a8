"""Errors that were handled or fixed look so in the errors pane, and in an opened error."""

from __future__ import annotations

from msgspec import structs

from devtui.dashboard.panes.rows import ErrorRows
from devtui.dashboard.widgets.cells import Row
from devtui.events import AppLoaded
from devtui.session.state import State
from devtui.session.store.store import Store
from tests.support.driver import Driver, running
from tests.support.fakes import finished, load_failed, raised, started, store_of


def _loaded(generation: int) -> AppLoaded:
    loaded = AppLoaded(app="a", framework="f", file="f", duration_ms=1, module_count=1)
    return structs.replace(loaded, generation=generation)


def _row(store: Store, width: int = 116) -> Row:
    (group,) = store.error_groups.ring
    return ErrorRows(store).spans(group, width)


def _text(row: Row) -> str:
    return "".join(text for text, _ in row)


def _style(row: Row, text: str) -> str:
    return next(str(style) for piece, style in row if text in piece)


def test_a_logged_error_of_an_answered_request_is_handled() -> None:
    row = _row(store_of(started(1, "/a"), raised(1, origin="logging"), finished(1, "/a")))
    assert _text(row).endswith("cart.py:48  handled GET /a")
    assert _style(row, "ZeroDivisionError") == "warn"


def test_while_its_request_runs_it_is_handled_so_far() -> None:
    row = _row(store_of(started(1, "/a"), raised(1, origin="logging")))
    assert _style(row, "ZeroDivisionError") == "warn"


def test_an_error_that_the_request_failed_with_is_not() -> None:
    for origin, status in (("logging", 500), ("request", 500), ("logging", None)):
        store = store_of(
            started(1, "/a"), raised(1, origin=origin), finished(1, "/a", status=status)
        )
        row = _row(store)
        assert "handled" not in _text(row)
        assert _style(row, "ZeroDivisionError") == "bad"


def test_a_load_error_is_fixed_by_the_next_load() -> None:
    store = store_of(load_failed())
    assert _style(_row(store), "SyntaxError") == "bad"
    store.apply(_loaded(2))  # of the process that failed: it cannot be
    assert "fixed" not in _text(_row(store))
    store.apply(_loaded(3))
    row = _row(store)
    assert _text(row).rstrip().endswith("✓ fixed")
    assert _style(row, "SyntaxError") == "dim"


async def test_the_screen_says_that_a_load_error_is_fixed() -> None:
    async with running(size=(120, 40)) as ui:
        ui.session.generation = 3
        ui.session.feed(load_failed())
        ui.session.to(State.SERVING_ERROR)
        await ui.press("4")
        await ui.shows("SyntaxError: '(' was never closed")
        await ui.shows_not("fixed")
        ui.session.feed(_loaded(3))
        await ui.shows("✓ fixed")
        await ui.press("enter")
        await ui.shows("while the app was loading, fixed since")


async def test_an_opened_error_says_that_it_was_handled(ui: Driver) -> None:
    ui.session.feed(started(1, "/a"), raised(1, origin="logging"), finished(1, "/a"))
    await ui.press("4")
    await ui.shows("handled GET /a")
    await ui.press("enter")
    await ui.shows("GET /a  ·  logged, and handled")


async def test_the_line_of_a_closed_pane_says_that_an_error_is_fixed_or_handled() -> None:
    async with running(size=(120, 24)) as ui:
        ui.session.feed(load_failed())
        await ui.press("1")
        await ui.shows("4 Errors 1  SyntaxError: '(' was never closed")
        ui.session.feed(_loaded(3))
        await ui.shows("4 Errors 1  ✓ fixed: SyntaxError")
        ui.session.feed(started(1, "/a"), raised(1, origin="logging"), finished(1, "/a"))
        await ui.shows("4 Errors 2  handled: ZeroDivisionError: division by zero")
        ui.session.feed(load_failed(9))
        await ui.shows("4 Errors 2  ✓ fixed: ×2 SyntaxError")


def test_a_narrow_row_has_the_message_and_the_place_or_none() -> None:
    store = store_of(started(1, "/a"), raised(1), finished(1, "/a", status=500))
    assert _text(_row(store, 56)).split("  ", 1)[0] == "ZeroDivisionError: division by zero"
    assert _text(_row(store, 56)).endswith("  cart.py:48")
    assert _text(_row(store, 36)).rstrip() == "ZeroDivisionError: division by zero"
