"""Run a dashboard against a fake session, and let a test use it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeVar
from unittest import mock

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.pilot import Pilot
from textual.screen import Screen

from devtui.dashboard.app import Dashboard
from devtui.dashboard.clock import Clock
from devtui.dashboard.lists.line_view import LineView
from devtui.dashboard.widgets.usage import Usage
from tests.support.fakes import MONOTONIC, FakeSession, at

DEADLINE = 10.0

S = TypeVar("S", bound=Screen[Any])
T = TypeVar("T")

_PARSE_RULES = Stylesheet._parse_rules


def dashboard(session: FakeSession) -> Dashboard:
    """A dashboard whose clocks stand still, with fixed figures for the server process."""
    return Dashboard(
        session,
        Clock(lambda: MONOTONIC, lambda: at(80)),
        lambda pid: Usage(0.4, 48_200_000),
    )


class Driver:
    """A running dashboard, and the actions of a test."""

    def __init__(self, app: Dashboard, session: FakeSession, pilot: Pilot[int]) -> None:
        self.app = app
        self.session = session
        self.pilot = pilot
        self.toasts: list[str] = []
        notify = app.notify

        def note(message: str, **options: object) -> None:
            assert options.get("markup") is False, "a toast whose text could be markup"
            self.toasts.append(message)
            notify(message, **options)  # type: ignore[arg-type]

        app.notify = note  # type: ignore[method-assign]

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until the condition holds; fails after DEADLINE seconds."""
        end = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < end, f"never came: {what or condition}\n{self.screen()}"
            await asyncio.sleep(0.01)
            await _until_idle(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys once all new rows are on the screen, as a person does."""
        await self.until(lambda: not self._expects_rows())
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def _expects_rows(self) -> bool:
        """Whether a list will show new rows in a moment."""
        views = self.app.screen.query(LineView) if self.app.is_running else ()
        return any(view.expects_rows for view in views)

    def screen(self) -> str:
        """The screen as text."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    def on(self, kind: type[S]) -> S:
        """The open screen; assert that it is of this kind."""
        screen = self.app.screen
        assert isinstance(screen, kind), screen
        return screen

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in self.screen(), f"{text!r} on the screen")

    async def shows_not(self, text: str) -> None:
        await self.until(lambda: text not in self.screen(), f"{text!r} gone from the screen")

    def keys(self) -> dict[str, bool]:
        """The commands by name, and whether each can work now."""
        return {
            active.binding.id or "": active.enabled
            for active in self.app.screen.active_bindings.values()
        }


def there(value: T | None) -> T:
    """Return a value that must not be None, such as the item under the cursor."""
    assert value is not None
    return value


@asynccontextmanager
async def running(
    session: FakeSession | None = None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Driver]:
    session = session or FakeSession()
    app = dashboard(session)

    async def until_idle(*_: float) -> None:
        await _until_idle(app)

    # Textual's own waits after each key until the process has been idle for a while.
    with (
        mock.patch("textual.app.wait_for_idle", until_idle),
        mock.patch("textual.pilot.wait_for_idle", until_idle),
        mock.patch.object(Stylesheet, "_parse_rules", _rules_of),
    ):
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            yield Driver(app, session, pilot)


async def _until_idle(app: Dashboard) -> None:
    """Wait until nothing is left to do: no callback, no message and nothing to draw."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    while app.is_running:
        await asyncio.sleep(0)
        if not ready and not _draws(app):
            return


def _draws(app: Dashboard) -> bool:
    """Draw at once what waits for the screen's next refresh; return whether there was anything."""
    screen = app.screen
    waits = screen._layout_required or screen._scroll_required or screen._repaint_required
    waits = waits or screen._recompose_required or bool(screen._dirty_widgets)
    if not waits or app._batch_count or not screen.is_current:
        return False
    screen._on_timer_update()
    return True


def _rules_of(
    sheet: Stylesheet,
    css: str,
    read_from: CSSLocation,
    is_default_rules: bool = False,
    tie_breaker: int = 0,
    scope: str = "",
) -> list[RuleSet]:
    """Parse a style sheet once for all tests, as each app does for itself."""
    variables = tuple(sorted(sheet._variables.items()))
    return _parsed(css, read_from, is_default_rules, tie_breaker, scope, variables)


@cache
def _parsed(
    css: str,
    read_from: CSSLocation,
    is_default_rules: bool,
    tie_breaker: int,
    scope: str,
    variables: tuple[tuple[str, str], ...],
) -> list[RuleSet]:
    sheet = Stylesheet(variables=dict(variables))
    return _PARSE_RULES(sheet, css, read_from, is_default_rules, tie_breaker, scope)
