"""A reload from the warm standby ends with the same as a start from nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtui.config.settings import Settings
from devtui.events import Reloaded
from tests.support.live import Live, Serve, until_warm
from tests.support.processes import eventually
from tests.support.projects import APPS, app_environment, write

pytestmark = pytest.mark.e2e

RELOAD_APPS = APPS / "reload"

ANSWER = """
import json as answers

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    report = {"text": TEXT, "then": nosy.at_import, "now": nosy.state()}
    return [answers.dumps(report).encode()]
"""

# What an app does before it imports a library.
BEFORE = {
    "environment": "import os; os.environ['NOSY_LIMIT'] = '1'",
    "search path": "import sys; sys.path.insert(0, '/nowhere/first')",
    "finder": (
        "import sys\nclass Finder:\n    def find_spec(self, *args): return None\n"
        "sys.meta_path.insert(0, Finder())"
    ),
    "warnings": "import warnings; warnings.simplefilter('error', ResourceWarning)",
    "start method": "import multiprocessing; multiprocessing.set_start_method('spawn')",
    "signal": "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
    "locale": "import locale; locale.setlocale(locale.LC_ALL, 'C.UTF-8')",
    "logging": (
        "import logging.config\n"
        "logging.config.dictConfig({'version': 1, 'disable_existing_loggers': True,"
        " 'root': {'level': 'ERROR'}})"
    ),
    "thread": (
        "import threading\n"
        "threading.Thread(target=threading.Event().wait, name='app-1', daemon=True).start()"
    ),
    "module": (
        "import json, sys, types\nfast = types.ModuleType('fast')\n"
        "vars(fast).update(vars(json)); fast.__name__ = 'fast'\nsys.modules['json'] = fast"
    ),
    "added module": "import sys, types; sys.modules['simplejson'] = types.ModuleType('fast')",
    "working folder": "import os; os.chdir('/')",
    "late import": (
        "import importlib, os; os.environ['NOSY_LATE'] = '1'\n"
        "nosy = importlib.import_module('nosy')"
    ),
    "gevent": "from gevent import monkey; monkey.patch_all()",
}

# What a program leaves to the next one in the same process. Nothing else can be in the first load
# that a fresh process would not have: it began again from nothing.
OUTLIVES_THE_PROGRAM = {"environment", "signal", "working folder", "gevent"}

# Libraries that change the process of an app, and how an app begins with them.
INSTRUMENTED = {
    "sentry_sdk": (
        "import sentry_sdk\n"
        "sentry_sdk.init(dsn='http://public@127.0.0.1:9/1', traces_sample_rate=1)"
    ),
    "opentelemetry.instrumentation.flask": (
        "from opentelemetry import trace\n"
        "from opentelemetry.sdk.trace import TracerProvider\n"
        "from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter\n"
        "provider = TracerProvider()\n"
        "provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))\n"
        "trace.set_tracer_provider(provider)\n"
        "from opentelemetry.instrumentation.flask import FlaskInstrumentor\n"
        "FlaskInstrumentor().instrument()"
    ),
    "numpy": "import os; os.environ['OPENBLAS_NUM_THREADS'] = '1'\nimport numpy",
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder of installed packages, in which there is `nosy`."""
    path = tmp_path / "site-packages"
    path.mkdir()
    shutil.copy(RELOAD_APPS / "nosy.py", path)
    return path


def source(before: str, text: str) -> str:
    return f"{before}\nimport nosy\nTEXT = {text!r}\n{ANSWER}"


def answer(live: Live) -> Any:
    return json.loads(live.get("/").body)


def from_standby(live: Live, folder: Path, saved: str) -> tuple[Reloaded, Any]:
    """Save, once the standby is warm, and what the reload and its answer are."""
    until_warm(live)
    count = len(live.all(Reloaded))
    write(folder, {"app.py": saved})
    return live.reloaded(count=count + 1), answer(live)


def from_nothing(live: Live) -> Any:
    count = len(live.all(Reloaded))
    live.call(live.session.restart_from_nothing)
    reloaded = live.reloaded(count=count + 1)
    assert not reloaded.standby
    assert reloaded.stepped_back == ""
    return answer(live)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Live, Path]]:
    """A session for all the ways in which an app can change its process: each is a reload of it."""
    folder = tmp_path_factory.mktemp("shared").resolve()
    library = folder / "site-packages"
    project = folder / "project"
    library.mkdir()
    shutil.copy(RELOAD_APPS / "nosy.py", library)
    write(project, {"app.py": source("", "plain")})
    with Live(
        Settings(app="app", folder=project, port=0, environment=environment(library))
    ) as live:
        live.serving()
        yield live, project


