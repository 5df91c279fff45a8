"""A save counts from the moment the file was read; what the load itself wrote is no save."""

from __future__ import annotations

import asyncio
import os
import textwrap
import time
from pathlib import Path

import pytest

from devtui.events import AppLoaded, FilesRead, Reloaded, ServerStarted, Serving, SourceFile
from devtui.project_file import digest
from devtui.session.reload.saves import Saves
from devtui.session.reload.watcher import Watcher
from tests.support.live import Live, Serve
from tests.support.processes import eventually
from tests.support.projects import says, write


def source_of(path: Path, *, known: bool = True) -> SourceFile:
    """The file as a load reads it now."""
    now = path.stat()
    content = digest(path.read_bytes()) if known else ""
    return SourceFile(str(path), now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino, content)


class Judged:
    """What a load has read and written, and what is reported of what changes then."""

    def __init__(self, *extra_files: Path) -> None:
        self.saved: list[tuple[str, ...]] = []
        self.asked = self.ended_ns = 0
        self.saves = Saves(
            self._ask,
            lambda paths, count: self.saved.append(paths),
            map(str, extra_files),
        )
        self.saves.load_began()

    def _ask(self) -> None:
        self.asked += 1

    def tells(
        self,
        *read: SourceFile,
        written: tuple[Path, ...] = (),
        children: bool = False,
        failed: bool = False,
        ended: bool = True,
    ) -> None:
        self.ended_ns = time.time_ns() + 50_000_000 if ended else 0
        self.saves.heard(
            FilesRead(
                generation=1,
                read=read,
                written=tuple(map(str, written)),
                children=children,
                failed=failed,
                ended_ns=self.ended_ns,
            )
        )

    def notice(self, path: Path) -> list[tuple[str, ...]]:
        self.saves.noticed((str(path),), 1)
        return self.saved


