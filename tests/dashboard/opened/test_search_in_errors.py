"""Search, folds and neighbours in opened errors and stacks, as in opened rows."""

import pytest
from msgspec import structs

from devtui.dashboard.errors import error_screen
from devtui.dashboard.errors.error_screen import ErrorScreen
from devtui.dashboard.errors.stack_screen import StackScreen
from devtui.events import Error, LocalsShown, ShowLocals, ShowStack, StackShown, Variable
from tests.support.fakes import error, raised, request, started


@pytest.fixture(autouse=True)
def locals_when_asked(monkeypatch):
    monkeypatch.setattr(error_screen, "ROOM_FOR_LOCALS", 1_000)


def chain(*messages):
    """An error with its causes."""
    exceptions = [error(message=message).exceptions[0] for message in messages]
    caused = [structs.replace(one, relation="cause") for one in exceptions[1:]]
    return Error(exceptions=(exceptions[0], *caused), text="Traceback …")


async def open_error(ui, found):
    ui.session.feed(started(1, "/cart"), structs.replace(raised(1), error=found))
    await ui.shows("Errors 1")
    await ui.press("4", "enter")
    await ui.until(lambda: isinstance(ui.app.screen, ErrorScreen))
    await ui.until(lambda: len(ui.app.screen.list.matches))


def text_under_cursor(ui):
    lines = ui.app.screen.list
    return lines.rows.text(lines.item)


async def test_a_search_in_an_error_unfolds_the_library_s_frames(ui):
    await open_error(ui, error())
    await ui.shows("▸ 3 frames in flask")
    await ui.press("slash", *"full_DISPATCH")
    await ui.shows("1 of 2")
    await ui.shows("▾ 3 frames in flask")
    await ui.press("enter", "n")
    await ui.shows("2 of 2")
    assert "in Flask.full_dispatch_request" in text_under_cursor(ui)
    assert ui.app.screen.spot.number == 1
    await ui.press("n")
    await ui.shows("1 of 2")
    await ui.press("N")
    await ui.shows("2 of 2")
    await ui.press("escape")
    await ui.shows("▸ 3 frames in flask")
    assert isinstance(ui.app.screen, ErrorScreen)
    await ui.press("escape")
    await ui.shows("1 Requests")


async def test_a_search_unfolds_the_variable_that_has_the_text(ui):
    await open_error(ui, error())
    await ui.press("l")
    await ui.until(lambda: ui.session.orders and isinstance(ui.session.orders[-1], ShowLocals))
    order = ui.session.orders[-1]
    tea = Variable(name="0", type="str", value="'darjeeling'")
    items = Variable(name="items", type="list", value="[…]", parts=(tea,))
    ui.session.feed(LocalsShown(ask_id=order.ask_id, error_id="1-e1", variables=(items,)))
    await ui.shows("▸ items")
    await ui.press("slash", *"darj")
    await ui.shows("  1 of 1")
    await ui.shows("▾ items")
    await ui.press("escape")
    await ui.shows("▸ items")


async def test_the_exceptions_of_a_chain_fold_one_by_one_and_stay_so(ui):
    await open_error(ui, chain("first", "second", "third"))
    await ui.shows("▾ caused by")
    lines = ui.app.screen.list
    headings = [at for at in range(len(lines.matches)) if lines.matches[at].heading]
    lines.select(headings[1])
    await ui.press("enter")
    await ui.shows("▸ caused by")
    await ui.shows("ZeroDivisionError: second")
    await ui.shows_not("ZeroDivisionError: third")
    await ui.press("slash", *"third")
    await ui.shows("ZeroDivisionError: third")
    await ui.press("escape")
    await ui.shows_not("ZeroDivisionError: third")
    await ui.press("escape", "enter")  # opened again
    await ui.shows("▸ caused by")
    await ui.shows("ZeroDivisionError: second")


async def test_escape_closes_what_was_opened_last(ui):
    await open_error(ui, error())
    await ui.press("slash", *"cart", "enter", "x")
    await ui.until(lambda: ui.app.screen.console.display)
    await ui.press("slash")  # a division in the prompt, not a search
    assert ui.app.screen.console.prompt.text == "/"
    await ui.press("escape")
    assert not ui.app.screen.console.display
    assert ui.app.screen.search.is_open
    await ui.press("escape")
    assert not ui.app.screen.search.is_open
    assert isinstance(ui.app.screen, ErrorScreen)


async def test_a_search_in_a_stack_goes_on_as_the_stack_changes(ui):
    ui.session.feed(*request(1, "/before"), started(2, "/slow"))
    await ui.shows("/slow")
    await ui.press("enter")
    await ui.shows("GET /slow")
    await ui.press("s")
    await ui.until(lambda: isinstance(ui.app.screen, StackScreen))
    await ui.until(lambda: ui.session.orders and isinstance(ui.session.orders[-1], ShowStack))
    frames = error().exceptions[0].frames

    def answer(*frames):
        order = ui.session.orders[-1]
        ui.session.feed(StackShown(ask_id=order.ask_id, request_id="r2", frames=frames))

    answer(*frames)
    await ui.shows("▸ 3 frames in flask")
    await ui.press("slash", *"wsgi_app")
    await ui.shows("  1 of 1")
    await ui.shows("▾ 3 frames in flask")
    order = ui.session.orders[-1]
    await ui.until(lambda: ui.session.orders[-1] is not order, "it looks again")
    answer(*frames[3:])
    await ui.shows("not found")
    await ui.press("escape", "left_square_bracket")
    await ui.shows("GET /before")
    await ui.press("escape")
    await ui.shows("1 Requests")
