"""A dashboard that runs against a fake session, and what a test does with it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from devtui.dashboard.app import Dashboard
from devtui.dashboard.clock import Clock
from devtui.dashboard.widgets.usage import Usage
from tests.support.fakes import MONOTONIC, FakeSession, at

DEADLINE = 10.0


def dashboard(session: FakeSession) -> Dashboard:
    """A dashboard whose clocks stand still, and whose server process uses what we say."""
    return Dashboard(
        session,  # type: ignore[arg-type]
        Clock(lambda: MONOTONIC, lambda: at(80)),
        lambda pid: Usage(0.4, 48_200_000),
    )


class Driver:
    """A dashboard that runs, and what a test does with it."""

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
            await self.pilot.pause(0.01)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def screen(self) -> str:
        """What is on the screen, as text."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in self.screen(), f"{text!r} on the screen")

    async def shows_not(self, text: str) -> None:
        await self.until(lambda: text not in self.screen(), f"{text!r} gone from the screen")

    def keys(self) -> dict[str, bool]:
        """The commands by name, each with whether it can work now."""
        return {
            active.binding.id or "": active.enabled
            for active in self.app.screen.active_bindings.values()
        }


@asynccontextmanager
async def running(
    session: FakeSession | None = None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Driver]:
    session = session or FakeSession()
    app = dashboard(session)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield Driver(app, session, pilot)
