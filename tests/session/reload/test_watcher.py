"""Which files changed, of those that matter."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from devtui.session.reload import folder_watch, git_work
from devtui.session.reload import source_filter as filters
from devtui.session.reload.folder_watch import rust_notify
from devtui.session.reload.source_filter import ADDED, DELETED, MODIFIED, SourceFilter
from devtui.session.reload.watcher import LONG_REST_SECONDS, MERGE_SECONDS, Watcher
from tests.support.processes import until
from tests.support.projects import write

ROOT = Path("/home/me/venv/project")  # whose own path has the name of an ignored folder


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("/home/me/venv/project/app.py", True),
        ("/home/me/venv/project/deep/down/mod.py", True),
        ("/home/me/venv/project/.env", True),
        ("/home/me/venv/project/.flaskenv", True),
        ("/home/me/venv/project/notes.txt", False),
        ("/home/me/venv/project/app.pyc", False),
        ("/home/me/venv/project/app.py~", False),
        ("/home/me/venv/project/.app.py.swp", False),
        ("/home/me/venv/project/__pycache__/app.py", False),
        ("/home/me/venv/project/.git/hooks/x.py", False),
        ("/home/me/venv/project/.venv/lib/x.py", False),
        ("/home/me/venv/project/node_modules/x/y.py", False),
        ("/home/me/venv/project/lib/site-packages/x.py", False),
        ("/home/me/venv/project/tests/gen_a.py", False),  # excluded
        ("/elsewhere/config.toml", True),  # an extra file
        ("/elsewhere/data/x.csv", True),  # in an extra folder
        ("/elsewhere/data/deep/x.csv", False),
        ("/usr/lib/site-packages/mine.py", True),  # loaded
    ],
)
def test_which_files_count(path: str, counts: bool) -> None:
    source_filter = SourceFilter(
        ROOT, ["/elsewhere/config.toml", "/elsewhere/data"], ["*/tests/gen_*"]
    )
    source_filter.loaded = frozenset({"/usr/lib/site-packages/mine.py"})
    for change in (ADDED, MODIFIED):
        assert source_filter(change, path) is counts


@pytest.mark.parametrize("path", ["/home/me/venv/project/app.py", "/elsewhere/config.toml"])
def test_an_exclusion_wins_over_all(path: str) -> None:
    source_filter = SourceFilter(ROOT, ["/elsewhere/config.toml"], ["*"])
    source_filter.loaded = frozenset({path})
    assert not source_filter(MODIFIED, path)


def test_a_renamed_folder_counts_where_it_has_sources(tmp_path: Path) -> None:
    write(tmp_path, {"pkg/mod.py": "", "data/x.csv": ""})
    source_filter = SourceFilter(tmp_path, [], [])
    assert source_filter(ADDED, str(tmp_path / "pkg"))
    assert not source_filter(ADDED, str(tmp_path / "data"))
    assert not source_filter(MODIFIED, str(tmp_path / "pkg"))
    source_filter.loaded = frozenset({str(tmp_path / "old" / "mod.py")})
    assert source_filter(DELETED, str(tmp_path / "old"))
    assert not source_filter(DELETED, str(tmp_path / "ol"))


def test_a_renamed_folder_with_sources_at_any_depth_counts(tmp_path: Path) -> None:
    deep = "pkg/a/b/c/d"
    write(tmp_path, {f"{deep}/mod.py": "", "pkg/data.csv": "", "tools/venv/lib/x.py": ""})
    write(tmp_path, {"mine/pyvenv.cfg": "", "mine/lib/x.py": "", "out/sub/x.skip.py": ""})
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "pkg").symlink_to(tmp_path / "pkg")
    source_filter = SourceFilter(tmp_path, [], ["*.skip.py"])
    assert source_filter(ADDED, str(tmp_path / "pkg"))
    for other in ("tools", "mine", "out", "links", "gone"):
        assert not source_filter(ADDED, str(tmp_path / other))


def test_the_search_for_sources_in_new_folders_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "MAX_LOOKED_AT", 50)
    write(tmp_path, {f"data/{number}/x.csv": "" for number in range(100)})
    write(tmp_path, {"pkg/mod.py": ""})
    source_filter = SourceFilter(tmp_path, [], [])
    looked_at: list[str] = []
    scan = os.scandir

    def scandir(path: str) -> Any:
        looked_at.append(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    for _ in range(3):
        assert not source_filter(ADDED, str(tmp_path / "data"))
    assert len(looked_at) <= 50
    source_filter.refresh()  # the next burst
    assert source_filter(ADDED, str(tmp_path / "pkg"))


class Watched:
    """A watcher on a folder, and what it reports."""

    def __init__(self, folder: Path, extra: tuple[str, ...] = ()) -> None:
        self.ignored: dict[str, str] = {}
        self.bursts: asyncio.Queue[tuple[tuple[str, ...], int]] = asyncio.Queue()
        self.trouble: list[str] = []
        self.troubled = asyncio.Event()
        self.watcher = Watcher(
            folder,
            extra,
            ["*.skip.py"],
            lambda paths, count: self.bursts.put_nowait((paths, count)),
            self._has_trouble,
            self.ignored.update,
        )

    def _has_trouble(self, sentence: str) -> None:
        self.trouble.append(sentence)
        self.troubled.set()

    async def changed(self, *paths: Path, timeout: float = 10) -> int:
        """Wait until all these were reported; how many raw notices they came of."""
        missing, count = {str(path) for path in paths}, 0
        while missing:
            burst, raw = await asyncio.wait_for(self.bursts.get(), timeout)
            missing -= set(burst)
            count += raw
        return count

    async def ready(self, folder: Path) -> None:
        """Wait until changes in a folder are seen, which takes the watcher a moment."""
        probe = folder / "probe.py"
        while True:
            probe.touch()
            try:
                await self.changed(probe, timeout=0.1)
            except asyncio.TimeoutError:
                probe.unlink()
                continue
            break
        # What the probe has caused is over once a later change has come.
        last = folder / "last.py"
        last.touch()
        await self.changed(last)
        probe.unlink()
        last.unlink()
        while not self.bursts.empty():
            self.bursts.get_nowait()


@pytest_asyncio.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    folder = tmp_path / "project"
    extra = tmp_path / "extra"
    write(folder, {"app.py": "", "pkg/mod.py": ""})
    write(extra, {"settings.toml": "", "other.toml": ""})
    made = Watched(folder, (str(extra / "settings.toml"),))
    made.watcher.start()
    await made.ready(folder)
    yield made
    await asyncio.wait_for(made.watcher.stop(), 10)
    assert made.trouble == []


async def test_a_save_is_seen(watched: Watched, tmp_path: Path) -> None:
    path = tmp_path / "project" / "pkg" / "mod.py"
    path.write_text("x = 1\n")
    assert await watched.changed(path) >= 1


async def test_a_write_and_rename_is_seen(watched: Watched, tmp_path: Path) -> None:
    write(tmp_path / "project", {"app.py": "x = 1\n"})
    await watched.changed(tmp_path / "project" / "app.py")


async def test_many_saves_at_once_are_one_burst(watched: Watched, tmp_path: Path) -> None:
    names = [f"m{number}.py" for number in range(50)]
    for name in names:
        (tmp_path / "project" / name).write_text("")
    paths, raw = await asyncio.wait_for(watched.bursts.get(), 10)
    seen, count = set(paths), raw
    while len(seen) < 50:
        paths, raw = await asyncio.wait_for(watched.bursts.get(), 10)
        assert paths == tuple(sorted(paths))
        seen, count = seen | set(paths), count + raw
    assert count >= 50
    assert watched.bursts.qsize() <= 2


async def test_what_git_changes_in_one_go_is_one_burst(watched: Watched, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    lock = folder / ".git" / "index.lock"
    write(folder, {".git/index.lock": "", "a.py": "x = 1\n"})
    with pytest.raises(asyncio.TimeoutError):  # longer than changes without git are gathered
        await asyncio.wait_for(watched.bursts.get(), 2 * MERGE_SECONDS)
    write(folder, {"b.py": "x = 1\n"})
    lock.unlink()
    paths, _ = await asyncio.wait_for(watched.bursts.get(), 10)
    assert paths == (str(folder / "a.py"), str(folder / "b.py"))


async def test_what_git_changes_last_is_of_its_burst(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git writes a file and ends just after the watcher has looked."""
    folder = tmp_path / "project"
    over = time.monotonic() + 2 * MERGE_SECONDS

    def is_underway(_: str) -> bool:
        if time.monotonic() < over:
            return True
        if not (folder / "b.py").exists():
            write(folder, {"b.py": "x = 1\n"})
        return False

    monkeypatch.setattr(git_work, "is_underway", is_underway)
    write(folder, {"a.py": "x = 1\n"})
    paths, _ = await asyncio.wait_for(watched.bursts.get(), 10)
    assert paths == (str(folder / "a.py"), str(folder / "b.py"))


