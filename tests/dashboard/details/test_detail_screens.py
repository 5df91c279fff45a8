from __future__ import annotations

import json
import re
from typing import Any

import pytest

from devtui.dashboard.details import detail_screen
from devtui.dashboard.details.row_detail import copied_text, detail_of, frame_of
from devtui.dashboard.lists.sections import MAX_LINES, Detail, laid_out, text_lines
from devtui.dashboard.opened import opened_screen
from devtui.dashboard.opened.opened_screen import OpenedScreen
from devtui.dashboard.panes.error_summary import error_sections
from devtui.events import (
    AnyEvent,
    Body,
    Error,
    ExceptionData,
    Frame,
    LogWritten,
    ServerExited,
)
from devtui.session.store.store import Store
from tests.support.driver import Driver, there
from tests.support.fakes import (
    error,
    finished,
    line,
    load_failed,
    raised,
    reloaded,
    request,
    started,
    store_of,
)

TARGET = "/api/items?q=caf%C3%A9+au+lait&page=2&empty="


def _text(detail: Detail, width: int = 100) -> str:
    return "\n".join(
        "".join(text for text, _ in line.row) for line in laid_out(detail.sections, width)
    )


def _request_text(*events: AnyEvent) -> str:
    store = store_of(*events)
    return _text(detail_of(store.requests[store.requests.first], store))


def test_a_request_has_its_parts() -> None:
    text = _request_text(
        started(1, TARGET, method="POST"),
        line("asking", level="INFO", logger="shop.db", request_id="r1"),
        raised(1),
        finished(1, TARGET, method="POST", status=500, ms=231.4, size=14_820),
    )
    for part in (
        "status      500",
        "size        14,820 bytes",
        "path        /api/items",
        "started     2026-03-02 12:00:00.000",
        "first byte  116 ms",
        "total       231 ms",
        "q: café au lait",
        "empty: ",
        "User-Agent: curl/8.5.0",
        "Content-Type",
        "INFO  shop.db asking",
        "ZeroDivisionError: division by zero",
    ):
        assert part in text, part


def test_json_bodies_are_pretty_and_copied_as_they_were() -> None:
    sent = '{"name":"tea","tags":["a"]}'
    body = Body(content_type="application/json", size_bytes=27, text=sent)
    store = store_of(started(1), finished(1, request_body=body))
    sections = {s.title: s for s in detail_of(store.requests[0], store).sections}
    assert json.dumps(json.loads(sent), indent=2) in _text(detail_of(store.requests[0], store))
    assert sections["request body"].text == sent


def test_bodies_of_other_kinds() -> None:
    broken = Body(content_type="application/json", size_bytes=9, text='{"a": 1,,')
    image = Body(content_type="image/png", size_bytes=8_090)
    text = _request_text(started(1), finished(1, request_body=broken, response_body=image))
    assert '{"a": 1,,' in text
    assert "image/png · 8.1 kB, binary" in text
    cut = Body(content_type="text/plain", size_bytes=90_000, text="ab\ncd", truncated=True)
    text = _request_text(started(1), finished(1, response_body=cut))
    assert "text/plain · 90 kB, the first 5 characters" in text
    assert "\nab\ncd" in text


def test_json_nested_without_end_is_shown_as_text() -> None:
    text = "[" * 50_000
    body = Body(content_type="application/json", size_bytes=len(text), text=text)
    assert "[[[[" in _request_text(started(1), finished(1, response_body=body))


def test_too_many_parameters_are_not_decoded() -> None:
    assert "(not decoded)" in _request_text(*request(1, "/?" + "a&" * 2000))


def test_an_error_marks_own_code_and_folds_the_library() -> None:
    text = "\n".join(
        "".join(text for text, _ in line.row) for line in laid_out(error_sections(error()), 100)
    )
    assert text.startswith("ZeroDivisionError: division by zero\n▌ /project/shop/views.py:31")
    assert "▌ /project/shop/cart.py:48  in Cart.total" in text
    assert "Traceback (most recent call last):" in text


def test_an_error_without_code_of_the_users_begins_with_the_frame_that_raised() -> None:
    frames = tuple(Frame(file=f"/lib/{name}.py", line=1, function="f") for name in "abcd")
    only = Error(exceptions=(ExceptionData(type="E", message="", frames=frames),), text="")
    (section,) = error_sections(only)
    shown = ["".join(text for text, _ in line.row) for line in section.lines]
    assert shown == ["E", "    … 3 library frames", "  /lib/d.py:1  in f"]


