"""Errors that no view raises: hooks, warnings, and what is logged where nobody asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtui.config.settings import Settings
from devtui.events import ErrorRaised
from tests.support.live import Live
from tests.support.projects import app_environment, app_source, write

pytestmark = pytest.mark.e2e

APP = app_source("errors/origins.py")


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
