"""A load that begins before a save ends as one from nothing, and acts on nothing before."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import psutil
import pytest

from devtui.events import LogWritten, Reloaded
from devtui.session.processes import head_starts
from devtui.session.reload import reloader
from tests.session.reload.test_same_as_fresh import (
    BEFORE,
    INSTRUMENTED,
    RELOAD_APPS,
    environment,
)
from tests.support.live import Live, Serve, until_warm
from tests.support.processes import alive, eventually
from tests.support.projects import app_source, write

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


# A standby cannot import everything ahead for an app that does this: the next load begins ahead,
# although nothing is known of one from a standby.
EARLY = "import os; os.environ['EARLY'] = '1'"


@pytest.fixture
def start(serve: Serve, folder: Path) -> Open:
    """Serve the app with this in `before.py`, and the view as the file that was changed last."""

    def opened(
        before: str, files: dict[str, str] | None = None, early: str = EARLY, **more: Any
    ) -> Live:
        before = f"{early}\n{before}"
        project = {"app.py": ENTRY, "before.py": before, "view.py": view("first"), **(files or {})}
        write_long_ago(folder, project, but="view.py")
        live = serve({}, **more)
        live.serving()
        return live

    return opened


def write_long_ago(folder: Path, files: dict[str, str], but: str) -> None:
    """Write a project of which one file was changed long after the others."""
    write(folder, files)
    for name in files.keys() - {but}:
        os.utime(folder / name, (time.time() - 1_000,) * 2)


_before_the_save: WeakKeyDictionary[Live, int | None] = WeakKeyDictionary()


def until_ready(live: Live) -> None:
    """Wait for a head start that began after the last save.

    The one from before it may still be there for a moment.
    """
    heads = live.session.generations.head_starts
    ready = eventually(lambda: heads.is_ready and heads.pid != _before_the_save.get(live))
    assert ready, f"there is no head start: {heads.reason}"


def save(live: Live, folder: Path, text: str, name: str = "view.py") -> Reloaded:
    count = len(live.all(Reloaded))
    _before_the_save[live] = live.session.generations.head_starts.pid
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


def test_it_ends_with_the_session(start: Open) -> None:
    live = start("SEEN = 1\n")
    until_ready(live)
    pid = live.session.generations.head_starts.pid
    assert pid is not None
    assert psutil.pid_exists(pid)
    live.close()
    assert eventually(lambda: not alive(pid))


@pytest.mark.parametrize("prefix", ["", "of/all"])
def test_bytecode_is_written_ahead(
    start: Open, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    place = folder / "__pycache__"
    if prefix:
        monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "bytecode" / prefix))
        place = Path(f"{tmp_path}/bytecode/{prefix}{folder}")
    live = start("SEEN = 1\n")
    until_ready(live)
    written = (folder / "before.py").stat().st_ctime
    # Bytecode of a source that was written in this second is not kept.
    assert eventually(lambda: int(time.time()) > int(written))
    shutil.rmtree(place, ignore_errors=True)
    save(live, folder, view("third"))
    until_ready(live)
    assert eventually(lambda: any(place.rglob("before.*.pyc")))
    reloaded = save(live, folder, view("fourth"))
    assert reloaded.loaded_ahead, reloaded.stepped_back
    assert Path(reloaded.ahead_until).name == "view.py"


def test_a_file_that_was_loaded_ahead_is_loaded_again(start: Open, folder: Path) -> None:
    live = start("SEEN = 1\n")
    until_ready(live)
    assert save(live, folder, view("second")).loaded_ahead
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
    before = f"{BEFORE[name]}\nimport nosy\nSEEN = nosy.at_import\n"
    more = "__import__('nosy').state()"
    files = {"view.py": view("first", more=more)}
    live = start(before, files, early="", environment=environment(library))
    from_nothing = answer(live)
    if name != "gevent":  # nothing may wait in a process that is patched
        until_ready(live)
    reloaded = save(live, folder, view("second", more=more))
    assert reloaded.loaded_ahead is (name != "gevent")
    assert answer(live) == {**from_nothing, "text": "second"}


STATE = app_source("reload/states.py")


@pytest.mark.parametrize("library_name", INSTRUMENTED)
def test_an_instrumented_app_ends_as_a_load_from_nothing(
    start: Open, folder: Path, tmp_path: Path, library_name: str
) -> None:
    pytest.importorskip(library_name, reason=f"{library_name} is not installed")
    library = tmp_path / "site-packages"
    library.mkdir()
    shutil.copy(RELOAD_APPS / "nosy.py", library)
    shown = "import states", "states.state()"
    live = start(
        f"{INSTRUMENTED[library_name]}\nimport nosy\nSEEN = nosy.at_import\n",
        {"states.py": STATE, "view.py": view("first", *shown)},
        early="",
        environment=environment(library),
    )
    from_nothing = answer(live)
    until_ready(live)
    reloaded = save(live, folder, view("second", *shown))
    assert reloaded.standby
    assert answer(live) == {**from_nothing, "text": "second"}


def test_a_save_that_does_not_fit_what_was_imported_ahead_is_loaded_from_nothing(
    start: Open, folder: Path, tmp_path: Path
) -> None:
    library = tmp_path / "site-packages"
    library.mkdir()
    shutil.copy(RELOAD_APPS / "nosy.py", library)
    more = "__import__('nosy').at_import['environ']"
    late = "PLACE = 1\n{}import nosy"
    files = {"view.py": view("first", late.format(""), more)}
    live = start("SEEN = 1\n", files, early="", environment=environment(library))
    until_warm(live)
    save(live, folder, view("second", late.format(""), more))
    until_ready(live)  # nosy is imported in it
    until_warm(live)
    changed = late.format(f"{BEFORE['environment']}\n")
    reloaded = save(live, folder, view("fifth", changed, more))
    assert answer(live) == {"text": "fifth", "before": 1, "more": {"NOSY_LIMIT": "1"}}
    assert "nosy" in reloaded.stepped_back
    assert not reloaded.standby
    assert not reloaded.loaded_ahead


# One of each kind that the process notices in its own way; test_acts.py has the others.
ACTS = {
    "changes an open file": (
        "import os\nfile = os.open(HERE / 'keep', os.O_RDONLY)\n"
        "os.chmod(file, 0o644)\nos.utime(file)"
    ),
    "forks": "import os\nif os.fork() == 0:\n    os._exit(open(HERE / 'act', 'w').close() or 0)",
    "starts a thread": (
        "import threading\nthreading.Thread(target=lambda: open(HERE / 'act', 'w').close()).start()"
    ),
    "connects": (
        "import socket\ns = socket.socket()\ns.settimeout(1)\n"
        "try: s.connect(('127.0.0.1', 9))\nexcept OSError: pass\nopen(HERE / 'act', 'w').close()"
    ),
    "asks": "try: input('? ')\nexcept EOFError: open(HERE / 'act', 'w').close()",
}


@pytest.mark.parametrize("name", ACTS)
def test_the_app_does_nothing_in_the_world_ahead(start: Open, folder: Path, name: str) -> None:
    live = start(
        f"from pathlib import Path\nHERE = Path(__file__).parent / 'made'\n{ACTS[name]}\n",
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
    "act",
    [
        "import ctypes\nctypes.CDLL(None).open(bytes(HERE / 'act'), 0o102, 0o644)",
        "import signal\n"
        "signal.signal(signal.SIGALRM, lambda *_: open(HERE / 'act', 'w').close())\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.2)",
    ],
    ids=["a file that is opened in C", "an alarm"],
)
def test_what_nothing_announces_is_noticed_and_not_done_again(
    start: Open, folder: Path, act: str
) -> None:
    live = start(
        f"from pathlib import Path\nHERE = Path(__file__).parent / 'made'\n{act}\nSEEN = 1\n",
        {"made/keep": ""},
        exclude_patterns=("*/made/*",),
    )
    until_ready(live)
    reloaded = save(live, folder, view("third"))
    assert answer(live)["text"] == "third"
    assert reloaded.loaded_ahead, reloaded.stepped_back
    assert Path(reloaded.ahead_until).name == "before.py"


def test_what_it_has_seen_must_be_the_same(start: Open, folder: Path) -> None:
    """A file that it has read, an env file, a new module, and a new package in its place."""
    before = (
        "import os, pathlib\n"
        "SEEN = (pathlib.Path(__file__).parent / 'data.txt').read_text().strip()\n"
        "SEEN = os.environ.get('FROM_FILE') or SEEN\n"
        "try:\n    from optional import VALUE as SEEN\nexcept ImportError: pass\n"
    )
    changes = {
        "data.txt": "read\n",
        ".env": "FROM_FILE=env\n",
        "optional.py": "VALUE = 'module'\n",
        "optional/__init__.py": "VALUE = 'package'\n",
    }
    if importlib.util.find_spec("dotenv") is None:
        del changes[".env"]
    live = start(before, {"data.txt": "old\n", ".env": "OTHER=1\n"})
    assert answer(live)["before"] == "old"
    for name, text in changes.items():
        until_ready(live)
        _before_the_save[live] = live.session.generations.head_starts.pid
        write(folder, {name: text, "view.py": view(name)})
        assert eventually(lambda name=name: answer(live)["text"] == name), name
        assert answer(live)["before"] in text, name


# What the app looks for in its folder, by the end of what devtui says has changed: how it looks,
# what it finds at first, what changes then, and what it finds after that.
LOOKS = {
    "project has other files": (
        "os.path.exists(HERE / 'flag.txt')", False, {"flag.txt": ""}, True,
    ),
    "names has other files": (
        "sorted(os.listdir(HERE / 'names'))", ["one.txt"],
        {"names/more.txt": ""}, ["more.txt", "one.txt"],
    ),
    "sizes has other files": (
        "[one.stat().st_size for one in os.scandir(HERE / 'sizes')]", [1],
        {"sizes/one.txt": "longer"}, [6],
    ),
    "site-packages has other packages": (
        "importlib.util.find_spec('optional') is not None", False,
        {"lib/site-packages/optional.py": "VALUE = 1"}, True,
    ),
    "installed has other packages": (
        "[one.metadata['Name'] for one in metadata.distributions(path=[str(HERE / 'installed')])]",
        [], {"installed/other-1.dist-info/METADATA": "Name: other\n"}, ["other"],
    ),
}  # fmt: skip


def test_what_it_has_looked_for_must_be_the_same(start: Open, folder: Path) -> None:
    files = {"names/one.txt": "1", "sizes/one.txt": "1", "lib/site-packages/other.py": ""}
    before = (
        "import importlib.util, os, pathlib, sys\nfrom importlib import metadata\n"
        "HERE = pathlib.Path(__file__).parent\n"
        "sys.path.append(str(HERE / 'lib' / 'site-packages'))\n"
        f"SEEN = [{', '.join(look for look, *_ in LOOKS.values())}]\n"
    )
    live = start(before, {**files, "installed/readme.txt": ""})
    seen = [first for _, first, *_ in LOOKS.values()]
    assert answer(live)["before"] == seen
    until_ready(live)
    assert save(live, folder, view("nothing has changed")).loaded_ahead
    for number, (reason, (*_, change, then)) in enumerate(LOOKS.items()):
        until_ready(live)
        write(folder, change)
        reloaded = save(live, folder, view(reason))
        assert not reloaded.loaded_ahead
        assert f"{reason}" in reloaded.stepped_back
        seen[number] = then
        assert answer(live) == {"text": reason, "before": seen, "more": None}


def test_what_comes_and_goes_ends_no_head_start(start: Open, folder: Path) -> None:
    seen = (
        "import importlib.metadata, pathlib, pkgutil\n"
        "HERE = str(pathlib.Path(__file__).parent)\n"
        "SEEN = [*pkgutil.iter_modules([HERE])]\n"
        "SEEN = [*importlib.metadata.distributions(path=[HERE + '/uploads'])]\n"
    )
    live = start(seen, {"app.log": "", "uploads/x": ""})
    until_ready(live)
    names = ("app.log", ".view.py.swp", "view.py~", "db.sqlite3-journal", "uploads/picture.png")
    write(folder, dict.fromkeys(names, "more"))
    reloaded = save(live, folder, view("third"))
    assert reloaded.loaded_ahead, reloaded.stepped_back


def test_a_reason_is_told_once(start: Open, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = start("import os\nSEEN = os.path.exists('flag.txt')\n", early="")
    until_warm(live)
    save(live, folder, view("second"))
    until_ready(live)
    monkeypatch.setattr(head_starts, "WORTH_MS", 1e9)
    write(folder, {"flag.txt": ""})
    assert " has other " in save(live, folder, view("third")).stepped_back
    until_warm(live)
    assert not save(live, folder, view("fourth")).stepped_back


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


def test_all_that_it_prints_is_told(
    start: Open, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head_starts, "MAX_HELD", 20)
    live = start("SEEN = 1\nfor number in range(100): print(f'says {number}')\n")
    eventually(lambda: live.session.generations.head_starts.is_ready, 3)
    said = len(live.lines("says"))
    reloaded = save(live, folder, view("third"))
    assert answer(live)["text"] == "third"
    live.until(lambda: len(live.lines("says")) >= said + 100)
    assert not reloaded.loaded_ahead


def test_it_serves_no_load_of_other_settings(start: Open, folder: Path) -> None:
    live = start("import os\nSEEN = os.environ['FLASK_DEBUG']\n")
    assert answer(live)["before"] == "1"
    until_ready(live)
    count = len(live.all(Reloaded))
    live.call(lambda: live.session.set_debug(False))
    live.until(lambda: live.all(Reloaded)[count:])
    assert answer(live)["before"] == "0"


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


# The file that is saved again and again imports more of the user's own, which reports what it sees.
HEAD = """\
'What it is.'
{first}import part
import json

