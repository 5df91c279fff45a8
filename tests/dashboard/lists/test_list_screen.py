from __future__ import annotations

import contextvars
import time

import pytest
from textual import events

from devtui.dashboard.lists.matches import Matches
from devtui.dashboard.opened.opened_screen import OpenedScreen
from devtui.filters.facts import NO_MEASURES
from devtui.filters.query import Query
from devtui.session.store.ring import Ring
from devtui.session.store.store import Store
from tests.support.driver import Driver, running, there
from tests.support.fakes import FakeSession, finished, line, raised, request, started


def _feed(ui: Driver, first: int, last: int) -> None:
    for number in range(first, last):
        ui.session.feed(*request(number, f"/item/{number}"))


async def test_the_newest_is_followed(ui: Driver) -> None:
    _feed(ui, 0, 100)
    await ui.shows("/item/99")
    assert ui.app.main.requests.list.following
    assert "/item/10 " not in ui.screen()


async def test_moving_up_stops_following_and_new_rows_are_counted(ui: Driver) -> None:
    _feed(ui, 0, 100)
    await ui.shows("/item/99")
    await ui.press("up")
    _feed(ui, 100, 112)
    await ui.shows("12 new below")
    assert "/item/111" not in ui.screen()
    await ui.press("f")
    await ui.shows("/item/111")
    await ui.shows_not("new below")


async def test_end_goes_to_the_newest_and_follows_again(ui: Driver) -> None:
    _feed(ui, 0, 50)
    await ui.shows("/item/49")
    await ui.press("home")
    await ui.shows("/item/0 ")
    requests = ui.app.main.requests.list
    assert not requests.following
    await ui.press("end")
    assert requests.following
    assert there(requests.item).started.target == "/item/49"
    _feed(ui, 50, 60)
    await ui.shows("/item/59")
    assert there(requests.item).started.target == "/item/59"


async def test_end_in_another_order_is_the_last_row_of_that(ui: Driver) -> None:
    _feed(ui, 0, 50)
    await ui.shows("/item/49")
    await ui.press("S", "end")
    requests = ui.app.main.requests.list
    assert not requests.following
    assert requests.matches.order != "time"
    assert requests.cursor == 49


async def test_end_in_an_opened_row_is_its_last_line(ui: Driver) -> None:
    ui.session.feed(*request(1, "/a"))
    await ui.shows("/a")
    await ui.press("enter", "end")
    lines = ui.on(OpenedScreen).list
    assert not lines.following
    assert lines.cursor == len(lines.matches) - 1


async def test_the_wheel_stops_following(ui: Driver) -> None:
    _feed(ui, 0, 100)
    await ui.shows("/item/99")
    requests = ui.app.main.requests.list
    await ui.pilot._post_mouse_events([events.MouseScrollUp], requests)
    await ui.until(lambda: not requests.following)
    _feed(ui, 100, 103)
    await ui.shows("3 new below")


async def test_page_keys_and_arrows_move_the_cursor(ui: Driver) -> None:
    _feed(ui, 0, 100)
    await ui.shows("/item/99")
    requests = ui.app.main.requests.list
    height = requests.size.height
    await ui.press("pageup")
    assert there(requests.item).started.target == f"/item/{99 - (height - 1)}"
    await ui.press("pagedown")
    assert there(requests.item).started.target == "/item/99"
    await ui.press("up", "up", "down")
    assert there(requests.item).started.target == "/item/98"


async def test_rows_in_view_stay_while_old_ones_are_forgotten() -> None:
    session = FakeSession()
    session.store.log = Ring(50)
    async with running(session) as ui:
        for number in range(50):
            session.feed(line(f"line {number}."))
        await ui.press("2")
        await ui.shows("line 49.")
        await ui.press("home", *["down"] * 20)
        log = ui.app.main.log_pane.list
        text, top = there(log.item).text, log.scroll_offset.y
        for number in range(50, 60):
            session.feed(line(f"line {number}."))
        await ui.until(lambda: log.scroll_offset.y == max(top - 10, 0))
        assert there(log.item).text == text
        await ui.shows("10 new below")


