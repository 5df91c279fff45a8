"""A real browser for tests: Chromium, driven by playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """Return the path of the browser; None if there is none on this machine."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Any]:
    """Start what drives browsers; only one of it can run at a time."""
    module = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if find_chromium() is None:  # its driver may not run on such a machine either
        pytest.skip("there is no chromium on this machine (Debian: apt-get install chromium)")
    with module.sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Any) -> Iterator[Any]:
    """Start a real browser, one for the tests of a module: it takes a second each time."""
    # The shell takes half the processor. It keeps no pages for the back key.
    yield from _launched(playwright, shutil.which("chromium-headless-shell") or find_chromium())


@pytest.fixture(scope="module")
def keeping_tab(playwright: Any) -> Iterator[Any]:
    """Open one window of a whole browser: it keeps pages for the back key."""
    for browser in _launched(playwright, find_chromium()):
        with _fresh(browser) as opened:
            yield opened


def _launched(playwright: Any, chromium: str | None) -> Iterator[Any]:
    browser = playwright.chromium.launch(
        executable_path=chromium,
        headless=True,
        args=FLAGS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def tab(browser: Any) -> Iterator[Any]:
    """Open one window for the tests of a module: each takes a third of a second of processor."""
    with _fresh(browser) as opened:
        yield opened


@pytest.fixture
def page(tab: Any) -> Iterator[Any]:
    """Lend the module's window, without a page or cookies; apps are told apart by their port."""
    yield from _lent(tab)


@pytest.fixture
def keeping_page(keeping_tab: Any) -> Iterator[Any]:
    """Lend the window that keeps pages for the back key, as people's browsers do."""
    yield from _lent(keeping_tab)


@pytest.fixture
def own_page(browser: Any) -> Iterator[Any]:
    """Open a page with a fresh profile, for a test that leaves more behind than cookies."""
    with _fresh(browser) as opened:
        yield opened


def _lent(tab: Any) -> Iterator[Any]:
    yield tab
    for other in tab.context.pages:
        if other is not tab:
            other.close()
    tab.context.clear_cookies()
    tab.goto("about:blank")


@contextmanager
def _fresh(browser: Any) -> Iterator[Any]:
    # Of a certificate that the server makes for itself there is no error.
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()