def answer():
    return json.dumps({{"text": {text!r}, "before": part.SEEN, "more": [part.RAN, __doc__]}})
"""
PART = """\
import sys, traceback
SEEN = sorted(vars(sys.modules["view"]).keys() - {"__builtins__"})
RAN = [[frame.f_code.co_name, line] for frame, line in traceback.walk_stack(None)
    if "importlib" not in frame.f_code.co_filename and "devtui" not in frame.f_code.co_filename]
"""


def head(text: str, first: str = "") -> str:
    return HEAD.format(text=text, first=first)


def test_the_imports_at_the_head_of_the_saved_file_are_made_ahead(
    start: Open, folder: Path
) -> None:
    live = start("SEEN = 1\n", {"part.py": PART, "view.py": head("third")})
    from_nothing = answer(live)
    until_ready(live)
    reloaded = save(live, folder, head("fourth"))
    assert reloaded.loaded_ahead, reloaded.stepped_back
    assert Path(reloaded.ahead_until).name == "view.py"
    assert answer(live) == {**from_nothing, "text": "fourth"}
    until_ready(live)
    save(live, folder, "SEEN = 0; RAN = 'new'\n", "part.py")  # it was loaded ahead
    assert answer(live)["more"][0] == "new"


def test_the_entry_itself_is_loaded_as_far_as_its_last_import(serve: Serve, folder: Path) -> None:
    entry = f"{EARLY}\nlog = print\n{ENTRY}"
    files = {"app.py": entry, "before.py": "SEEN = 1\n", "view.py": view("first")}
    write_long_ago(folder, files, but="app.py")
    live = serve({})
    live.serving()
    until_ready(live)
    reloaded = save(live, folder, entry.replace('"200 OK"', '"201 Created"'), "app.py")
    assert reloaded.loaded_ahead, reloaded.stepped_back
    assert Path(reloaded.ahead_until).name == "app.py"
    assert {time.module for time in reloaded.slowest} >= {"app", "before", "view"}
    assert live.get("/").status == 201


def test_a_question_to_the_system_is_no_act(start: Open, folder: Path) -> None:
    live = start("import platform\nSEEN = platform.processor()\n")
    until_ready(live)
    reloaded = save(live, folder, view("third"))
    assert reloaded.loaded_ahead, reloaded.stepped_back
    assert Path(reloaded.ahead_until).name == "view.py"


def test_a_save_that_changes_the_imports_at_the_head_is_loaded_again(
    start: Open, folder: Path
) -> None:
    live = start("SEEN = 1\n", {"part.py": PART, "view.py": head("third")})
    until_ready(live)
    reloaded = save(live, folder, head("fourth", "import os\n"))
    assert not reloaded.loaded_ahead
    assert "view.py begins with other imports" in reloaded.stepped_back
    ahead = answer(live)
    assert "os" in ahead["before"]
    assert ahead == from_nothing(live)
    until_ready(live)
    assert save(live, folder, head("fifth", "import os\n")).loaded_ahead
    assert answer(live)["before"] == ahead["before"]


def test_a_saved_file_that_is_no_python_fails_as_ever(start: Open, folder: Path) -> None:
    app = "try:\n    import view\nexcept SyntaxError:\n    view = None\n" + ENTRY.replace(
        "import view\n", ""
    ).replace("view.answer()", "(view.answer() if view else json.dumps('part' in sys.modules))")
    files = {"app.py": f"import json, sys\n{app}", "part.py": "SEEN = RAN = 1\n"}
    live = start("SEEN = 1\n", {**files, "view.py": head("third")})
    until_ready(live)
    reloaded = save(live, folder, f"{head('fourth')}def :\n")
    assert answer(live) is False  # the imports before the error have not run
    assert not reloaded.loaded_ahead
    assert "not valid Python" in reloaded.stepped_back
    save(live, folder, head("fifth"))
    assert answer(live)["text"] == "fifth"


def test_two_files_that_change_each_import_the_other(start: Open, folder: Path) -> None:
    part = "import before\nSEEN, RAN = {0!r}, before.SEEN\n"
    live = start("SEEN = 1\n", {"part.py": part.format("one"), "view.py": head("first")})
    until_ready(live)
    save(live, folder, head("second"))
    save(live, folder, part.format("two"), "part.py")
    for number in range(2):
        until_ready(live)
        reloaded = save(live, folder, part.format(number), "part.py")
        assert reloaded.loaded_ahead, reloaded.stepped_back
        assert Path(reloaded.ahead_until).name == "part.py"
        assert answer(live)["before"] == number
        until_ready(live)  # view.py has begun, and waits for part.py
        assert save(live, folder, head(f"view {number}")).loaded_ahead
        assert answer(live)["text"] == f"view {number}"
    until_ready(live)
    write(folder, {"part.py": part.format("both"), "view.py": head("both")})
    assert eventually(lambda: answer(live)["text"] == "both")
    assert answer(live) == {"text": "both", "before": "both", "more": [1, "What it is."]}
    assert answer(live) == from_nothing(live)


def test_the_time_of_the_pause_is_no_time_of_the_load(start: Open, folder: Path) -> None:
    live = start("SEEN = 1\n")
    until_ready(live)
    time.sleep(1.5)
    reloaded = save(live, folder, view("third"))
    assert reloaded.loaded_ahead, reloaded.stepped_back
    assert {one.module for one in reloaded.slowest} == {"app", "before", "view"}
    assert max(one.duration_ms for one in reloaded.slowest) < 1_400
