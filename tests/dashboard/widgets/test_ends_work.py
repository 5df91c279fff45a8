"""The workers of a screen end before its widgets do."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.widgets.dialogs import Dialog


class Child(Static):
    """Takes note of which workers still run when it ends."""

    def on_unmount(self) -> None:
        self.app.running = [worker.name for worker in self.workers if not worker.is_cancelled]  # type: ignore[attr-defined]


class OfDialog(Dialog[None]):
    def compose(self) -> ComposeResult:
        yield Child()


class OfList(ListScreen):
    def compose(self) -> ComposeResult:
        yield Child()


@pytest.mark.parametrize("kind", [OfDialog, OfList])
async def test_no_worker_of_a_screen_survives_its_widgets(
    kind: type[OfDialog] | type[OfList],
) -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        screen = kind()
        await app.push_screen(screen)
        screen.run_worker(asyncio.sleep(60), name="the screen's")
        screen.query_one(Child).run_worker(asyncio.sleep(60), name="the child's")
        app.run_worker(asyncio.sleep(60), name="the app's")
        await pilot.pause()
        await app.pop_screen()
        assert app.running == ["the app's"]  # type: ignore[attr-defined]
        app.workers.cancel_all()
