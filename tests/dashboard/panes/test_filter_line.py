"""Type a filter: colours, notes, completion, history."""

from __future__ import annotations

import time

import pytest

from devtui.dashboard.lists.matches import Matches
from devtui.dashboard.panes.filter_line import FilterInput
from devtui.dashboard.panes.log_rows import LogRows
from devtui.filters.pattern import Pattern
from devtui.filters.query import Query
from devtui.session.store.log_entry import MAX_OPEN
from devtui.session.store.measures import measures_of
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store
from tests.support.driver import Driver, running, there
from tests.support.fakes import FakeSession, a_morning, finished, line, request, started

NAMES = {
    " ": "space", "!": "exclamation_mark", ":": "colon", ">": "greater_than_sign", "/": "slash",
    "\\": "backslash", "+": "plus",
}  # fmt: skip


async def type_filter(ui: Driver, text: str) -> None:
    await ui.press("slash", *(NAMES.get(char, char) for char in text))


def style_of(ui: Driver, text: str) -> tuple[str, bool]:
    """Return the colour of a word in the line of the filter, and whether it is underlined."""
    field = ui.app.main.open_pane.filter_input
    segment = next(it for it in field.render_line(0) if text in it.text)
    assert segment.style is not None
    assert segment.style.color is not None
    return segment.style.color.name, bool(segment.style.underline)


async def test_words_are_combined(ui: Driver) -> None:
    ui.session.feed(*a_morning())
    await type_filter(ui, "2xx !static >100ms")
    await ui.shows("Requests 2 of 9")
    await ui.shows("7 left out")
    await ui.shows("/report.csv")
    assert there(ui.app.main.requests.list.item).started.target == "/report.csv"


async def test_each_word_shows_whether_it_was_understood(ui: Driver) -> None:
    ui.session.feed(*a_morning())
    await type_filter(ui, "2xx api level:error")
    await ui.shows("level: works in the log")
    await ui.shows("Requests 2 of 9")
    understood, plain, unknown = (style_of(ui, word) for word in ("2xx", "api", "level:error"))
    assert len({understood, plain, unknown}) == 3
    assert unknown[1]
    assert not understood[1]


async def test_the_log_knows_levels_loggers_and_streams(ui: Driver) -> None:
    ui.session.feed(
        line("all is well", level="INFO", logger="shop.cart"),
        line("oh no", level="ERROR", logger="shop.cart"),
        line("printed", stream="stdout"),
    )
    await ui.press("2")
    for words, shown in (("level:error", "oh no"), ("out", "printed"), ("logger:shop !oh", "well")):
        await type_filter(ui, words)
        await ui.shows("Log 1 of 3")
        await ui.shows(shown)
        await ui.press("escape")


async def test_tab_completes_and_goes_on_to_the_next(ui: Driver) -> None:
    ui.session.feed(*a_morning())
    await type_filter(ui, "pu")
    await ui.shows("tab put")
    await ui.press("tab")
    assert ui.app.main.requests.filter_input.value == "put"
    await ui.press("space", "4", "tab")
    assert ui.app.main.requests.filter_input.value == "put 4xx"
    await ui.press("tab")
    assert ui.app.main.requests.filter_input.value == "put 404"
    assert isinstance(ui.app.focused, FilterInput)


async def test_tab_in_an_empty_filter_goes_to_the_next_pane(ui: Driver) -> None:
    await ui.press("slash", "tab")
    assert not isinstance(ui.app.focused, FilterInput)


async def test_the_history(ui: Driver) -> None:
    ui.session.feed(*a_morning())
    field = ui.app.main.requests.filter_input
    for words in ("api", "post"):
        await type_filter(ui, words)
        await ui.press("enter", "escape")
    await ui.press("slash", "up")
    assert field.value == "post"
    await ui.press("up")
    assert field.value == "api"
    await ui.press("down")
    assert field.value == "post"
    await ui.press("down")
    assert field.value == ""
    await ui.press(*"2xx")
    cursor = ui.app.main.requests.list.cursor
    await ui.press("up")
    assert field.value == "2xx"
    assert ui.app.main.requests.list.cursor == cursor - 1
    await ui.press("ctrl+up")
    assert field.value == "post"