@pytest.mark.parametrize("name", BEFORE)
def test_an_app_that_changes_its_process(shared: tuple[Live, Path], name: str) -> None:
    live, folder = shared
    if answer(live)["text"] != "plain":  # the case before this one has failed
        write(folder, {"app.py": source("", "plain")})
        assert eventually(lambda: answer(live)["text"] == "plain")
    plain = answer(live)["then"]
    # It begins to: the library was imported ahead, since the last load did nothing before it.
    reloaded, first = from_standby(live, folder, source(BEFORE[name], "one"))
    assert not reloaded.standby
    assert "nosy" in reloaded.stepped_back
    assert first["text"] == "one"
    assert first["then"] != plain
    # It goes on to: that is known by now, and the library is left for the load.
    reloaded, second = from_standby(live, folder, source(BEFORE[name], "two"))
    assert reloaded.standby
    assert "changes" in reloaded.stepped_back
    assert second["text"] == "two"
    if name in OUTLIVES_THE_PROGRAM:
        assert from_nothing(live) == second
    assert {**second, "text": "one"} == first
    # It does no more.
    _, third = from_standby(live, folder, source("", "plain"))
    assert third["then"] == plain
    assert third["text"] == "plain"


def environment(library: Path) -> tuple[tuple[str, str], ...]:
    return app_environment(PYTHONPATH=os.pathsep.join([str(library)]))


def test_a_plain_app_takes_all_from_the_standby(serve: Serve, folder: Path, library: Path) -> None:
    live = serve(source("", "one"), environment=environment(library))
    live.serving()
    reloaded, _ = from_standby(live, folder, source("", "two"))
    assert (reloaded.standby, reloaded.stepped_back) == (True, "")
    reloaded, second = from_standby(live, folder, source("", "three"))
    assert (reloaded.standby, reloaded.stepped_back) == (True, "")
    assert from_nothing(live) == second


def test_an_installed_app_is_imported_ahead(serve: Serve, folder: Path, library: Path) -> None:
    app = "import nosy\ndef create_app():\n    import settings\n    return settings.app\n"
    write(library, {"big/__init__.py": "", "big/app.py": app})
    live = serve(
        {"settings.py": source("", "one")},
        app="big.app:create_app()",
        environment=environment(library),
    )
    live.serving()
    assert answer(live)["text"] == "one"
    until_warm(live)
    write(folder, {"settings.py": source("", "two")})
    reloaded = live.reloaded()
    assert (reloaded.standby, reloaded.stepped_back) == (True, "")
    assert reloaded.ahead_modules >= 3
    second = answer(live)
    assert second["text"] == "two"
    assert from_nothing(live) == second


def test_a_library_that_has_changed(serve: Serve, folder: Path, library: Path) -> None:
    live = serve(source("", "one"), environment=environment(library))
    live.serving()
    until_warm(live)
    with open(library / "nosy.py", "a") as file:
        file.write("\nat_import = 'upgraded'\n")
    reloaded, second = from_standby(live, folder, source("", "two"))
    assert second["then"] == "upgraded"
    assert not reloaded.standby
    assert reloaded.stepped_back.endswith("nosy.py has changed")


def test_a_module_of_the_project_that_comes_before_a_library(
    serve: Serve, folder: Path, library: Path
) -> None:
    live = serve(source("", "one"), environment=environment(library))
    live.serving()
    until_warm(live)
    write(folder, {"nosy.conf": "", "nosy.py": "at_import = 'mine'\nstate = dict\n"})
    live.reloaded()
    assert answer(live)["then"] == "mine"
    assert live.reloaded().stepped_back == "nosy is now a module of the project"


def test_a_folder_of_a_library_s_name_is_no_module(
    serve: Serve, folder: Path, library: Path
) -> None:
    write(folder, {"nosy/data.txt": "", "nosy.conf": ""})
    live = serve(source("", "one"), environment=environment(library))
    live.serving()
    reloaded, second = from_standby(live, folder, source("", "two"))
    assert reloaded.standby
    assert second["text"] == "two"


def test_an_env_file_that_has_changed(serve: Serve, folder: Path, library: Path) -> None:
    files = {"app.py": source("", "one"), ".env": "NOSY_A=1\nNOSY_B=1\n"}
    live = serve(files, environment=environment(library))
    live.serving()
    assert answer(live)["then"]["environ"] == {"NOSY_A": "1", "NOSY_B": "1"}
    until_warm(live)
    write(folder, {".env": "NOSY_A=2\n"})
    reloaded = live.reloaded()
    assert reloaded.paths == (str(folder / ".env"),)
    assert answer(live)["then"]["environ"] == {"NOSY_A": "2"}
    assert reloaded.stepped_back == "the environment is not that of the last load"
    assert from_nothing(live) == answer(live)


