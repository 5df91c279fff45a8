"""A load that begins before a save ends as one from nothing, and acts on nothing before."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from devtui.events import LogWritten, Reloaded
from devtui.session.processes import head_starts
from devtui.session.reload import reloader
from tests.session.reload.test_same_as_fresh import BEFORE, RELOAD_APPS, environment
from tests.support.live import Live, Serve, until_warm
from tests.support.processes import alive, eventually
from tests.support.projects import write

pytestmark = pytest.mark.e2e

# The app's file comes first, then what changes the process, and then what is saved again and again.
ENTRY = """\
import before
import view

def app(environ, start_response):
    start_response("200 OK", [])
    return [view.answer().encode()]
"""

VIEW = """\
import json
{imports}
import before

def answer():
    return json.dumps({{"text": {text!r}, "before": before.__dict__.get("SEEN"), "more": {more}}})
"""


def view(text: str, imports: str = "", more: str = "None") -> str:
    return VIEW.format(text=text, imports=imports, more=more)


@pytest.fixture(autouse=True)
def always_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """These apps load in milliseconds, and nobody waits for an answer of theirs."""
    monkeypatch.setattr(head_starts, "WORTH_MS", 0.0)
    monkeypatch.setattr(reloader, "HEAD_START_DELAY_SECONDS", 0.02)


Open = Callable[..., Live]


@pytest.fixture
def start(serve: Serve, folder: Path) -> Open:
    """Serve the app with this in `before.py`, and save the view once: it will change again."""

    def opened(before: str, files: dict[str, str] | None = None, **more: Any) -> Live:
        project = {"app.py": ENTRY, "before.py": before, "view.py": view("first"), **(files or {})}
        live = serve(project, **more)
        live.serving()
        until_warm(live)
        save(live, folder, view("second"))
        return live

    return opened


def until_ready(live: Live) -> None:
    ready = eventually(lambda: live.session.generations.head_starts.is_ready)
    assert ready, f"there is no head start: {live.session.generations.head_starts.reason}"


def save(live: Live, folder: Path, text: str, name: str = "view.py") -> Reloaded:
    count = len(live.all(Reloaded))
    write(folder, {name: text})
    return next(
        event
        for event in live.until(lambda: live.all(Reloaded)[count:])
        if event.generation == live.session.generation
    )


def answer(live: Live) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(live.get("/").text)
    return found


def from_nothing(live: Live) -> dict[str, Any]:
    count = len(live.all(Reloaded))
    live.call(live.session.restart_from_nothing)
    live.until(lambda: live.all(Reloaded)[count:])
    return answer(live)


def test_a_save_of_the_last_file_loads_it_alone(start: Open, folder: Path) -> None:
    live = start("import os, itertools\nos.environ['A'] = '1'\nSEEN = next(itertools.count(7))\n")
    until_ready(live)
    reloaded = save(live, folder, view("third"))
    assert answer(live) == {"text": "third", "before": 7, "more": None}
    assert reloaded.loaded_ahead, reloaded.stepped_back
    assert reloaded.standby
    assert reloaded.stepped_back == ""
    assert Path(reloaded.ahead_until).name == "view.py"
    assert reloaded.ahead_modules >= 2
    assert reloaded.ahead_bytes > 1_000_000
    until_ready(live)  # and again
    assert save(live, folder, view("fourth")).loaded_ahead
    assert answer(live)["text"] == "fourth"


def test_a_file_that_was_loaded_ahead_is_loaded_again(start: Open, folder: Path) -> None:
    live = start("SEEN = 1\n")
    until_ready(live)
    reloaded = save(live, folder, "SEEN = 2\n", "before.py")
    assert answer(live)["before"] == 2
    assert not reloaded.loaded_ahead
    until_ready(live)  # it waits before the earlier one of the two from now on
    reloaded = save(live, folder, "SEEN = 3\n", "before.py")
    assert reloaded.loaded_ahead, reloaded.stepped_back
    assert Path(reloaded.ahead_until).name == "before.py"
    assert answer(live)["before"] == 3
    until_ready(live)
    assert save(live, folder, view("third")).loaded_ahead
    assert answer(live) == {"text": "third", "before": 3, "more": None}


@pytest.mark.parametrize("name", BEFORE)
def test_it_ends_as_a_load_from_nothing(
    start: Open, folder: Path, tmp_path: Path, name: str
) -> None:
    if name == "gevent":
        pytest.importorskip("gevent", reason="gevent is not installed")
    library = tmp_path / "site-packages"
    library.mkdir()
    shutil.copy(RELOAD_APPS / "nosy.py", library)
    late = "    import nosy\n" * (name == "late import")
    before = f"{BEFORE[name]}\nimport nosy\nSEEN = nosy.at_import\n{late and ''}"
    live = start(before, environment=environment(library))
    if name != "gevent":  # nothing may wait in a process that is patched
        until_ready(live)
    more = "__import__('nosy').state()"
    save(live, folder, view("third", more=more))
    first = answer(live)
    assert first["text"] == "third"
    assert first == from_nothing(live)


ACTS = {
    "writes a file": "open(HERE / 'act', 'w').close()",
    "appends to a file": "open(HERE / 'act', 'a').close()",
    "makes a folder": "(HERE / 'act').mkdir(exist_ok=True)",
    "changes an open file": (
        "import os\nfile = os.open(HERE / 'keep', os.O_RDONLY)\n"
        "os.chmod(file, 0o644)\nos.utime(file)"
    ),
    "removes a file": "(HERE / 'act').unlink(missing_ok=True)",
    "starts a program": "import subprocess, sys; subprocess.run(['touch', str(HERE / 'act')])",
    "forks": "import os\nif os.fork() == 0:\n    os._exit(open(HERE / 'act', 'w').close() or 0)",
    "starts a thread": (
        "import threading\nthreading.Thread(target=lambda: open(HERE / 'act', 'w').close()).start()"
    ),
    "makes a temporary file": "import tempfile; tempfile.mkstemp(dir=HERE)",
    "opens a database": "import sqlite3; sqlite3.connect(HERE / 'act').close()",
    "connects": (
        "import socket\ns = socket.socket()\ns.settimeout(1)\n"
        "try: s.connect(('127.0.0.1', 9))\nexcept OSError: pass\nopen(HERE / 'act', 'w').close()"
    ),
    "sets a trace function": ("import sys; sys.settrace(None); open(HERE / 'act', 'w').close()"),
    "asks": "open(HERE / 'act', 'w').close() if input('? ') else 0",
}


@pytest.mark.parametrize("name", ACTS)
def test_the_app_does_nothing_in_the_world_ahead(start: Open, folder: Path, name: str) -> None:
    if name == "asks":
        act = "try: input('? ')\nexcept EOFError: open(HERE / 'act', 'w').close()"
    else:
        act = ACTS[name]
    live = start(
        f"from pathlib import Path\nHERE = Path(__file__).parent / 'made'\n{act}\n",
        {"made/keep": ""},
        exclude_patterns=("*/made/*",),
    )
    made = folder / "made"
    starts = live.session.generations.head_starts
    # It waits where the app would act, which it does in the load itself.
    if not eventually(lambda: starts.is_ready, 3):
        save(live, folder, view("again"))  # the standby did not fit, so nothing was known yet
    assert eventually(lambda: starts.is_ready), starts.reason
    before = {file: file.stat().st_mtime_ns for file in made.iterdir()}
    time.sleep(0.3)  # what it did ahead would be done by now
    assert {file: file.stat().st_mtime_ns for file in made.iterdir()} == before
    save(live, folder, view("third"))
    assert answer(live)["text"] == "third"


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"data.txt": "new\n"}, "new"),
        ({"optional.py": "VALUE = 'new'\n"}, "new"),
        ({".env": "FROM_FILE=new\n"}, "new"),
        ({"optional/__init__.py": "VALUE = 'new'\n"}, "new"),
    ],
    ids=["a file that it has read", "a new module", "an env file", "a new package"],
)
def test_what_it_has_seen_must_be_the_same(
    start: Open, folder: Path, change: dict[str, str], seen: str
) -> None:
    if ".env" in change:
        pytest.importorskip("dotenv", reason="python-dotenv is not installed")
    before = (
        "import os, pathlib\n"
        "SEEN = (pathlib.Path(__file__).parent / 'data.txt').read_text().strip()\n"
        "SEEN = os.environ.get('FROM_FILE') or SEEN\n"
        "try:\n    from optional import VALUE as SEEN\nexcept ImportError: pass\n"
    )
    live = start(before, {"data.txt": "old\n", ".env": "OTHER=1\n"})
    assert answer(live)["before"] == "old"
    until_ready(live)
    write(folder, change)
    assert eventually(lambda: answer_after(live, folder)["before"] == seen)


def answer_after(live: Live, folder: Path) -> dict[str, Any]:
    save(live, folder, view(f"at {time.monotonic()}"))
    return answer(live)


def test_what_it_prints_is_told_once_and_with_the_reload(start: Open, folder: Path) -> None:
    live = start("SEEN = 1\nprint('says so')\nimport logging; logging.warning('and logs it')\n")
    until_ready(live)
    said = len(live.lines("says so"))
    began = live.all(LogWritten)[-1].at if live.all(LogWritten) else None
    reloaded = save(live, folder, view("third"))
    assert reloaded.loaded_ahead, reloaded.stepped_back
    live.until(lambda: len(live.lines("says so")) == said + 1)
    line = live.lines("says so")[-1]
    assert line.generation == reloaded.generation
    assert began is None or line.at > began
    assert len(live.lines("and logs it")) == said + 1


def test_an_app_that_fails_ahead_fails_as_ever(start: Open, folder: Path) -> None:
    live = start("SEEN = 1\n")
    until_ready(live)
    assert save(live, folder, "import nowhere\n").failed
    assert "nowhere" in live.get("/").text
    assert not save(live, folder, view("fixed")).failed
    assert answer(live)["text"] == "fixed"


def test_it_is_not_begun_without_a_standby(serve: Serve, folder: Path) -> None:
    live = serve(
        {"app.py": ENTRY, "before.py": "SEEN = 1\n", "view.py": view("first")}, standby=False
    )
    live.serving()
    reloaded = save(live, folder, view("second"))
    assert answer(live)["text"] == "second"
    assert not reloaded.standby
    assert "--no-standby" in reloaded.stepped_back
    assert live.session.generations.standby_pid is None
    assert live.session.generations.head_starts.pid is None


def test_it_ends_with_the_session(start: Open) -> None:
    live = start("SEEN = 1\n")
    until_ready(live)
    pid = live.session.generations.head_starts.pid
    assert pid is not None
    assert psutil.pid_exists(pid)
    live.close()
    assert eventually(lambda: not alive(pid))
