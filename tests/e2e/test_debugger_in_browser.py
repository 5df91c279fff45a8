"""Werkzeug's debugger through devtui, in a real browser and for other clients."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import devtui
from devtui.events import DebuggerReady
from tests.support.live import Live
from tests.support.projects import app_source, write

pytestmark = pytest.mark.e2e

APP = app_source("errors/in_browser.py")
BROKEN = "import nothing_of_this_name\n" + APP

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def open_console(page: Any) -> None:
    """Open the console of the innermost frame."""
    frame = page.locator("div.traceback div.frame").last
    frame.locator("pre.current").hover()
    frame.locator("pre.current img").click()


def run(page: Any, code: str) -> None:
    console = page.locator("pre.console input").last
    console.fill(code)
    console.press("Enter")


def unlock(page: Any, pin: str) -> None:
    # Typing before the prompt has faded in keeps it from fading out: one animation adds what the
    # other removes.
    page.wait_for_function("document.querySelector('.pin-prompt').style.opacity >= 1")
    page.locator(".pin-prompt input[name=pin]").fill(pin)
    page.locator(".pin-prompt input[name=btn]").click()
    page.locator(".pin-prompt").wait_for(state="hidden")


def test_an_afternoon_in_the_browser(page: Any, serve: Callable[..., Live], folder: Path) -> None:
    """Unlock with the PIN, examine a frame, break the app, see the debugger, fix the app."""
    live = serve(APP, live=False)  # the pages are opened here, not by themselves
    serving = live.serving()
    page.goto(f"{serving.url}/fail")
    assert "KeyError" in page.title()
    open_console(page)
    unlock(page, live.pin())
    run(page, "fruit.upper() + str(len(fruit))")
    page.get_by_text("'PEARS5'").wait_for()

    write(folder, {"app.py": BROKEN})
    live.reloaded(failed=True)
    page.goto(serving.url)
    assert "ModuleNotFoundError: No module named 'nothing_of_this_name'" in page.title()
    open_console(page)  # the browser is still unlocked and needs no PIN
    run(page, "6 * 7")
    page.get_by_text("42", exact=True).wait_for()
    assert not page.locator(".pin-prompt").is_visible()

    write(folder, {"app.py": APP})
    live.reloaded(failed=False)
    page.goto(serving.url)
    assert page.inner_text("h1") == "works"
    page.goto(f"{serving.url}/fail")
    open_console(page)
    run(page, "fruit * 2")
    page.get_by_text("'pearspears'").wait_for()


def test_the_pin_stays_for_the_whole_session(serve: Callable[..., Live], folder: Path) -> None:
    live = serve(APP)
    pin = live.pin()
    for text, failed in ((BROKEN, True), (APP.replace("works", "works again"), False)):
        write(folder, {"app.py": text})
        live.reloaded(failed=failed)
        assert live.session.generations.pin == live.pin() == pin
        assert "EVALEX = true" in live.get("/fail", headers=HTML).text  # the debugger exists now
    assert len(live.all(DebuggerReady)) == 1


def test_a_browser_gets_the_debugger_and_other_clients_get_text(serve: Callable[..., Live]) -> None:
    live = serve(APP)
    live.serving()
    page = live.get("/fail", headers=HTML)
    assert (page.status, page.headers.get_content_type()) == (500, "text/html")
    assert "EVALEX = true" in page.text
    for accepted in ("*/*", "application/json", "text/plain, */*;q=0.1", ""):
        answer = live.get("/fail", headers={"Accept": accepted} if accepted else {})
        assert (answer.status, answer.headers.get_content_type()) == (500, "text/plain")
        assert answer.text.startswith("Traceback (most recent call last):\n")
        assert answer.text.endswith("KeyError: 'missing'\n")
        assert os.path.dirname(devtui.__file__) not in answer.text


def test_text_for_a_load_that_failed(serve: Callable[..., Live], folder: Path) -> None:
    live = serve(APP)
    live.serving()
    write(folder, {"app.py": BROKEN})
    live.reloaded(failed=True)
    answer = live.get("/any/page", headers={"Accept": "application/json"})
    assert answer.status == 500
    assert answer.text.endswith("ModuleNotFoundError: No module named 'nothing_of_this_name'\n")
    assert "EVALEX = true" in live.get("/any/page", headers=HTML).text


@pytest.mark.parametrize("accepted", ["*/*", HTML["Accept"]])
def test_an_error_in_mid_stream(serve: Callable[..., Live], accepted: str) -> None:
    live = serve(APP)
    live.serving()
    row = live.visit("/stream", headers={"Accept": accepted})
    assert (row.status, row.cut) == (200, "the app raised ValueError")
    assert len(live.errors("in mid-stream")) == 1


def test_without_the_debugger_it_is_a_plain_500(serve: Callable[..., Live]) -> None:
    live = serve(APP, debugger=False, debug=False)
    live.serving()
    for headers in (HTML, {"Accept": "*/*"}):
        answer = live.get("/fail", headers=headers)
        assert answer.status == 500
        assert "KeyError" not in answer.text
    assert live.session.generations.pin is None
    assert live.all(DebuggerReady) == []