def test_chains_groups_and_notes() -> None:
    member = ExceptionData(type="KeyError", message="'x'")
    chain = Error(
        exceptions=(
            ExceptionData(type="RuntimeError", message="two\nlines", notes=("try this",)),
            ExceptionData(type="ValueError", message="bad", relation="cause"),
            ExceptionData(
                type="ExceptionGroup", message="some", relation="context", exceptions=(member,)
            ),
        ),
        text="the text\n",
    )
    sections = error_sections(chain)
    assert [s.title for s in sections] == ["", "caused by", "raised while handling", "traceback"]
    lines = [line for s in sections for line in s.text.splitlines()]
    assert lines[-1] == "the text"
    shown = ["".join(t for t, _ in line.row) for s in sections for line in s.lines]
    assert shown[:3] == ["RuntimeError: two", "lines", "note: try this"]
    assert "  │ KeyError: 'x'" in shown


def test_a_log_line_is_whole_with_its_request() -> None:
    store = store_of(started(1, "/here"), line("first\nsecond " + "x" * 300, request_id="r1"))
    text = _text(detail_of(store.log[0], store), 80)
    assert "first\nsecond xxx" in text
    assert "/here" in text


def test_reloads() -> None:
    text = _text(detail_of(reloaded(), Store()))
    assert "hello.py changed" in text
    assert "/project/hello.py:1" in text
    assert "36 ms" in text
    assert "did not load" in _text(detail_of(reloaded(failed=True), Store()))
    assert "was never closed" in _text(detail_of(load_failed(), Store()))
    died = ServerExited(pid=7, signal="SIGSEGV")
    assert "killed by SIGSEGV (pid 7)" in _text(detail_of(died, Store()))


def test_where_rows_point_to() -> None:
    store = store_of(started(1), raised(1), finished(1, status=500))
    assert there(frame_of(store.requests[0], store)).line == 48
    assert there(frame_of(store.error_groups.ring[0], store)).file == "/project/shop/cart.py"
    assert there(frame_of(reloaded(), store)).file == "/project/hello.py"
    store.apply(LogWritten(stream="stdout", text="x"))
    assert frame_of(store.log[0], store) is None
    store.errors.clear()
    assert frame_of(store.requests[0], store) is None


def test_what_rows_copy() -> None:
    store = store_of(*request(1, "/a?b"), raised(1), line("whole \x1b text"))
    assert copied_text(store.requests[0], "http://h:1") == ("http://h:1/a?b", "the URL")
    assert copied_text(store.error_groups.ring[0], "")[0] == error().text
    assert copied_text(store.log[0], "") == ("whole \x1b text", "the line")
    assert copied_text(reloaded(), "")[0] == "hello.py changed"


def test_texts_without_end_are_bounded() -> None:
    lines = text_lines("x\n" * (MAX_LINES * 3))
    assert len(lines) == MAX_LINES + 1
    assert "more characters are not shown" in lines[-1].row[0][0]


async def test_enter_opens_and_escape_goes_back(ui: Driver) -> None:
    ui.session.feed(*request(1, "/opened"))
    await ui.shows("/opened")
    await ui.press("enter")
    await ui.shows("request headers")
    await ui.press("escape")
    await ui.shows("1 Requests")


async def test_the_first_frame_of_an_open_row_shows_it(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The width of its lines is known before the layout is made, which would take a frame."""
    made: list[object] = []

    def noted(item: Any, *known: Any) -> Detail:
        made.append(item)
        return detail_of(item, *known)

    monkeypatch.setattr(detail_screen, "detail_of", noted)
    ui.session.feed(*request(1, "/first"))
    await ui.shows("/first")
    await ui.press("enter")
    await ui.shows("general")
    await ui.pilot.pause(0.2)
    assert len(made) == 1  # nothing had to be laid out anew
    assert ui.on(OpenedScreen).list.row_width == ui.app.size.width - opened_screen.BESIDE_ROWS


async def test_the_open_row_copies_its_sections(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []
    monkeypatch.setattr(ui.app, "copy", lambda text, what: copied.append((text, what)))
    ui.session.feed(*request(1, "/a?x=1"))
    await ui.shows("/a?x=1")
    await ui.press("enter")
    await ui.shows("query")
    lines = ui.on(OpenedScreen).list
    index = next(i for i in range(99) if lines.matches[i].section.title == "query")
    lines.select(index + 1)
    await ui.press("y")
    assert copied == [("x: 1", "the query")]
    lines.select(0)
    await ui.press("y")
    assert copied[1][1] == "the general facts"


async def test_the_server_keys_work_over_an_open_row(ui: Driver) -> None:
    ui.session.feed(*request(1, "/x"))
    await ui.shows("/x")
    await ui.press("enter")
    await ui.shows("general")
    await ui.press("r")
    assert ui.session.asked == [("restart", "restart")]


async def test_an_open_row_is_wrapped_anew_when_the_terminal_changes(ui: Driver) -> None:
    ui.session.feed(line("begin " + "m" * 300 + " end"))
    await ui.press("2")
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("enter")
    await ui.shows(" mmm")
    assert re.search(r"│ m+ end ", ui.screen())
    await ui.pilot.resize_terminal(60, 20)
    await ui.until(lambda: len(ui.on(OpenedScreen).list.matches) == 6)
    assert re.search(r"│ m+ end ", ui.screen())
