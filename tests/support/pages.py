"""Pages of a real browser that follow what a session serves."""

from __future__ import annotations

from typing import Any

from devtui.events import RequestFinished
from tests.support.live import Live

SIGN = "document.querySelector('devtui-sign')?.shadowRoot.textContent ?? ''"


def follow(live: Live, page: Any, target: str = "/", count: int = 1) -> None:
    """Open a page, and wait until it is connected."""
    page.goto(live.session.url + target)
    connected(live, count)


def connected(live: Live, count: int = 1) -> None:
    """Wait until that many pages are connected."""
    live.until(lambda: live.session.live.count == count)


def shows(page: Any, text: str, selector: str = "h1") -> None:
    """Wait until the page has this text."""
    page.wait_for_function(f"document.querySelector({selector!r})?.textContent === {text!r}")


def take_in(page: Any) -> None:
    """Take in what the browser has reported until now; it is read only while one waits for it."""
    page.context.cookies()


def visits(live: Live, target: str = "/") -> int:
    """How often the page was asked for."""
    return len([row for row in live.all(RequestFinished) if row.target == target])
