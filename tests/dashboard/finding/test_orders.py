"""Orders of the requests, and the line that marks a reload."""

from __future__ import annotations

import time

from msgspec.structs import replace

from devtui.dashboard.lists.matches import Matches
from devtui.dashboard.panes.rows import RequestRows
from devtui.filters.query import Query
from devtui.session.store.measures import measures_of
from devtui.session.store.ring import Ring
from devtui.session.store.store import Store
from tests.support.driver import Driver, running, there
from tests.support.fakes import NOON, FakeSession, called, finished, reloaded, request, started

ROWS = ((1, "/quick", 200, 1.0, 30), (2, "/slow", 200, 900.0, 20), (3, "/big", 404, 50.0, 5_000))


def feed(session: FakeSession) -> None:
    for number, target, status, ms, size in ROWS:
        calls = (called("SELECT 1"),) * (4 - number)
        session.feed(*request(number, target, status=status, ms=ms, size=size, calls=calls))


def targets(ui: Driver) -> list[str]:
    matches = ui.app.main.requests.list.matches
    return [matches[at].row.target for at in range(len(matches))]


async def test_the_key_goes_through_the_orders_and_back(ui: Driver) -> None:
    feed(ui.session)
    await ui.shows("Requests 3")
    requests = ui.app.main.requests.list
    for words, wanted in (
        ("slowest first", ["/slow", "/big", "/quick"]),
        ("largest first", ["/big", "/quick", "/slow"]),
        ("most calls first", ["/quick", "/slow", "/big"]),
        ("highest status first", ["/big", "/slow", "/quick"]),
    ):
        await ui.press("S")
        await ui.shows(f"Requests 3 · {words}")
        assert targets(ui) == wanted
        assert requests.cursor == 0
        assert not requests.following
    await ui.press("S")
    await ui.shows_not("first")
    assert targets(ui) == ["/quick", "/slow", "/big"]
    assert requests.following


async def test_f_goes_back_to_the_newest(ui: Driver) -> None:
    feed(ui.session)
    await ui.press("S")
    await ui.shows("slowest first")
    await ui.press("f")
    await ui.shows_not("slowest first")
    assert ui.app.main.requests.list.following


async def test_new_rows_take_their_place_and_the_cursor_stays_on_its_row(ui: Driver) -> None:
    feed(ui.session)
    await ui.press("S")
    await ui.shows("slowest first")
    ui.session.feed(*request(4, "/slower", ms=2_000.0), started(5, "/runs"))
    await ui.shows("2 new")
    assert targets(ui) == ["/slower", "/slow", "/big", "/quick", "/runs"]
    assert there(ui.app.main.requests.list.item).row.target == "/slow"
    ui.session.feed(finished(5, "/runs", ms=5_000.0))
    await ui.until(lambda: targets(ui)[0] == "/runs")
    assert ui.app.main.requests.list.scroll_offset.y == 0


async def test_a_filter_and_an_order_go_together(ui: Driver) -> None:
    feed(ui.session)
    await ui.press("S", "slash", *"200")
    await ui.shows("Requests 2 of 3 · slowest first")
    assert targets(ui) == ["/slow", "/quick"]


async def test_other_panes_are_not_sorted(ui: Driver) -> None:
    await ui.press("2", "S")
    assert ui.toasts == ["Only requests can be sorted: press 1 first."]


async def test_the_palette_names_each_order(ui: Driver) -> None:
    feed(ui.session)
    await ui.press("ctrl+p", *"largest")
    await ui.shows("Sort: largest first")
    await ui.press("down", "enter")
    await ui.shows("Requests 3 · largest first")


def test_sorting_100_000_rows_is_quick() -> None:
    store = Store()
    for number in range(100_000):
        for event in request(number, f"/path/{number}", ms=number * 7919 % 10_007):
            store.apply(event)
    rows = RequestRows(lambda: NOON)
    matches = Matches(store.requests, rows.text, rows.settled, measures_of)
    matches.catch_up()
    times = []
    for order in ("duration", "size", "status"):
        began = time.thread_time()
        matches.sort(order)
        times.append(time.thread_time() - began)
    assert min(times) < 0.2
    matches.sort("duration")
    durations = [matches[at].row.duration_ms for at in range(0, 100_000, 999)]
    assert durations == sorted(durations, reverse=True)