async def test_a_regex_is_searched_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(self: Pattern, text: str) -> bool:
        end = time.perf_counter() + 0.001
        while time.perf_counter() < end:
            pass
        return "99" in text

    monkeypatch.setattr(Pattern, "found_in", slow)
    session = FakeSession()
    for number in range(400):
        session.feed(*request(number, f"/item/{number}"))
    async with running(session) as ui:
        await ui.shows("Requests 400")
        pane = ui.app.main.requests
        pane.open_filter()
        pane.filter_input.value = "/x/"
        await ui.until(lambda: pane.list.matches.slices)
        await ui.shows("searching…")
        await ui.until(lambda: not pane.list.matches.slices)
        expected = sum("99" in str(number) for number in range(400))
        await ui.shows(f"Requests {expected} of 400")


async def test_a_regex_that_takes_too_long_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devtui.dashboard.lists.slices.SEARCH_SECONDS", 0.0)
    monkeypatch.setattr("devtui.dashboard.lists.slices.SLICE_SECONDS", 0.0)
    session = FakeSession()
    for number in range(50):
        session.feed(*request(number, f"/item/{number}"))
    async with running(session) as ui:
        await ui.shows("Requests 50")
        pane = ui.app.main.requests
        pane.open_filter()
        pane.filter_input.value = "/item/"
        await ui.shows("too slow: older rows were not searched")


async def test_the_log_is_searched_for_the_request_that_its_rows_show(ui: Driver) -> None:
    ui.session.feed(*request(1, "/cart"), *request(2, "/other", method="POST"))
    ui.session.feed(line("one", request_id="r1"), line("two", request_id="r2"), line("three"))
    await ui.shows("Log 3")
    await ui.press("2", "slash", *"get")
    await ui.shows("Log 1 of 3")
    await ui.press("space", *"/cart")
    await ui.shows("Log 1 of 3")
    ui.session.feed(line("four", request_id="r1"), line("five", request_id="r2"))
    await ui.shows("Log 2 of 5")
    for typed, found in (("!/cart", 3), ("/po?st/", 2), ("post two", 1), ("!/c.rt$/", 3)):
        ui.app.main.log_pane.filter_input.value = typed
        await ui.shows(f"Log {found} of 5")


def test_a_search_of_the_log_looks_no_request_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line may have a request of its own, and each letter is searched in all of them."""
    store = Store()
    for number in range(200):
        store.apply(started(number, f"/item/{number}"))
        store.apply(line("said", request_id=f"r{number}"))
        store.apply(finished(number, f"/item/{number}"))
    rows = LogRows(store)
    matches = Matches(store.log, rows.text, rows.settled, measures_of)
    matches.catch_up()
    looked_up: list[str] = []
    request = Store.request

    def noted(store: Store, request_id: str) -> Request | None:
        looked_up.append(request_id)
        return request(store, request_id)

    monkeypatch.setattr(Store, "request", noted)
    for typed, found in (("/item/19", 11), ("get", 200), ("nothing", 0), ("!/item/19", 189)):
        looked_up.clear()
        matches.search(Query(typed, "log"))
        assert len(matches) == found
        assert len(looked_up) <= MAX_OPEN, "only those that may still grow"


async def test_rows_that_are_only_hidden_are_told_of(ui: Driver) -> None:
    ui.session.feed(*request(1, "/static/a.css"), *request(2, "/static/b.css"), *request(3, "/x"))
    await ui.shows("Requests 3")
    await ui.press("home", "h", "enter", "slash", *"css")
    await ui.shows("no row matches the filter, but 2 hidden rows do: shift+h")
    for typed, found in (("/b.css/", "1 hidden row does: shift+h"), ("nothing", "no row matches")):
        ui.app.main.requests.filter_input.value = typed
        await ui.shows(found)
