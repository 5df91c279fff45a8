"""Wide text does not freeze the screen: the time depends on the visible part, which is bounded."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from msgspec import structs

from devtui.dashboard.details.row_detail import detail_of
from devtui.dashboard.errors.code_lines import highlighted
from devtui.dashboard.errors.error_screen import ErrorScreen
from devtui.dashboard.lists.sections import MAX_CHARACTERS, Section, laid_out, pairs, text_lines
from devtui.dashboard.widgets.cells import row_width, wrap
from devtui.events import Body, Error, ErrorRaised, ExceptionData
from devtui.session.store.store import Store
from tests.support.driver import Driver, running
from tests.support.fakes import finished, line, raised, started

CHARACTERS = [
    "界",
    "a",
    "\u1161",
    "a\u0301",
    "\t",
    "\U0001f3fd",
    "\x1b",
    "\U0001f1e9",
    "👍\U0001f3fd",
]
SECONDS = 5.0
"""Many times what it takes, also on a busy machine; before, it took a minute and more."""


@pytest.mark.parametrize("characters", CHARACTERS, ids=ascii)
@pytest.mark.parametrize("width", [20, 76, 116])
def test_wrapping_measures_slices(characters: str, width: int) -> None:
    text = "\n".join([(characters * 20_000)[:20_000]] * 10)
    began = time.perf_counter()
    shown = laid_out([Section("", text_lines(text))], width)
    assert time.perf_counter() - began < SECONDS
    assert all(row_width(row.row) <= width for row in shown)


@pytest.mark.parametrize("characters", CHARACTERS, ids=ascii)
def test_wrapping_loses_nothing(characters: str) -> None:
    text = text_lines((f"{characters}x" * 300)[:500])[0].row[0][0]
    for width in (9, 20, 77):
        for indent in (0, 4):
            rows = wrap([(text[:100], "a"), (text[100:], "b")], width, indent)
            pieces = [part for row in rows for part, style in row if style]
            assert "".join(pieces) == text
            assert all(row_width(row) <= width for row in rows)


@pytest.mark.parametrize(
    ("piece", "count"),
    [("x\n", 5_000_000), ("界", 10_000_000), ("界" * 19_999 + "\n", 500)],
    ids=["many lines", "one line", "wide lines"],
)
def test_a_text_is_shown_up_to_a_bound(piece: str, count: int) -> None:
    text = piece * count
    began = time.perf_counter()
    lines = text_lines(text)
    assert time.perf_counter() - began < SECONDS
    assert sum(len(part) for each in lines for part, _ in each.row) < MAX_CHARACTERS + 21_000
    told = lines[-1].row[-1][0]
    assert "not shown" in told or "characters)" in told


def test_pairs_are_shown_up_to_a_bound() -> None:
    began = time.perf_counter()
    lines = pairs([(f"name-{number}", "界" * 20_000) for number in range(1_000)])
    assert time.perf_counter() - began < SECONDS
    assert "is not shown" in lines[-1].row[0][0]


def test_a_long_source_is_not_coloured() -> None:
    source = "x = 'text'\n" * 200_000
    began = time.perf_counter()
    assert len(highlighted(source)) == 200_001
    assert time.perf_counter() - began < SECONDS


async def error_screen(ui: Driver) -> ErrorScreen:
    await ui.until(lambda: isinstance(ui.app.screen, ErrorScreen))
    assert isinstance(ui.app.screen, ErrorScreen)
    return ui.app.screen


async def test_a_request_with_wide_lines_opens_at_once() -> None:
    async with running() as ui:
        wide = "界" * 20_000
        ui.session.feed(started(1, "/wide"))
        for number in range(10):
            begun = ui.session.store.requests[0].started.id
            ui.session.feed(line(wide, request_id=begun, seconds=number))
        ui.session.feed(finished(1, "/wide"))
        await ui.shows("/wide")
        began = time.perf_counter()
        await ui.press("enter")
        await ui.shows("general")
        assert time.perf_counter() - began < SECONDS


async def test_an_error_with_a_wide_message_opens_at_once() -> None:
    async with running() as ui:
        wide = ("界" * 20_000 + "\n") * 10
        exception = ExceptionData(type="界" * 20_000, message=wide, notes=(wide, wide))
        raised_one = ErrorRaised(
            error=Error(
                exceptions=(exception, structs.replace(exception, relation="cause")), text=wide
            ),
            error_id="1-e1",
            generation=1,
        )
        ui.session.feed(raised_one)
        await ui.press("4")
        await ui.until(lambda: ui.app.main.open_pane.list.item)
        began = time.perf_counter()
        await ui.press("enter")
        screen = await error_screen(ui)
        await ui.until(lambda: len(screen.list.matches))
        assert time.perf_counter() - began < 4 * SECONDS


async def test_typing_a_filter_over_wide_rows_goes_on() -> None:
    async with running() as ui:
        for number in range(500):
            ui.session.feed(line("界" * 20_000, seconds=number))
        await ui.press("2")
        began = time.perf_counter()
        await ui.press("slash", *"界x", "backspace", "escape")
        assert time.perf_counter() - began < SECONDS


async def test_a_large_paste_into_the_prompt_does_not_freeze_the_screen() -> None:
    from textual.events import Paste

    async with running() as ui:
        ui.session.feed(started(1), raised(1))
        await ui.press("4")
        await ui.until(lambda: ui.app.main.open_pane.list.item)
        await ui.press("enter")
        screen = await error_screen(ui)
        await ui.press("x")
        began = time.perf_counter()
        ui.app.post_message(Paste("'" + "界" * 1_000_000 + "'"))
        await ui.until(lambda: screen.console.prompt.text)
        await ui.press("enter")
        await ui.until(lambda: screen.evaluation.running)
        assert time.perf_counter() - began < 4 * SECONDS


@pytest.mark.parametrize("depth", [3, 800])
def test_a_deeply_nested_body_is_laid_out_within_a_bound(depth: int) -> None:
    """Each number stands on a line of its own, indented by the depth."""
    text = "[" * depth + "1," * 15_500 + "1" + "]" * depth
    body = Body(text=text, size_bytes=len(text), content_type="application/json")
    store = Store()
    store.apply(started(1))
    store.apply(finished(1, response_body=body))
    tracemalloc.start()
    try:
        detail = detail_of(store.requests[0], store)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    shown = next(section for section in detail.sections if section.title == "response body")
    assert peak_bytes < 20_000_000
    assert shown.text == text
    assert (len(shown.lines) > 1000) is (depth == 3)
