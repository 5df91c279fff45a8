"""Search, folds and neighbours in opened errors and stacks, as in opened rows."""

from __future__ import annotations

import pytest
from msgspec import structs

from devtui.dashboard.errors import error_screen
from devtui.dashboard.errors.error_screen import ErrorScreen
from devtui.dashboard.errors.frame_screen import FrameScreen
from devtui.dashboard.errors.stack_screen import StackScreen
from devtui.events import Error, LocalsShown, ShowLocals, ShowStack, StackShown, Variable
from devtui.events.parts import Frame
from tests.support.driver import Driver, there
from tests.support.fakes import error, raised, request, started


@pytest.fixture(autouse=True)
def locals_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_screen, "ROOM_FOR_LOCALS", 1_000)


def chain(*messages: str) -> Error:
    """An error with its causes."""
    exceptions = [error(message=message).exceptions[0] for message in messages]
    caused = [structs.replace(one, relation="cause") for one in exceptions[1:]]
    return Error(exceptions=(exceptions[0], *caused), text="Traceback …")


async def open_error(ui: Driver, found: Error) -> None:
    ui.session.feed(started(1, "/cart"), structs.replace(raised(1), error=found))
    await ui.shows("Errors 1")
    await ui.press("4", "enter")
    await ui.until(lambda: isinstance(ui.app.screen, ErrorScreen))
    await ui.until(lambda: len(ui.on(FrameScreen).list.matches))


def text_under_cursor(ui: Driver) -> str:
    lines = ui.on(FrameScreen).list
    text: str = lines.rows.text(there(lines.item))
    return text


async def test_a_search_in_an_error_unfolds_the_library_s_frames(ui: Driver) -> None:
    await open_error(ui, error())
    await ui.shows("▸ 3 frames in flask")
    await ui.press("slash", *"full_DISPATCH")
    await ui.shows("1 of 2")
    await ui.shows("▾ 3 frames in flask")
    await ui.press("enter", "n")
    await ui.shows("2 of 2")
    assert "in Flask.full_dispatch_request" in text_under_cursor(ui)
    assert there(ui.on(FrameScreen).spot).number == 1
    await ui.press("n")
    await ui.shows("1 of 2")
    await ui.press("N")
    await ui.shows("2 of 2")
    await ui.press("escape")
    await ui.shows("▸ 3 frames in flask")
    assert isinstance(ui.app.screen, ErrorScreen)
    await ui.press("escape")
    await ui.shows("1 Requests")


async def test_a_search_unfolds_the_variable_that_has_the_text(ui: Driver) -> None:
    await open_error(ui, error())
    await ui.press("l")
    await ui.until(lambda: ui.session.orders and isinstance(ui.session.orders[-1], ShowLocals))
    order = ui.session.orders[-1]
    assert isinstance(order, ShowLocals)
    tea = Variable(name="0", type="str", value="'darjeeling'")
    items = Variable(name="items", type="list", value="[…]", parts=(tea,))
    ui.session.feed(LocalsShown(ask_id=order.ask_id, error_id="1-e1", variables=(items,)))
    await ui.shows("▸ items")
    await ui.press("slash", *"darj")
    await ui.shows("  1 of 1")
    await ui.shows("▾ items")
    await ui.press("escape")
    await ui.shows("▸ items")


async def test_the_exceptions_of_a_chain_fold_one_by_one_and_stay_so(ui: Driver) -> None:
    await open_error(ui, chain("first", "second", "third"))
    await ui.shows("▾ caused by")
    lines = ui.on(FrameScreen).list
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


async def test_escape_closes_what_was_opened_last(ui: Driver) -> None:
    await open_error(ui, error())
    await ui.press("slash", *"cart", "enter", "x")
    await ui.until(lambda: ui.on(ErrorScreen).console.display)
    await ui.press("slash")  # a division in the prompt, not a search
    assert ui.on(ErrorScreen).console.prompt.text == "/"
    await ui.press("escape")
    assert not ui.on(ErrorScreen).console.display
    assert ui.on(ErrorScreen).search.is_open
    await ui.press("escape")
    assert not ui.on(ErrorScreen).search.is_open
    assert isinstance(ui.app.screen, ErrorScreen)


async def test_a_search_in_a_stack_goes_on_as_the_stack_changes(ui: Driver) -> None:
    ui.session.feed(*request(1, "/before"), started(2, "/slow"))
    await ui.shows("/slow")
    await ui.press("enter")
    await ui.shows("GET /slow")
    await ui.press("s")
    await ui.until(lambda: isinstance(ui.app.screen, StackScreen))
    await ui.until(lambda: ui.session.orders and isinstance(ui.session.orders[-1], ShowStack))
    frames = error().exceptions[0].frames

    def answer(*frames: Frame) -> None:
        order = ui.session.orders[-1]
        assert isinstance(order, ShowStack)
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
