"""Search, folds and neighbours of an opened row."""

from __future__ import annotations

from collections.abc import Sequence

from devtui.dashboard.finding import GONE, NO_ROW_AFTER, NO_ROW_BEFORE
from devtui.dashboard.lists.sections import Line, Section, ShownLine, laid_out
from devtui.dashboard.opened.line_search import (
    Match,
    folded,
    marked_row,
    matches_in,
)
from devtui.dashboard.opened.opened_screen import OpenedScreen
from devtui.dashboard.widgets.cells import Row
from tests.support.driver import Driver, running, there
from tests.support.fakes import FakeSession, finished, line, raised, request, started


def lines_of(*texts: str, width: int = 40, indent: int = 0) -> Sequence[ShownLine]:
    section = Section("", [Line([(text, "")], indent=indent) for text in texts])
    return laid_out([section], width).items


def test_matches_are_found_in_any_case() -> None:
    lines = lines_of("Content-Type: text/HTML", "html")
    assert matches_in(lines, "html") == [Match(((0, 19, 23),)), Match(((1, 0, 4),))]
    assert matches_in(lines, "xml") == []


def test_a_match_goes_on_over_the_end_of_a_wrapped_line() -> None:
    lines = lines_of("abcdefghij" * 2, width=8, indent=2)
    assert [part for part, *_ in (match.parts for match in matches_in(lines, "hijab"))] == [
        (0, 7, 8)
    ]
    assert matches_in(lines, "hijab")[0].parts == ((0, 7, 8), (1, 2, 6))


def test_characters_keep_their_places() -> None:
    assert folded("İstanbul") == "İstanbul".replace("İ", "İ").lower()[:0] + "İstanbul"
    assert len(folded("İİ")) == 2


def test_marks_split_spans() -> None:
    row: Row = [("abc", "x"), ("def", "y")]
    assert marked_row(row, [(1, 4, "match")]) == [
        ("a", "x"),
        ("bc", "match"),
        ("d", "match"),
        ("ef", "y"),
    ]


async def opened(ui: Driver, *targets: str) -> None:
    for number, target in enumerate(targets, 1):
        ui.session.feed(*request(number, target))
    await ui.shows(f"Requests {len(targets)}")
    await ui.press("enter")
    await ui.shows("▾ general")


async def test_a_search_moves_marks_and_counts(ui: Driver) -> None:
    await opened(ui, "/a?name=curl&x=CURL")
    await ui.press("slash", *"curl")
    await ui.shows("1 of 3")
    lines = ui.on(OpenedScreen).list
    assert "name" in "".join(text for text, _ in there(lines.item).row)
    await ui.press("enter", "n")
    await ui.shows("2 of 3")
    await ui.press("n")
    await ui.shows("3 of 3")
    assert "User-Agent" in "".join(text for text, _ in there(lines.item).row)
    await ui.press("n")
    await ui.shows("1 of 3")
    await ui.press("N")
    await ui.shows("3 of 3")
    marked = lines.render_line(lines.cursor - lines.scroll_offset.y)
    styles = {segment.text: there(segment.style).bgcolor for segment in marked}
    assert styles["curl"] != styles["/8.5.0"]
    await ui.press("escape")
    await ui.shows_not("3 of 3")
    assert ui.on(OpenedScreen).key_scopes == ("opened", "detail")
    await ui.press("escape")
    await ui.shows("1 Requests")


async def test_a_text_that_is_not_there(ui: Driver) -> None:
    await opened(ui, "/a")
    await ui.press("slash", *"nowhere", "enter")
    await ui.shows("not found")
    await ui.press("n")
    assert ui.toasts == ["The text is not in this row."]
    await ui.press("escape", "n")
    assert ui.toasts[1:] == ["There is no search: / begins one."]


async def test_sections_fold_and_stay_folded_in_the_next_row(ui: Driver) -> None:
    await opened(ui, "/a", "/b")
    await ui.press("home", "enter")
    await ui.shows("▸ general 5 lines")
    await ui.shows_not("served by")
    await ui.press("left_square_bracket")
    await ui.shows("GET /a")
    await ui.shows("▸ general 5 lines")
    await ui.press("enter")
    await ui.shows("served by")


