"""What all tests may use: projects in a fresh folder, and sessions that serve them."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import hypothesis
import pytest

from devtui.config.settings import Settings
from devtui.control import place
from tests.support.live import Live, Serve
from tests.support.projects import app_environment, app_source, write

# On a busy machine a single example may take any time; the whole test has a deadline.
hypothesis.settings.register_profile("devtui", deadline=None)
hypothesis.settings.load_profile("devtui")

# Below `nohup` it is ignored, and every program that a test starts would inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# As if it were activated: the programs that tests start are then the project's own devtui.
os.environ["VIRTUAL_ENV"] = sys.prefix
os.environ.pop("CONDA_PREFIX", None)

# The sessions of tests are not among those that a person's `devtui ctl` finds. The path is short.
_CONTROL = tempfile.TemporaryDirectory(prefix="devtui-tests-")
os.environ[place.VARIABLE] = os.path.join(_CONTROL.name, "control")

# Whoever has one of these has a real server process for a whole session.
SERVES = {"serve", "observed", "observed_plainly"}


def pytest_xdist_auto_num_workers() -> int:
    """Five workers for two cores: half of what a test takes it waits for other programs."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(2, 5 * cores // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is not quick: whole programs, whole sessions, and whole screens.

    Tests with a deadline of their own take longest. They begin first, so that no worker is left
    with one at the end.
    """
    tests = Path(__file__).parent
    for item in items:
        for folder, marker in (("e2e", pytest.mark.e2e), ("dashboard", pytest.mark.screen)):
            if item.path.is_relative_to(tests / folder):
                item.add_marker(marker)
        if isinstance(item, pytest.Function) and not SERVES.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


def pytest_collection_finish() -> None:
    """Have the garbage collector pass over modules and tests, and run less often.

    It would take a sixth of the time of a test that runs the dashboard.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000)


@pytest.fixture
def plain_environment() -> Iterator[None]:
    """No variable of Flask's or ours is set; what a test sets goes again."""
    with mock.patch.dict(os.environ):
        for name in list(os.environ):
            if name.startswith(("FLASK_", "DEVTUI_")):
                del os.environ[name]
        os.environ["XDG_CONFIG_HOME"] = os.devnull  # no config of whoever runs the tests
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the project that `serve` serves."""
    path = tmp_path / "project"
    path.mkdir()
    return path.resolve()


@pytest.fixture
def serve(folder: Path) -> Iterator[Serve]:
    """Starts a session that serves a project, given as the text of app.py or as several files.

    Further arguments are those of `Settings`; the port is any free one. No next server process is
    started ahead, which would cost as much as the first: few tests reload.
    """
    with ExitStack() as stack:

        def start(source: str | dict[str, str], app: str = "app", **settings: Any) -> Live:
            write(folder, {"app.py": source} if isinstance(source, str) else source)
            defaults = {"port": 0, "standby": False, "environment": app_environment()}
            settings = {**defaults, **settings}
            return stack.enter_context(Live(Settings(app=app, folder=folder, **settings)))

        yield start


OBSERVED = app_source("observed.py")


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One session for a whole module: it serves `apps/observed.py`, with the debugger."""
    yield from _observed(tmp_path_factory.mktemp("observed"))


@pytest.fixture(scope="module")
def observed_plainly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The same without the debugger."""
    yield from _observed(tmp_path_factory.mktemp("plainly"), debugger=False, debug=False)


def _observed(folder: Path, **settings: Any) -> Iterator[Live]:
    write(folder, {"observed.py": OBSERVED})
    settings = {"port": 0, "reload": False, "environment": app_environment(), **settings}
    with Live(Settings(app="observed", folder=folder, **settings)) as live:
        live.serving()
        yield live