def test_whether_git_is_at_work(tmp_path: Path) -> None:
    write(tmp_path, {"main/.git/worktrees/w/index.lock": "", "main/pkg/a.py": "", "w/pkg/b.py": ""})
    write(tmp_path, {"w/.git": f"gitdir: {tmp_path}/main/.git/worktrees/w\n"})
    assert not git_work.is_underway(str(tmp_path / "main" / "pkg"))
    assert git_work.is_underway(str(tmp_path / "w" / "pkg"))
    old = time.time() - 60
    os.utime(tmp_path / "main" / ".git" / "worktrees" / "w" / "index.lock", (old, old))
    assert not git_work.is_underway(str(tmp_path / "w")), "left in a crash"
    write(tmp_path, {"w/.git": "no link"})
    assert not git_work.is_underway(str(tmp_path / "w"))


async def test_a_new_folder_is_watched(watched: Watched, tmp_path: Path) -> None:
    folder = tmp_path / "project" / "new"
    write(tmp_path / "staged", {"mod.py": ""})
    os.rename(tmp_path / "staged", folder)
    await watched.changed(folder)
    await watched.ready(folder)
    (folder / "mod.py").write_text("x = 1\n")
    await watched.changed(folder / "mod.py")


async def test_a_new_folder_in_which_a_file_is_written_at_once(
    watched: Watched, tmp_path: Path
) -> None:
    """The system tells of the folder alone if the file is there before the folder is watched."""
    for number in range(20):
        path = tmp_path / "project" / f"new{number}" / "sub" / "mod.py"
        path.parent.mkdir(parents=True)
        path.write_text("")
        folders, seen = {str(path), *map(str, path.parents[:2])}, set[str]()
        while seen.isdisjoint(folders):
            seen.update((await asyncio.wait_for(watched.bursts.get(), 10))[0])


