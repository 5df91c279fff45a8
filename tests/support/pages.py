"""Pages of a real browser that follow what a session serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devtui.config.settings import Settings
from devtui.events import RequestFinished
from tests.support.live import Live
from tests.support.processes import eventually
from tests.support.projects import app_environment, write

SIGN = "document.querySelector('devtui-sign')?.shadowRoot.textContent ?? ''"


@contextmanager
def served(folder: Path, files: Mapping[str, str]) -> Iterator[Live]:
    """Serve a project in a session that several tests share, each with a page of its own."""
    write(folder, dict(files))
    settings = Settings(
        app="app", folder=folder, port=0, standby=False, environment=app_environment()
    )
    with Live(settings) as live:
        live.serving()
        yield live


def follow(live: Live, page: Any, target: str = "/", count: int = 1) -> None:
    """Open a page, and wait until it is connected."""
    page.goto(live.session.url + target)
    connected(live, count)


def connected(live: Live, count: int = 1) -> None:
    """Wait until that many pages are connected."""
    live.until(lambda: live.session.live.count == count)


def shows(page: Any, text: str, selector: str = "h1") -> None:
    """Wait until the page has this text."""
    holds(page, f"document.querySelector({selector!r})?.textContent === {text!r}")


def holds(page: Any, expression: str) -> None:
    """Wait until an expression holds. Polling at each frame would cause the page to be drawn."""
    page.wait_for_function(expression, polling=20)


def take_in(page: Any) -> None:
    """Handle the browser's reports so far: playwright reads them only while somebody waits."""
    page.context.cookies()


def reported(page: Any, condition: Callable[[], object]) -> bool:
    """Wait until a condition on the browser's reports holds.

    Asking the browser again and again would be most of the test's work.
    """
    return eventually(lambda: condition() or page.wait_for_timeout(30))


def visits(live: Live, target: str = "/") -> int:
    """How many times the page was requested."""
    return len([row for row in live.all(RequestFinished) if row.target == target])