async def test_a_filter_shows_what_matches_now_and_later(ui: Driver) -> None:
    _feed(ui, 0, 30)
    await ui.press("slash", *"ITEM/2")
    await ui.shows("Requests 11 of 30")
    ui.session.feed(*request(200, "/item/200"), *request(201, "/x"))
    await ui.shows("Requests 12 of 32")
    await ui.press("enter")
    assert ui.app.focused is ui.app.main.requests.list
    await ui.press("escape")
    await ui.shows("Requests 32")
    assert not ui.app.main.requests.filtered


async def test_a_filter_with_no_match_says_so(ui: Driver) -> None:
    _feed(ui, 0, 3)
    await ui.press("slash", *"nothing")
    await ui.shows("no row matches the filter")
    assert not ui.keys().get("open")


async def test_arrows_move_in_the_list_while_a_filter_is_typed(ui: Driver) -> None:
    _feed(ui, 0, 30)
    await ui.press("slash", *"item", "up", "up")
    assert there(ui.app.main.requests.list.item).started.target == "/item/27"


async def test_a_click_selects_and_a_double_click_opens(ui: Driver) -> None:
    _feed(ui, 0, 5)
    await ui.shows("/item/4")
    requests = ui.app.main.requests.list
    await ui.pilot.click(requests, offset=(10, 1))
    assert there(requests.item).started.target == "/item/1"
    await ui.pilot.click(requests, offset=(10, 2), times=2)
    await ui.shows("general")
    await ui.shows("path        /item/2")


async def test_a_running_request_shows_its_time_and_then_its_status(ui: Driver) -> None:
    ui.session.feed(started(1, "/slow", seconds=78.7))
    await ui.shows("···   1.3 s")
    ui.session.feed(finished(1, "/slow", status=503, ms=2000, seconds=78.7))
    await ui.shows("503  2.00 s")
    requests = ui.app.main.requests.list
    await ui.until(lambda: requests.idle, "no timer for what does not run")


async def test_an_idle_list_has_no_timer(ui: Driver) -> None:
    _feed(ui, 0, 3)
    await ui.shows("/item/2")
    for pane in ui.app.main.panes:
        assert pane.list.idle


async def test_a_cut_request_says_why(ui: Driver) -> None:
    ui.session.feed(started(1, "/x"), finished(1, "/x", status=None, cut="the server process died"))
    await ui.shows("✗")
    await ui.shows("cut: the server process died")


async def test_a_request_that_a_reload_cut_says_so_once(ui: Driver) -> None:
    ui.session.feed(*request(1, "/slow", status=None, cut="cut by reload"))
    await ui.shows("/slow  cut: by reload")


async def test_events_may_come_from_any_context(ui: Driver) -> None:
    # As from a thread's callback. Textual's timers need to know the app by a context variable.
    contextvars.Context().run(ui.session.feed, *request(1, "/first"))
    await ui.shows("/first")
    ui.session.feed(*request(2, "/second"))
    await ui.shows("/second")


async def test_a_narrow_row_keeps_the_target() -> None:
    async with running(size=(40, 10)) as ui:
        ui.session.feed(*request(1, "/basket/17", status=404))
        await ui.shows("404")
        await ui.shows("/basket/17")


async def test_the_errors_pane_shows_the_selected_traceback_where_it_has_room() -> None:
    async with running(size=(200, 50)) as ui:
        ui.session.feed(started(1), raised(1), raised(1, message="another"))
        await ui.press("4")
        await ui.shows("ZeroDivisionError: another")
        await ui.shows("cart.py:48  in Cart.total")
        await ui.press("up")
        await ui.until(lambda: ui.screen().count("ZeroDivisionError: division by zero") >= 2)


