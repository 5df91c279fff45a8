"""Pinned requests are sent after every reload, and their rows say what has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtui.events import RequestFinished, RequestStarted
from devtui.session.replay.outgoing import CannotSend
from devtui.session.replay.pins import MAX_PINS
from devtui.session.store.request_record import Request
from tests.support.live import Live, Serve
from tests.support.projects import app_source, write

pytestmark = pytest.mark.e2e

SHOP = app_source("replay/shop.py")


def stored(live: Live, row: RequestFinished) -> Request:
    request = live.session.store.request(row.id)
    assert request is not None
    return request


def test_after_each_reload(serve: Serve, folder: Path) -> None:
    pytest.importorskip("flask", reason="Flask is not installed")
    live = serve(SHOP)
    live.serving()
    pinned = [stored(live, live.visit(target)) for target in ("/items", "/page")]
    for request in pinned:
        live.call(live.session.replays.pin, request)
    # What the store forgets is still known.
    live.call(live.session.store.clear_requests)

    def verdicts(generation: int) -> list[str]:
        rows = [live.row(target, generation) for target in ("/items", "/page")]
        assert [row.replay_of for row in rows] == [one.id for one in pinned]
        assert {row.generation for row in rows} == {rows[0].generation}
        return [stored(live, row).verdict for row in rows]

    write(folder, {"app.py": f"{SHOP}# saved\n"})
    assert verdicts(2) == ["same", "same"]
    write(folder, {"app.py": SHOP.replace("PRICE = 2", "PRICE = 3")})
    assert verdicts(3) == ["body differs: $.items[0].price", "same"]
    write(folder, {"app.py": "no = = syntax"})
    live.reloaded(failed=True)
    write(folder, {"app.py": SHOP.replace("return jsonify(items", "return 1 / 0, jsonify(items")})
    assert verdicts(4) == ["500 now", "same"]
    pin = live.session.replays.pins.of(stored(live, live.row("/items", 4)))
    assert pin is not None
    live.call(live.session.replays.pins.remove, pin)
    assert not pinned[0].pinned
    write(folder, {"app.py": SHOP})
    assert stored(live, live.row("/page", 5)).verdict == "same"
    assert len([row for row in live.all(RequestFinished) if row.target == "/items"]) == 4


WAITS = """
import pathlib, time
go = pathlib.Path(__file__).with_name("go")
def app(environ, start_response):
    while environ["PATH_INFO"] == "/slow" and not go.exists():
        time.sleep(0.01)
    start_response("200 OK", [])
    return []
"""


def test_a_reload_meanwhile_begins_again(serve: Serve, folder: Path) -> None:
    live = serve(WAITS)
    live.serving()
    go = folder / "go"
    go.touch()
    for target in ("/slow", "/quick"):
        live.call(live.session.replays.pin, stored(live, live.visit(target)))
    go.unlink()
    write(folder, {"app.py": f"{WAITS}# saved\n"})
    live.reloaded()
    live.wait_for(RequestStarted, lambda event: (event.target, event.generation) == ("/slow", 2))
    write(folder, {"app.py": f"{WAITS}# saved once more\n"})
    live.wait_for(RequestStarted, lambda event: (event.target, event.generation) == ("/slow", 3))
    go.touch()
    live.row("/slow", 3)
    live.row("/quick", 2)
    rows = [row for row in live.all(RequestFinished) if row.target == "/quick"]
    assert [row.generation for row in rows] == [1, 3]
    assert not live.lines("The pinned")


def test_there_are_not_too_many(serve: Serve) -> None:
    pytest.importorskip("flask", reason="Flask is not installed")
    live = serve(SHOP, reload=False)
    live.serving()
    for _ in range(MAX_PINS):
        live.call(live.session.replays.pin, stored(live, live.visit("/page")))
    more = stored(live, live.visit("/page"))
    with pytest.raises(CannotSend, match="unpin another one first"):
        live.call(live.session.replays.pin, more)
    assert not more.pinned