async def test_a_search_unfolds_what_it_finds(ui: Driver) -> None:
    await opened(ui, "/a")
    await ui.press("home", "enter")
    await ui.shows_not("served by")
    await ui.press("slash", *"served")
    await ui.shows("  1 of 1")
    await ui.shows("served by")
    await ui.press("escape")
    await ui.shows("▸ general")


async def test_brackets_open_the_neighbours_as_the_list_shows_them(ui: Driver) -> None:
    for number, target in enumerate(("/a", "/other", "/ab"), 1):
        ui.session.feed(*request(number, target))
    await ui.shows("Requests 3")
    await ui.press("slash", *"/a", "enter", "enter")
    await ui.shows("GET /ab")
    await ui.shows("─ row 2 of 2 ─")
    await ui.press("left_square_bracket")
    await ui.shows("╭─ GET /a ─")
    await ui.shows("─ row 1 of 2 ─")
    await ui.press("left_square_bracket")
    assert ui.toasts == [NO_ROW_BEFORE]
    await ui.press("right_square_bracket")
    await ui.shows("GET /ab")
    await ui.press("right_square_bracket")
    assert ui.toasts == [NO_ROW_BEFORE, NO_ROW_AFTER]


async def test_the_place_follows_the_list(ui: Driver) -> None:
    await opened(ui, "/a", "/b")
    await ui.shows("─ row 2 of 2 ─")
    ui.session.feed(*request(3, "/c"), *request(4, "/d"))
    await ui.shows("─ row 2 of 4 ─")
    await ui.press("question_mark")
    ui.session.feed(*request(5, "/e"))
    await ui.press("escape")
    await ui.shows("─ row 2 of 5 ─")
    ui.session.store.clear_requests()
    ui.session.feed(*request(6, "/f"))
    await ui.shows_not("─ row")


async def test_the_place_of_an_error_follows_its_list(ui: Driver) -> None:
    ui.session.feed(started(1), raised(1), raised(1, message="another"))
    await ui.shows("Errors 2")
    await ui.press("4", "enter")
    await ui.shows("─ row 2 of 2 ─")
    ui.session.feed(raised(1, message="a third"))
    await ui.shows("─ row 2 of 3 ─")


async def test_the_cursor_stays_in_its_section(ui: Driver) -> None:
    await opened(ui, "/a?x=1&y=2", "/b")
    await ui.press("end")
    assert there(ui.on(OpenedScreen).list.item).section.title == "request headers"
    await ui.press("left_square_bracket")
    await ui.shows("GET /a?x=1")
    assert there(ui.on(OpenedScreen).list.item).section.title == "request headers"


async def test_a_row_that_is_gone_says_so(ui: Driver) -> None:
    await opened(ui, "/a", "/b")
    ui.session.store.clear_requests()
    await ui.press("left_square_bracket")
    assert ui.toasts == [GONE]


async def test_neighbours_of_errors_and_log_lines() -> None:
    session = FakeSession()
    async with running(session) as ui:
        session.feed(started(1), raised(1), raised(1, message="another"))
        await ui.shows("Errors 2")
        await ui.press("4", "enter")
        await ui.shows("ZeroDivisionError: another")
        await ui.shows("─ row 2 of 2 ─")
        await ui.press("left_square_bracket")
        await ui.shows("ZeroDivisionError: division by zero")
        await ui.shows("─ row 1 of 2 ─")
        await ui.press("right_square_bracket")
        await ui.shows("ZeroDivisionError: another")
        await ui.press("escape")
        session.feed(line("first line"), line("second line"))
        await ui.press("2")
        await ui.shows("second line")
        await ui.press("enter", "left_square_bracket")
        await ui.shows("first line")


async def test_a_search_goes_on_when_the_request_ends(ui: Driver) -> None:
    ui.session.feed(started(1, "/slow"))
    await ui.shows("/slow")
    await ui.press("enter", "slash", *"content")
    await ui.shows("not found")
    ui.session.feed(finished(1, "/slow"))
    await ui.shows("of 2")
