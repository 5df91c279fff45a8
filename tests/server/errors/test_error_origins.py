"""Errors that no view raises: hooks, warnings, and what is logged where nobody asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtui.config.settings import Settings
from devtui.events import ErrorRaised
from tests.support.live import Live
from tests.support.projects import app_environment, write

pytestmark = pytest.mark.e2e

APP = """\
import asyncio, logging, sys, threading, warnings
from flask import Flask

app = Flask(__name__)

def fail(text):
    raise ValueError(text)

@app.route("/excepthook")
def excepthook():
    try:
        fail("by the hook")
    except ValueError:
        sys.excepthook(*sys.exc_info())
    return ""

@app.route("/warning")
def warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.warn("old fashioned", FutureWarning)

@app.route("/timer")
def timer():
    thread = threading.Timer(0, fail, ["in a timer"])
    thread.start()
    thread.join()
    return ""

@app.route("/task")
def task():
    async def main():
        task = asyncio.ensure_future(asyncio.sleep(0))
        task.cancel()
        loop = asyncio.get_running_loop()
        loop.call_soon(fail, "in a callback")
        await asyncio.sleep(0.01)
    asyncio.run(main())
    return ""

@app.route("/teardown")
def teardown():
    return ""

@app.teardown_request
def after(error):
    from flask import request
    if request.path == "/teardown":
        fail("in teardown")

@app.route("/errorhandler")
def handled():
    fail("handled by the app")

@app.errorhandler(ValueError)
def on_value_error(error):
    if str(error) == "handled by the app":
        return "handled", 500
    raise error
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder: Path = tmp_path_factory.mktemp("origins")
    write(folder, {"app.py": APP})
    settings = Settings(
        app="app", folder=folder, port=0, reload=False, environment=app_environment()
    )
    with Live(settings) as started:
        started.serving()
        yield started


@pytest.fixture
def errors(live: Live) -> Callable[[str], list[ErrorRaised]]:
    def visit(target: str) -> list[ErrorRaised]:
        before = len(live.all(ErrorRaised))
        live.visit(target)
        return live.all(ErrorRaised)[before:]

    return visit


@pytest.mark.parametrize(
    ("target", "origin", "kind"),
    [
        ("/excepthook", "uncaught", "ValueError"),
        ("/warning", "request", "FutureWarning"),
        ("/timer", "thread", "ValueError"),
        ("/task", "logging", "ValueError"),
        ("/teardown", "request", "ValueError"),
    ],
)
def test_each_is_told_once(
    errors: Callable[[str], list[ErrorRaised]], target: str, origin: str, kind: str
) -> None:
    (error,) = errors(target)
    assert (error.origin, error.error.exceptions[0].type) == (origin, kind)
    assert error.error_id
    assert error.error.exceptions[0].frames[-1].own


def test_what_the_app_handles_itself_is_no_error(
    errors: Callable[[str], list[ErrorRaised]],
) -> None:
    assert errors("/errorhandler") == []