async def test_a_deleted_file_is_seen(watched: Watched, tmp_path: Path) -> None:
    path = tmp_path / "project" / "pkg" / "mod.py"
    watched.watcher.add_sources([str(path)])
    shutil.rmtree(path.parent)
    await watched.changed(path)


async def test_a_renamed_file_is_seen_by_both_names(watched: Watched, tmp_path: Path) -> None:
    path = tmp_path / "project" / "pkg" / "mod.py"
    watched.watcher.add_sources([str(path)])
    os.rename(path, path.with_name("new.py"))
    await watched.changed(path, path.with_name("new.py"))


async def test_a_file_that_was_named_just_before_it_was_renamed_counts(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watcher gathers other changes at that moment."""
    ask, gathering, named = git_work.is_underway, threading.Event(), threading.Event()

    def is_underway(folder: str) -> bool:
        gathering.set()
        assert named.wait(10)
        return ask(folder)

    monkeypatch.setattr(git_work, "is_underway", is_underway)
    path = tmp_path / "project" / "pkg" / "mod.py"
    end = time.monotonic() + 10
    while not gathering.is_set():  # the notices of the fixture may be gathered still, as before
        assert time.monotonic() < end
        touch(tmp_path / "project" / "app.py")
        await asyncio.to_thread(gathering.wait, 0.1)
    watched.watcher.add_sources([str(path)])
    os.rename(path, path.with_name("new.py"))
    named.set()
    await watched.changed(path, path.with_name("new.py"))


def touch(path: Path) -> None:
    path.write_text("x = 1\n")


async def one_burst(watched: Watched, marker: Path, pauses: int = 0) -> set[str]:
    """What was reported until a marker was, which has to be one burst before it at most.

    With `pauses` in what was written it may be so many more.
    """
    bursts: list[Any] = []
    while not bursts or str(marker) not in bursts[-1]:
        touch(marker)
        try:
            bursts.append((await asyncio.wait_for(watched.bursts.get(), 1))[0])
        except asyncio.TimeoutError:
            continue
    assert len(bursts) <= 2 + pauses, list(map(len, bursts))
    return {path for burst in bursts for path in burst} - {str(marker)}


async def test_vim_s_way_of_saving_is_one_change(watched: Watched, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    path = folder / "app.py"
    watched.watcher.add_sources([str(path)])
    (folder / "4913").touch()
    (folder / "4913").unlink()
    (folder / ".app.py.swp").write_text("swap")
    os.rename(path, folder / "app.py~")
    path.write_text("x = 1\n")
    (folder / "app.py~").unlink()
    assert await one_burst(watched, folder / "marker.py") == {str(path)}


async def test_a_log_that_is_written_all_the_time_delays_no_save(
    watched: Watched, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    over = asyncio.Event()

    async def write_log() -> None:
        with (folder / "app.log").open("a") as log:
            while not over.is_set():
                log.write("GET /\n")
                log.flush()
                await asyncio.sleep(0.001)

    writing = asyncio.create_task(write_log())
    times = []
    for number in range(3):
        await asyncio.sleep(0.01)
        (folder / "app.py").write_text(f"x = {number}\n")
        began = time.monotonic()
        await watched.changed(folder / "app.py")
        times.append(time.monotonic() - began)
    over.set()
    await writing
    assert min(times) < MERGE_SECONDS / 2


async def test_emacs_lock_and_a_checker_s_copy_are_no_change(
    watched: Watched, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    os.symlink("me@here:1", folder / ".#app.py")
    os.unlink(folder / ".#app.py")
    (folder / "#app.py#").write_text("")
    assert await one_burst(watched, folder / "marker.py") == set()


async def test_a_checkout_of_many_files_is_hardly_more_than_one_burst(
    watched: Watched, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    names = [folder / f"m{number}.py" for number in range(1000)]
    pauses, last = 0, time.monotonic()
    for name in names:
        name.write_text("x = 1\n")
        before, last = last, time.monotonic()
        pauses += last - before > LONG_REST_SECONDS / 2  # the machine is busy
    # A busy machine holds up the system's notices too; 1000 files are a handful of bursts even so.
    assert await one_burst(watched, folder / "marker.py", pauses + 3) == set(map(str, names))


async def test_what_was_ignored_is_told_with_the_reason(watched: Watched, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    write(
        folder,
        {"data.db": "x", ".git/objects/ab/cd": "x", "pkg/__pycache__/mod.py": "x", "a.skip.py": ""},
    )
    await one_burst(watched, folder / "marker.py")
    names = ("data.db", "a.skip.py", ".git", "pkg/__pycache__")
    await until(lambda: all(str(folder / name) in watched.ignored for name in names))
    assert watched.ignored[str(folder / "data.db")] == "no Python file"
    assert watched.ignored[str(folder / "a.skip.py")] == "excluded by *.skip.py"
    assert "tools" in watched.ignored[str(folder / ".git")]
    assert "tools" in watched.ignored[str(folder / "pkg" / "__pycache__")]
    assert str(folder / ".git/objects/ab/cd") not in watched.ignored


async def test_a_linked_folder_is_watched(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", {"mod.py": ""})
    write(tmp_path / "project", {"app.py": ""})
    os.symlink(tmp_path / "elsewhere", tmp_path / "project" / "link")
    made = Watched(tmp_path / "project")
    made.watcher.start()
    await made.ready(tmp_path / "project")
    (tmp_path / "elsewhere" / "mod.py").write_text("x = 1\n")
    await made.changed(tmp_path / "project" / "link" / "mod.py")
    await asyncio.wait_for(made.watcher.stop(), 10)


async def test_polling_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
    monkeypatch.setenv("WATCHFILES_POLL_DELAY_MS", "20")
    began = _counted(monkeypatch)
    write(tmp_path, {"app.py": ""})
    made = Watched(tmp_path)
    made.watcher.start()
    await made.ready(tmp_path)
    assert began == []  # our own look sees more
    assert made.trouble == []
    await asyncio.wait_for(made.watcher.stop(), 10)


async def test_polling_where_the_system_has_no_more_watches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = _counted(monkeypatch, OSError("OS file watch limit reached."))
    monkeypatch.setenv("WATCHFILES_POLL_DELAY_MS", "20")
    write(tmp_path, {"app.py": ""})
    made = Watched(tmp_path)
    made.watcher.start()
    await made.ready(tmp_path)
    assert began == [False]
    assert len(made.trouble) == 1
    assert "limit reached" in made.trouble[0]
    assert "every 20 ms" in made.trouble[0]
    await asyncio.wait_for(made.watcher.stop(), 10)


class _OtherLook:
    """A library whose call is another than ours."""

    def __init__(self, *_: object) -> None:
        pass

    def watch(self) -> None:
        """Take no argument."""


def _other_start(folders: list[str]) -> None:
    """Take one argument only."""


@pytest.mark.parametrize("library", [_OtherLook, _other_start, None])
async def test_polling_where_the_library_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: object
) -> None:
    if library is None:
        monkeypatch.delitem(sys.modules, "watchfiles._rust_notify", raising=False)
        monkeypatch.delitem(sys.modules, "watchfiles", raising=False)
        monkeypatch.setattr(sys, "path", [str(tmp_path / "libraries"), *sys.path])
        write(tmp_path, {"libraries/watchfiles/__init__.py": ""})
    else:
        monkeypatch.setattr(folder_watch, "rust_notify", lambda: library)
    monkeypatch.setenv("WATCHFILES_POLL_DELAY_MS", "20")
    write(tmp_path / "project", {"app.py": ""})
    write(tmp_path / "elsewhere", {"mod.py": ""})
    made = Watched(tmp_path / "project")
    made.watcher.start()
    await made.ready(tmp_path / "project")
    made.watcher.add_sources([str(tmp_path / "elsewhere" / "mod.py")])
    await made.ready(tmp_path / "project")
    (tmp_path / "elsewhere" / "mod.py").write_text("1")
    await made.changed(tmp_path / "elsewhere" / "mod.py")
    (sentence,) = made.trouble
    assert sentence.startswith("devtui cannot use watchfiles (")
    assert " looks through the folders every 20 ms instead. " in sentence
    assert sentence.endswith(f"{sys.executable} -m pip install --force-reinstall watchfiles")
    await asyncio.wait_for(made.watcher.stop(), 10)


def _counted(monkeypatch: pytest.MonkeyPatch, refusal: Exception | None = None) -> list[bool]:
    """Which ways of watching are begun (whether by polling); events can be refused."""
    real, began = rust_notify(), []

    def notify(paths: list[str], debug: bool, polling: bool, *more: Any) -> object:
        began.append(polling)
        if refusal is not None and not polling:
            raise refusal
        return real(paths, debug, polling, *more)

    monkeypatch.setattr(folder_watch, "rust_notify", lambda: notify)
    return began


async def test_an_extra_file_is_seen_and_its_neighbour_is_not(
    watched: Watched, tmp_path: Path
) -> None:
    extra = tmp_path / "extra"
    await asyncio.sleep(0)
    for _ in range(100):
        (extra / "other.toml").write_text("x = 1\n")
        (extra / "settings.toml").write_text("x = 1\n")
        try:
            paths, _ = await asyncio.wait_for(watched.bursts.get(), 0.1)
        except asyncio.TimeoutError:
            continue  # it is not watched yet
        assert paths == (str(extra / "settings.toml"),)
        return
    raise AssertionError("no change of the extra file was seen")


async def test_what_does_not_count_is_not_reported(watched: Watched, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "notes.txt").write_text("x")
    (project / "made.skip.py").write_text("x")
    (project / "app.py").write_text("x = 1\n")
    paths, _ = await asyncio.wait_for(watched.bursts.get(), 10)
    assert paths == (str(project / "app.py"),)


async def test_sources_elsewhere_are_watched_at_any_depth(watched: Watched, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    names = ("a.py", "b/c.py", "b/d/e/f.py")
    write(elsewhere, dict.fromkeys(names, ""))
    watched.watcher.add_sources([str(elsewhere / name) for name in names])
    for name in names:
        path = elsewhere / name
        for _ in range(100):
            path.write_text("x = 1\n")
            try:
                await watched.changed(path, timeout=0.1)
                break
            except asyncio.TimeoutError:
                continue
        else:
            raise AssertionError(f"no change of {name} was seen")


async def test_a_project_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    made = Watched(tmp_path / "nowhere")
    made.watcher.start()
    made.watcher.add_sources([str(tmp_path / "gone" / "x.py")])  # it was imported, and taken away
    await asyncio.wait_for(made.troubled.wait(), 10)
    (tmp_path / "nowhere").mkdir()
    await made.ready(tmp_path / "nowhere")
    await asyncio.wait_for(made.watcher.stop(), 10)
    assert len(made.trouble) == 1
    assert str(tmp_path / "nowhere") in made.trouble[0]


async def test_a_watched_link_that_is_pointed_elsewhere(tmp_path: Path) -> None:
    """The link is above what was loaded, in a folder that nobody watches."""
    write(tmp_path, {"v1/pkg/mod.py": "1", "v2/pkg/mod.py": "2", "project/app.py": ""})
    os.symlink(tmp_path / "v1", tmp_path / "current")
    file = tmp_path / "current" / "pkg" / "mod.py"
    made = Watched(tmp_path / "project")
    made.watcher.start()
    made.watcher.add_sources([str(file)])
    await made.ready(tmp_path / "project")
    os.symlink(tmp_path / "v2", tmp_path / "new")
    os.replace(tmp_path / "new", tmp_path / "current")
    await made.changed(file)
    (tmp_path / "v2" / "pkg" / "mod.py").write_text("3")
    await made.changed(tmp_path / "v2" / "pkg" / "mod.py")
    await asyncio.wait_for(made.watcher.stop(), 10)


async def test_a_project_that_is_a_link_and_pointed_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, {"v1/app.py": "1", "v2/app.py": "2", "v2/venv/x.py": ""})
    os.symlink(tmp_path / "v1", tmp_path / "project")
    file = tmp_path / "project" / "app.py"
    made = Watched(tmp_path / "project")
    made.watcher.start()
    made.watcher.add_sources([str(file)])
    await made.ready(tmp_path / "v1")
    os.symlink(tmp_path / "v2", tmp_path / "new")
    os.replace(tmp_path / "new", tmp_path / "project")
    await made.changed(file)
    (tmp_path / "v2" / "more.py").write_text("")
    await made.changed(tmp_path / "v2" / "more.py")
    (tmp_path / "v2" / "venv" / "x.py").write_text("1")
    burst = await one_burst(made, tmp_path / "v2" / "marker.py", pauses=1)
    assert str(tmp_path / "v2" / "venv" / "x.py") not in burst
    await asyncio.wait_for(made.watcher.stop(), 10)


@pytest.mark.parametrize("how", ["deleted", "moved away"])
async def test_a_project_that_is_made_again(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "project"
    write(folder, {"app.py": "", "pkg/mod.py": ""})
    made = Watched(folder)
    made.watcher.start()
    made.watcher.add_sources([str(folder / "app.py")])
    await made.ready(folder)
    if how == "deleted":
        shutil.rmtree(folder)
    else:
        os.rename(folder, tmp_path / "old")
    write(folder, {"app.py": "x = 1"})
    await made.changed(folder / "app.py")
    await made.ready(folder)
    (folder / "new.py").write_text("")
    await made.changed(folder / "new.py")
    await asyncio.wait_for(made.watcher.stop(), 10)


async def test_what_a_link_in_the_project_leads_to_now(tmp_path: Path) -> None:
    write(tmp_path, {"project/app.py": "", "one/mod.py": "", "two/mod.py": ""})
    link = tmp_path / "project" / "lib"
    link.symlink_to(tmp_path / "one")
    made = Watched(tmp_path / "project")
    made.watcher.start()
    made.watcher.add_sources([str(link / "mod.py")])
    await made.ready(tmp_path / "project")
    await made.ready(tmp_path / "one")
    link.unlink()
    link.symlink_to(tmp_path / "two")
    await made.changed(link)
    made.watcher.add_sources([str(link / "mod.py")])  # the next process has loaded it
    await asyncio.wait_for(made.ready(tmp_path / "two"), 10)
    (tmp_path / "two" / "mod.py").write_text("x = 1")
    await made.changed(tmp_path / "two" / "mod.py")
    await asyncio.wait_for(made.watcher.stop(), 10)


async def test_an_extra_file_that_is_not_there_yet(tmp_path: Path) -> None:
    write(tmp_path / "project", {"app.py": ""})
    later = tmp_path / "deep" / "er" / "settings.toml"
    made = Watched(tmp_path / "project", (str(later),))
    made.watcher.start()
    await made.ready(tmp_path / "project")
    write(tmp_path, {"deep/er/settings.toml": "x = 1"})
    await made.changed(later)
    later.write_text("x = 22")
    await made.changed(later)
    later.unlink()
    await made.changed(later)
    await asyncio.wait_for(made.watcher.stop(), 10)


async def test_a_polled_file_that_is_replaced_by_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
    monkeypatch.setenv("WATCHFILES_POLL_DELAY_MS", "20")
    write(tmp_path, {"project/app.py": "1", "old.py": "2"})
    os.utime(tmp_path / "old.py", (1_000_000_000, 1_000_000_000))
    made = Watched(tmp_path / "project")
    made.watcher.start()
    await made.ready(tmp_path / "project")
    os.replace(tmp_path / "old.py", tmp_path / "project" / "app.py")
    await made.changed(tmp_path / "project" / "app.py")
    await asyncio.wait_for(made.watcher.stop(), 10)


async def test_a_virtual_environment_of_any_name_does_not_count(
    watched: Watched, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    write(folder, {"myenv/pyvenv.cfg": "", "myenv/lib/x.py": ""})
    (folder / "myenv" / "lib" / "x.py").write_text("1")
    assert await one_burst(watched, folder / "marker.py", pauses=1) == set()
    await until(lambda: str(folder / "myenv") in watched.ignored)


async def test_all_is_watched_in_one_thread(watched: Watched, tmp_path: Path) -> None:
    names = [tmp_path / f"beside{number}" / "mod.py" for number in range(10)]
    for name in names:
        write(name.parent, {"mod.py": ""})
        watched.watcher.add_sources([str(name)])
    await watched.ready(tmp_path / "project")
    threads = [one for one in threading.enumerate() if one.name == "devtui-watch"]
    assert len(threads) == 1
    names[-1].write_text("x = 1")
    await watched.changed(names[-1])