@pytest.fixture
def app(tmp_path: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text("x = 1\n")
    return path


def save(path: Path, text: str) -> None:
    path.write_text(text)


def save_later(path: Path, text: str) -> None:
    """Save after the load has ended for certain, by the clock of the file system."""
    assert eventually(lambda: path.stat().st_ctime_ns + 200_000_000 < time.time_ns())
    path.write_text(text)


async def test_a_file_with_the_content_that_was_read_has_not_changed(app: Path) -> None:
    judged = Judged()
    judged.tells(source_of(app))
    os.utime(app)
    assert judged.notice(app) == []
    save(app, "x = 2\n")
    assert judged.notice(app) == [(str(app),)]


async def test_an_extra_file_reacts_to_each_touch(app: Path, tmp_path: Path) -> None:
    data, folder = tmp_path / "data.txt", tmp_path / "folder"
    folder.mkdir()
    inside, module = folder / "inside.txt", tmp_path / "not_loaded.py"
    for path in (data, inside, module):
        path.write_text("")
    judged = Judged(data, folder)
    for count, path in enumerate((data, data, inside, inside, module), 1):
        judged.tells(source_of(app))
        assert eventually(lambda: time.time_ns() > judged.ended_ns + 200_000_000)
        os.utime(path)
        assert len(judged.notice(path)) == count
        judged.saves.load_began()
        judged.tells(source_of(app))
        assert len(judged.notice(path)) == count  # the same change, noticed late
    os.utime(module)
    assert len(judged.notice(module)) == 5  # of any other file the content decides


async def test_what_was_loaded_from_bytecode_is_compared_too(app: Path) -> None:
    judged = Judged()
    judged.tells(source_of(app, known=False))
    judged.saves.compare()()
    save(app, "x = 1\n")
    assert judged.notice(app) == []
    save(app, "x = 2\n")
    assert judged.notice(app) == [(str(app),)]


async def test_a_save_between_the_reading_and_the_watching_is_found(app: Path) -> None:
    judged = Judged()
    read = source_of(app)
    save(app, "x = 2\n")  # of the same size, and perhaps at the same time by the clock
    judged.tells(read)
    judged.saves.compare()()
    assert judged.saved == [(str(app),)]


async def test_what_the_load_wrote_counts_once_it_is_written_again(
    app: Path, tmp_path: Path
) -> None:
    judged = Judged()
    version = tmp_path / "version.py"
    save(version, "1")
    read = source_of(version)
    save(version, "2")
    judged.tells(source_of(app), read, written=(version,))
    judged.saves.compare()()
    assert judged.notice(version) == []
    save_later(version, "3")
    assert judged.notice(version) == [(str(version),)]


async def test_a_folder_that_the_load_made_is_its_own_doing(tmp_path: Path) -> None:
    judged = Judged()
    write(tmp_path, {"client/api.py": ""})
    judged.tells(written=(tmp_path / "client" / "api.py",))
    assert judged.notice(tmp_path / "client") == []


async def test_a_save_of_what_the_load_has_read_is_told_while_it_goes_on(app: Path) -> None:
    judged = Judged()
    read = source_of(app)
    save(app, "x = 2\n")
    assert judged.notice(app) == []
    assert judged.asked == 1
    judged.tells(read, ended=False)
    assert judged.saved == [(str(app),)]


async def test_a_save_of_what_the_load_has_not_read_yet_is_part_of_it(app: Path) -> None:
    judged = Judged()
    save(app, "x = 2\n")
    judged.notice(app)
    judged.tells(ended=False)
    judged.tells(source_of(app))
    assert judged.saved == []


@pytest.mark.parametrize(("children", "counts"), [(True, [0, 0]), (False, [1, 1])])
async def test_what_nobody_was_seen_to_write_in_each_load(
    tmp_path: Path, children: bool, counts: list[int]
) -> None:
    """Programs that the app starts write unseen, and so does code in C, each time anew."""
    judged = Judged()
    made = tmp_path / "made_pb2.py"
    seen = []
    for _ in counts:
        save(made, "x")
        judged.notice(made)
        judged.tells(children=children)
        seen.append(len(judged.saved))
        judged.saves.load_began()
    assert seen == counts


async def test_what_is_missing_in_a_load_that_fails_counts(tmp_path: Path) -> None:
    judged = Judged()
    part = tmp_path / "part.py"
    save(part, "x")
    judged.notice(part)
    judged.tells(children=True, failed=True)
    assert judged.saved == [(str(part),)]


async def test_a_process_that_does_not_answer_holds_no_save_up(
    app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devtui.session.reload.saves.ANSWER_SECONDS", 0.01)
    reported = asyncio.Event()
    saves = Saves(lambda: None, lambda paths, count: reported.set())
    saves.load_began()
    saves.noticed((str(app),), 1)
    await asyncio.wait_for(reported.wait(), 10)


async def test_a_process_that_dies_in_its_load_is_not_started_twice_for_one_save(
    app: Path,
) -> None:
    """A save makes several notices, and the last of them may come while the next load goes on."""
    judged = Judged()
    judged.tells(source_of(app))
    save_later(app, "x = 2\n")
    judged.notice(app)
    judged.saves.load_began()
    judged.notice(app)  # of the same save
    judged.saves.load_ended()  # nobody has answered
    assert judged.saved == [(str(app),)]
    judged.saves.load_began()
    save(app, "x = 3\n")
    judged.notice(app)
    judged.saves.load_ended()
    assert judged.saved == [(str(app),)] * 2


# -- real processes ------------------------------------------------------------------------------


@pytest.mark.e2e
@pytest.mark.parametrize("reload", [False, True])
def test_a_save_before_the_watcher_is_ready(
    serve: Serve, folder: Path, reload: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the screen is drawn, say; the first answer may come long before."""
    start = Watcher.start
    watchers: list[Watcher] = []
    monkeypatch.setattr(Watcher, "start", lambda self: watchers.append(self))
    live = serve(says("one"), standby=False)
    live.serving()
    assert live.get("/").text == "one"
    if reload:
        live.call(live.session.restart)
        live.serving(2)
    write(folder, {"app.py": says("two")})
    live.call(start, watchers[0])
    assert eventually(lambda: live.get("/").text == "two")
    rests(live)
    assert len(live.all(ServerStarted)) == 2 + reload, live.told()


GENERATES = """\
import subprocess, sys, time, pathlib
here = pathlib.Path(__file__).parent
{how}
"""

HOWS = {
    "the same each time": "(here / 'made.py').write_text('S = 1\\n')\nimport made\n",
    "another each time": "(here / 'made.py').write_text(f'S = {time.time()}\\n')\nimport made\n",
    "after it was read": (
        "(here / 'made.py').exists() or (here / 'made.py').write_text('S = 0')\n"
        "import made\n(here / 'made.py').write_text(f'S = {time.time()}\\n')\n"
    ),
    "in a folder, put in place": (
        "import os\nos.makedirs(here / 'client', exist_ok=True)\n"
        "for name in ('__init__', 'api'):\n"
        "    (here / 'client' / 'new.tmp').write_text(f'S = {time.time()}\\n')\n"
        "    os.replace(here / 'client' / 'new.tmp', here / 'client' / f'{name}.py')\n"
        "import client.api\n"
    ),
    "never imported": "(here / 'made.py').write_text(f'S = {time.time()}\\n')\n",
    "by another program": (
        'script = \'import time; open("made.py", "w").write(f"S = {time.time()}")\'\n'
        "for _ in range(2):\n"
        "    subprocess.run([sys.executable, '-c', script], cwd=here, check=True)\n"
        "import made\n"
    ),
    "by another program, never imported": (
        'script = \'import time; open("made.py", "w").write(f"S = {time.time()}")\'\n'
        "subprocess.run([sys.executable, '-c', script], cwd=here, check=True)\n"
    ),
}


@pytest.mark.e2e
@pytest.mark.parametrize("how", HOWS)
def test_an_app_that_writes_sources_while_it_loads_is_served(
    serve: Serve, folder: Path, how: str
) -> None:
    app = GENERATES.format(how=HOWS[how])
    live = serve(app + says("one", more="pass"), standby=False)
    live.serving()
    assert live.get("/").text == "one"
    rests(live)
    assert len(live.all(ServerStarted)) == 1, live.told()
    write(folder, {"app.py": app + says("two")})
    live.reloaded()
    assert live.get("/").text == "two"
    rests(live)
    assert len(live.all(Reloaded)) == 1, live.told()


def rests(live: Live, seconds: float = 0.6) -> None:
    """Wait so long without a new process: what was written has been noticed by then."""
    end = time.monotonic() + 10
    since, number = time.monotonic(), live.session.generation
    while time.monotonic() - since < seconds and time.monotonic() < end:
        time.sleep(0.02)
        if live.session.generation != number:
            since, number = time.monotonic(), live.session.generation


@pytest.mark.e2e
def test_a_save_during_such_a_load_counts(serve: Serve, folder: Path) -> None:
    slow = textwrap.dedent(
        """\
        import pathlib, time
        for number in range(50):
            (pathlib.Path(__file__).parent / "made.py").write_text(f"S = {number}\\n")
            time.sleep(0.02)
        """
    )
    live = serve(slow + says("one"), standby=False)
    live.wait_for(ServerStarted)
    assert eventually(lambda: (folder / "made.py").exists())
    write(folder, {"app.py": says("two")})
    live.wait_for(AppLoaded, lambda event: event.generation == 2)
    assert live.get("/").text == "two"
    assert not [event for event in live.all(Serving) if event.generation == 1], live.told()


@pytest.mark.e2e
def test_a_thread_that_writes_the_same_module_after_each_load(serve: Serve, folder: Path) -> None:
    """The app does not import it, so nobody can say when it was read."""
    thread = textwrap.dedent(
        """\
        import pathlib, threading
        def work():
            (pathlib.Path(__file__).parent / "made.py").write_text("S = 1\\n")
            print("written", flush=True)
        threading.Timer(0.2, work).start()
        """
    )
    live = serve(thread + says("one"), standby=False)
    live.reloaded()  # at first nobody knows the file
    assert live.until(lambda: len(live.lines("written")) == 2)
    rests(live)
    assert len(live.all(Reloaded)) == 1, live.told()
    write(folder, {"app.py": says("two")})
    live.reloaded(count=2)
    assert live.get("/").text == "two"