def test_the_env_files_that_were_read_are_watched_wherever_they_lie(
    serve: Serve, folder: Path, library: Path
) -> None:
    above, given = folder.parent / ".env", folder.parent / "elsewhere" / "dev.env"
    write(folder.parent, {".env": "NOSY_A=1\n", "elsewhere/dev.env": "NOSY_B=1\n"})
    live = serve(source("", "one"), environment=environment(library), env_file=str(given))
    live.serving()
    assert answer(live)["then"]["environ"] == {"NOSY_A": "1", "NOSY_B": "1"}
    for count, file in ((1, above), (2, given)):
        until_warm(live)
        file.write_text(file.read_text().replace("=1", "=2"))
        assert live.reloaded(count=count).paths == (str(file),)
    assert answer(live)["then"]["environ"] == {"NOSY_A": "2", "NOSY_B": "2"}


def test_a_library_that_runs_the_project_s_code(serve: Serve, folder: Path, library: Path) -> None:
    """It is not imported ahead: the project's code never runs beside the old process."""
    plugin = "import part\ntext = part.TEXT\n"
    write(library, {"plugin.py": plugin})
    app = "import nosy, plugin\nTEXT = plugin.text\n" + ANSWER
    elsewhere = folder.parent / "elsewhere"
    note = f"open({str(folder / 'ran.txt')!r}, 'a').write('x')\n"
    write(elsewhere, {"part.py": note + "TEXT = 'one'\n"})
    paths = os.pathsep.join([str(library), str(elsewhere)])
    live = serve(app, environment=app_environment(PYTHONPATH=paths))
    live.serving()
    for count, text in ((1, "two"), (2, "six")):
        until_warm(live)
        assert (folder / "ran.txt").read_text() == "x" * count
        write(elsewhere, {"part.py": note + f"TEXT = {text!r}\n"})
        assert live.reloaded(count=count).standby
        assert answer(live)["text"] == text


def test_a_library_that_is_not_imported_any_more_and_had_changed_things(
    serve: Serve, folder: Path, library: Path
) -> None:
    write(library, {"patches.py": "import os\nos.environ['NOSY_PATCHED'] = '1'\n"})
    live = serve(source("import patches", "one"), environment=environment(library))
    live.serving()
    assert answer(live)["then"]["environ"] == {"NOSY_PATCHED": "1"}
    reloaded, second = from_standby(live, folder, source("", "two"))
    assert second["now"]["environ"] == {}
    assert not reloaded.standby
    assert from_nothing(live) == second


def test_a_library_that_now_comes_first_and_changes_things(
    serve: Serve, folder: Path, library: Path
) -> None:
    write(library, {"patches.py": "import os\nos.environ['NOSY_PATCHED'] = '1'\n"})
    live = serve(source("", "one"), environment=environment(library))
    live.serving()
    _, second = from_standby(live, folder, source("import patches", "two"))
    assert second["then"]["environ"] == {"NOSY_PATCHED": "1"}
    after = source("", "three").replace("import nosy", "import nosy, patches")
    _, third = from_standby(live, folder, after)
    assert third["then"]["environ"] == {}
    assert from_nothing(live) == third
    _, fourth = from_standby(live, folder, source("import patches", "four"))
    assert fourth["then"]["environ"] == {"NOSY_PATCHED": "1"}


@pytest.mark.parametrize("broken", ["raise SystemExit(1)", "raise RuntimeError('no')"])
def test_a_library_that_cannot_be_imported_ahead(
    serve: Serve, folder: Path, library: Path, broken: str
) -> None:
    """It is imported once the old process is gone, as by a fresh one."""
    lock = folder / "lock"
    # It holds something that one process can have at a time, until its end.
    write(
        library,
        {
            "exclusive.py": "import fcntl\n"
            f"lock = open({str(lock)!r}, 'w')\n"
            "try:\n    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
            f"except OSError:\n    {broken}\n"
        },
    )
    live = serve(source("import exclusive", "one"), environment=environment(library))
    live.serving()
    reloaded, second = from_standby(live, folder, source("import exclusive", "two"))
    assert second["text"] == "two"
    assert "exclusive could not be imported ahead" in reloaded.stepped_back


def test_a_library_that_waits_for_the_old_process(
    serve: Serve, folder: Path, library: Path
) -> None:
    exclusive = f"import fcntl\nlock = open({str(folder / 'lock')!r}, 'w')\n"
    exclusive += "fcntl.flock(lock, fcntl.LOCK_EX)\n"
    write(library, {"exclusive.py": exclusive})
    live = serve(source("import exclusive", "one"), environment=environment(library))
    live.serving()
    _, second = from_standby(live, folder, source("import exclusive", "two"))
    assert second["text"] == "two"
