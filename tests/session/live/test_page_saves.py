"""A file of an unknown kind waits, unless something is saved with it that does not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from devtui.session.event_bus import EventBus
from devtui.session.live import page_saves
from devtui.session.live.page_files import PageChange
from devtui.session.live.page_saves import PageSaves
from tests.support.processes import DEADLINE
from tests.support.projects import write


class Saved(PageSaves):
    """What was passed on, for a project in this folder."""

    def __init__(self, folder: Path) -> None:
        self.changes: list[PageChange] = []
        self.passed_on = asyncio.Event()
        self.reloads = False
        self._in = folder
        super().__init__(str(folder), EventBus(lambda: 1), lambda: self.reloads, self._take)

    def _take(self, change: PageChange) -> None:
        self.changes.append(change)
        self.passed_on.set()

    @property
    def reloaded(self) -> list[list[str]]:
        """The names of the files of each change that pages load again for."""
        assert all(change.reload for change in self.changes)
        return [sorted(Path(path).name for path in change.paths) for change in self.changes]

    def save(self, name: str) -> None:
        write(self._in, {name: "x"})
        self.noticed([str(self._in / name)])


async def test_a_file_of_an_unknown_kind_comes_alone_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_saves, "RENAME_SECONDS", 0.02)
    saved = Saved(tmp_path)
    saved.save("static/prices.txt")
    assert saved.changes == []
    await asyncio.wait_for(saved.passed_on.wait(), DEADLINE)
    assert saved.reloaded == [["prices.txt"]]


async def test_it_comes_once_with_what_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_saves, "RENAME_SECONDS", 0.02)
    saved = Saved(tmp_path)
    saved.save("static/prices.txt")
    saved.save("templates/page.html")
    assert saved.reloaded == [["page.html", "prices.txt"]]
    saved.save("static/prices.txt")
    saved.reloads = True  # a source file was saved with this one
    saved.save("static/names.txt")
    assert saved.reloaded[1:] == [["names.txt", "prices.txt"]]
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(page_saves.RENAME_SECONDS, later.set)
    await asyncio.wait_for(later.wait(), DEADLINE)
    assert len(saved.reloaded) == 2, "what had waited came once more"


async def test_a_new_generation_has_what_waits(tmp_path: Path) -> None:
    saved = Saved(tmp_path)
    saved.save("static/prices.txt")
    assert [Path(path).name for path in saved.taken().paths] == ["prices.txt"]
    saved.save("static/site.css")
    assert [change.reload for change in saved.changes] == [False]