def test_an_order_against_a_plain_sort() -> None:
    """Rows come, end, are hidden, filtered and forgotten."""
    store = Store()
    store.requests = Ring(40, max_bytes=10**9, size_of=lambda it: it.row_bytes)
    rows = RequestRows(lambda: NOON)
    matches = Matches(store.requests, rows.text, rows.settled, measures_of)
    matches.hide(lambda text, facts: "/7" in text and not facts.failed)
    matches.sort("duration")
    running = []
    for step in range(1, 1_500):
        if step % 3:
            store.apply(started(step, f"/{step % 10}"))
            running.append(step)
        elif running:
            number = running.pop(step * 7 % len(running))
            status = (200, 500)[step % 2]
            ms = step * 37 % 101
            store.apply(finished(number, f"/{number % 10}", ms=ms, status=status))
        if step % 250 == 0:
            store.requests.clear()
            running.clear()
        if step % 50 == 0:
            matches.search(Query(("", "5xx", "!/3", "/[1-5]/")[step // 50 % 4]))
        if step % 4 == 0:
            matches.catch_up()
            expected = [
                number
                for number in range(store.requests.first, store.requests.end)
                if matches.query.keeps(
                    rows.text(store.requests[number]).lower(), measures_of(store.requests[number])
                )
                and not (
                    "/7" in rows.text(store.requests[number])
                    and not measures_of(store.requests[number]).facts.failed
                )
            ]
            expected.sort(key=lambda it: (-measures_of(store.requests[it]).duration_ms, -it))
            shown = [matches.number_at(at) for at in range(len(matches))]
            assert shown == expected, step
            assert all(matches.index_of(number) == at for at, number in enumerate(shown))


def underlined(ui: Driver, at: int) -> bool:
    return any(
        there(segment.style).underline for segment in ui.app.main.requests.list.render_line(at)
    )


async def test_rows_that_come_between_push_the_cursor_not_out_of_view() -> None:
    async with running(size=(80, 24)) as ui:
        ui.session.feed(*(one for n in range(1, 31) for one in request(n, f"/{n}", ms=n)))
        await ui.shows("Requests 30")
        await ui.press("S", "end", "up")
        rows = ui.app.main.requests.list
        assert there(rows.item).id == "r2"
        ui.session.feed(*(one for n in range(31, 36) for one in request(n, f"/{n}", ms=5.5)))
        await ui.shows("Requests 35")
        assert there(rows.item).id == "r2"
        assert " /2 " in ui.screen()


async def test_a_thin_line_marks_each_reload(ui: Driver) -> None:
    feed(ui.session)
    await ui.shows("Requests 3")
    assert not any(underlined(ui, at) for at in range(3))
    ui.session.feed(reloaded(80, generation=2))
    await ui.shows("reload #2")
    assert [underlined(ui, at) for at in range(3)] == [False, False, True]
    ui.session.feed(*(replace(event, generation=2) for event in request(4, "/new")))
    await ui.shows("/new")
    await ui.until(lambda: [underlined(ui, at) for at in range(4)] == [False, False, True, False])
    await ui.press("S")
    await ui.shows_not("reload #2")


async def test_beside_the_words_of_the_line_a_row_says_that_it_is_cut() -> None:
    path = "/items/" + "0123456789" * 9
    async with running(size=(80, 24)) as ui:
        ui.session.feed(*request(1, path, cut="cut by restart"), *request(2, path))
        ui.session.feed(reloaded(80, generation=2))
        await ui.shows("…  reload #2")
        ui.session.store.requests.clear()
        ui.session.feed(*request(3, path, cut="cut by restart"))
        await ui.shows("…  cut: by restart  reload #2")


async def test_the_line_is_there_on_a_narrow_screen() -> None:
    session = FakeSession()
    async with running(session, size=(42, 24)) as ui:
        feed(session)
        session.feed(reloaded(80, generation=2))
        await ui.until(lambda: underlined(ui, 2))