async def test_selected_text_is_copied_by_ctrl_c_and_the_dashboard_stays(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []
    monkeypatch.setattr(ui.app, "copy", lambda text, what: copied.append((text, what)))
    ui.session.feed(line("a line of output"))
    await ui.press("2")
    await ui.shows("a line of output")
    ui.app.main.log_pane.list.text_select_all()
    await ui.press("ctrl+c")
    await ui.until(lambda: copied)
    assert copied == [("12:00:00   out   a line of output", "the selected text")]
    assert ui.session.asked == []


def _requests(count: int) -> Store:
    store = Store()
    for number in range(count):
        for event in request(number, f"/path/{number}/of/thing", method="POST"):
            store.apply(event)
    return store


def test_a_filter_over_100_000_rows_is_quick() -> None:
    ring: Ring[str] = Ring(100_000)
    for number in range(100_000):
        ring.append(f"GET 200 /some/path/of/thing?number={number} 127.0.0.1")
    matches = Matches(ring, lambda text: text)
    matches.catch_up()
    times = []
    for query in ("thing", "zz", "=99", "=999"):
        began = time.thread_time()
        matches.search(Query(query))
        times.append(time.thread_time() - began)
    assert len(matches) == 111
    assert min(times) < 0.1


def test_a_filter_looks_again_at_what_was_not_settled() -> None:
    store = _requests(3)
    matches = Matches(
        store.requests,
        lambda r: f"{r.started.target} {r.finished.status if r.finished else ''}",
        lambda r: r.finished is not None,
    )
    store.apply(started(7, "/late"))
    matches.search(Query("418", "reloads"))
    assert len(matches) == 0
    store.apply(finished(7, "/late", status=418))
    matches.catch_up()
    assert [matches[i].started.target for i in range(len(matches))] == ["/late"]


async def test_a_title_counts_only_rows_that_a_key_can_act_on(ui: Driver) -> None:
    pane = ui.app.main.requests
    for event in request(1, "/one"):
        ui.session.store.apply(event)  # the list has not taken it in
    pane.look()
    assert pane.list.item is None
    assert str(pane.border_title).endswith(" 0")
    pane.list.take_in()
    pane.look()
    assert pane.list.item is not None
    assert str(pane.border_title).endswith(" 1")


def test_matches_against_a_plain_search() -> None:
    ring: Ring[str] = Ring(64)
    matches = Matches(ring, lambda text: text)
    for step in range(1, 1000):
        ring.append(f"{step % 7} {step}")
        if step % 97 == 0:
            ring.clear()
        if step % 10 == 0:
            matches.search(Query(("3", "", "33", '"6 "', "9")[step // 10 % 5]))
        if step % 3 == 0:
            matches.catch_up()
            shown = [matches[i] for i in range(len(matches))]
            assert shown == [text for text in ring if matches.query.keeps(text, NO_MEASURES)]


def test_the_place_of_an_item() -> None:
    ring: Ring[str] = Ring(10)
    matches = Matches(ring, lambda text: text)
    for text in ("a", "b", "a", "b"):
        ring.append(text)
    matches.search(Query("b"))
    assert [matches.number_at(i) for i in range(len(matches))] == [1, 3]
    assert (matches.index_of(1), matches.index_of(2), matches.index_of(9)) == (0, 1, 2)


async def test_keys_and_clicks_meet_what_is_shown_while_a_full_list_forgets() -> None:
    """Between two refreshes a flood moves all places: the cursor must not jump over the screen."""
    session = FakeSession()
    session.store.log = Ring(100)
    async with running(session) as ui:
        for number in range(150):
            session.feed(line(f"line {number}."))
        await ui.press("2")
        await ui.shows("line 149.")
        log = ui.app.main.log_pane.list
        last = log.size.height - 1
        for number in range(150, 180):
            session.store.apply(line(f"line {number}."))
        assert "line 149." in log.render_line(last).text
        log.action_move(-1)
        assert there(log.item).text == "line 148."
        assert "line 148." in log.render_line(last - 1).text
        await ui.pilot.click(log, offset=(10, last - 5))
        assert there(log.item).text == "line 144."
