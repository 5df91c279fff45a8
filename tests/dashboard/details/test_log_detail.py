"""An opened row of the log: what was written, its error, its request and the rows around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtui.dashboard.details.detail_screen import DetailScreen
from devtui.dashboard.details.row_detail import copied_text, detail_of, frame_of
from devtui.dashboard.lists.sections import Detail, laid_out
from devtui.session.store.log_entry import LogEntry
from devtui.text.sgr import Look
from tests.support.driver import Driver, there
from tests.support.fakes import TRACEBACK, finished, line, raised, started, store_of


def _text(detail: Detail, width: int = 100) -> str:
    return "\n".join(
        "".join(text for text, _ in line.row) for line in laid_out(detail.sections, width)
    )


def test_it_shows_exactly_what_was_written_in_its_colours() -> None:
    store = store_of(line("2026-03-02 12:00:00 INFO shop \x1b[31mred\x1b[0m", level="INFO"))
    (written,) = detail_of(store.log[0], store).sections
    assert written.lines[0].row == [
        ("2026-03-02 12:00:00 INFO shop ", ""),
        ("red", Look(ink=1)),
    ]


def test_copies_have_no_colours() -> None:
    store = store_of(line("\x1b[31mred\x1b[0m and \x1b[1mbold\x1b[0m"))
    assert copied_text(store.log[0], "") == ("red and bold", "the line")
    (written,) = detail_of(store.log[0], store).sections
    assert written.text == "red and bold"


def test_a_traceback_has_its_frames_first_and_then_its_text() -> None:
    store = store_of(*(line(one, stream="stderr") for one in TRACEBACK.splitlines()))
    text = _text(detail_of(store.log[0], store))
    assert text.index("▌ /project/shop/cart.py:48  in total") < text.index("as written")
    assert TRACEBACK.rstrip("\n") in text
    assert copied_text(store.log[0], "") == (TRACEBACK.rstrip("\n"), "the record")


def test_it_points_to_the_user_s_frame_or_to_a_file_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello.py").touch()
    link = f"\x1b]8;id=1;file://{tmp_path}/hello.py#9\x1b\\hello.py\x1b]8;;\x1b\\"
    texts = {
        "see hello.py:17": 17,
        f"see {tmp_path}/hello.py:18 there": 18,
        'File "/nowhere/a.py", line 19, in f': 19,
        link: 9,
        "see other.py:3": None,
        "at 12:30:45 on example.com:80": None,
        "http://127.0.0.1:5000/": None,
    }
    for text, number in texts.items():
        store = store_of(line(text))
        frame = frame_of(store.log[0], store)
        assert (None if frame is None else frame.line) == number, text
    store = store_of(*(line(one, stream="stderr") for one in TRACEBACK.splitlines()))
    assert there(frame_of(store.log[0], store)).line == 48


async def test_enter_opens_a_neighbour_and_g_the_error(ui: Driver) -> None:
    ui.session.feed(
        line("before it"),
        started(1, "/cart"),
        *(line(one, stream="stderr", request_id="r1") for one in TRACEBACK.splitlines()),
        raised(1),
        finished(1, "/cart", status=500),
        line("after it"),
    )
    await ui.press("2", "up", "enter")
    await ui.shows("around it")
    await ui.shows("after it")
    await ui.press("g")
    await ui.shows("GET /cart  ·  generation 1")
    await ui.press("escape")
    await ui.shows("around it")
    await ui.press("end", "enter")
    await ui.shows_not("as written")
    item = ui.on(DetailScreen).item
    assert isinstance(item, LogEntry)
    assert item.text == "after it"
