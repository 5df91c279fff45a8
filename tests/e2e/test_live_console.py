"""The browser's console shows the app's log and errors, if the user asks for that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devtui.events import RequestFinished
from tests.support.live import Live, Serve
from tests.support.pages import connected, follow, shows, take_in
from tests.support.processes import eventually
from tests.support.projects import app_source, write

pytestmark = pytest.mark.e2e

APP = app_source("live/console.py")


LINE = APP[: APP.index("raise LookupError")].count("\n") + 1


class Console:
    """What the console of a page has shown, each with its method."""

    def __init__(self, page: Any) -> None:
        self.lines: list[tuple[str, str]] = []
        self._page = page
        page.on("console", self._take)

    def _take(self, message: Any) -> None:
        self.lines.append((message.type, message.text.removeprefix("%s ")))

    def until(self, *expected: tuple[str, str]) -> None:
        """Wait for these, in their order; the browser may write of its own between them."""
        found = eventually(lambda: self._has(expected))
        assert found, self.lines

    def _has(self, expected: tuple[tuple[str, str], ...]) -> bool:
        take_in(self._page)
        lines = iter(self.lines)
        return all(any(line == one for line in lines) for one in expected)


def fetch(page: Any, target: str) -> None:
    page.evaluate(f"fetch({target!r}).then((answer) => answer.text())")


@pytest.fixture
def live(serve: Serve) -> Live:
    live = serve(APP, live_console=True)
    live.serving()
    return live


def test_the_log_and_the_errors_of_the_page_and_of_its_requests(
    live: Live, folder: Path, page: Any
) -> None:
    console = Console(page)
    follow(live, page)
    console.until(("warning", "of the page first"))  # it was written before the page came
    fetch(page, "/log")
    console.until(
        ("debug", "a detail"),
        ("info", "two\nlines"),
        ("warning", "red %s %d"),
        ("error", "POST /login?password=•••••••• failed"),
        ("info", "printed"),
        ("info", "to stderr"),
    )
    fetch(page, "/fail")
    place = 'raise LookupError("no such thing")'
    error = f"LookupError: no such thing\n  app.py:{LINE}, in fail\n    {place}"
    console.until(("error", error))
    fetch(page, "/caught")
    console.until(("error", "it went wrong"))
    console.until(("error", error), ("error", error))
    assert not [text for _, text in console.lines if "Traceback" in text]
    write(folder, {"app.py": APP.replace('"first"', '"second"')})
    shows(page, "second")
    connected(live)
    console.until(("warning", "of the page second"))
    texts = [text for _, text in console.lines]
    assert texts.count("of the page first") == texts.count("of the page second") == 1
    assert not [row for row in live.all(RequestFinished) if "devtui" in row.target]


def test_a_flood_is_bounded_and_the_page_goes_on(live: Live, folder: Path, page: Any) -> None:
    console = Console(page)
    follow(live, page)
    fetch(page, "/flood")
    live.row("/flood")
    last = f"line 2999 {'x' * 1000}"
    console.until(("info", last))
    texts = [text for _, text in console.lines]
    left_out = [int(text.split()[0]) for text in texts if text.endswith("were left out.")]
    assert len([text for text in texts if text.startswith("line ")]) == 3000 - sum(left_out)
    assert not left_out or min(left_out) > 0
    write(folder, {"app.py": APP.replace('"first"', '"second"')})
    shows(page, "second")


def test_over_https_too_and_nothing_comes_twice(serve: Serve, page: Any, folder: Path) -> None:
    """The connection ends with each server process; the page says what it has had."""
    live = serve(APP, live_console=True, cert="adhoc")
    live.serving()
    console = Console(page)
    follow(live, page, "/log")  # no page of HTML tags, but one for a browser
    console.until(("debug", "a detail"), ("info", "to stderr"))
    live.call(live.session.restart)
    live.reloaded()
    connected(live)
    console.until(("debug", "a detail"), ("info", "to stderr"), ("debug", "a detail"))
    assert [text for _, text in console.lines].count("a detail") == 2


def test_it_is_off_unless_it_is_asked_for(serve: Serve, folder: Path, page: Any) -> None:
    live = serve(APP)
    live.serving()
    console = Console(page)
    follow(live, page)
    fetch(page, "/log")
    live.row("/log")
    write(folder, {"app.py": APP.replace('"first"', '"second"')})
    shows(page, "second")  # this came later over the same connection
    connected(live)
    assert [text for _, text in console.lines if "page" in text or "detail" in text] == []
