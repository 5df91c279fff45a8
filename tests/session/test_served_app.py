"""What the newest load came to, and since when the app is there or is waited for."""

from __future__ import annotations

from typing import Any

import pytest

from devtui.events import (
    AnyEvent,
    AppFailed,
    AppLoaded,
    Error,
    ServerExited,
    ServerStarted,
    Serving,
)
from devtui.session.served_app import ServedApp

STARTED = ServerStarted(generation=1, pid=10)
LOADED = AppLoaded(
    generation=1, app="hello:app", framework="flask.Flask", file="", duration_ms=1, module_count=1
)
SERVING = Serving(generation=1, url="http://127.0.0.1:5000", pid=10)
EXITED = ServerExited(generation=1, pid=10, exit_code=0)


def failed(*, reload: bool) -> AppFailed:
    return AppFailed(
        generation=1,
        reload=reload,
        message="no",
        error=Error(exceptions=(), text="no"),
        duration_ms=1,
    )


def after(*events: AnyEvent, in_code: bool = False) -> ServedApp:
    """What is known after these events, the first at second 1, the next at second 2."""
    now = iter(range(1, 10))
    seconds = 0.0
    app = ServedApp(in_code=in_code, clock=lambda: seconds)
    for event in events:
        seconds = next(now)
        app.heard(event)
    return app


def times(app: ServedApp) -> tuple[float | None, float | None]:
    return app.loading_since, app.serving_since


def test_a_load_lasts_until_it_is_served() -> None:
    assert times(after()) == (None, None)
    assert times(after(STARTED)) == (1, None)
    assert times(after(STARTED, LOADED)) == (1, None)
    assert times(after(STARTED, LOADED, SERVING)) == (None, 3)
    assert times(after(STARTED, LOADED, SERVING, STARTED)) == (4, None)


@pytest.mark.parametrize("events", [(STARTED,), (STARTED, LOADED), (STARTED, LOADED, SERVING)])
def test_an_end_ends_both(events: tuple[AnyEvent, ...]) -> None:
    assert times(after(*events, EXITED)) == (None, None)


def test_the_last_good_load_is_known_while_the_next_goes_on_or_fails() -> None:
    assert after(STARTED).loaded is None
    served = (STARTED, LOADED, SERVING)
    assert after(*served, EXITED, STARTED).loaded is LOADED
    failure = failed(reload=True)
    app = after(*served, EXITED, STARTED, failure)
    assert (app.loaded, app.failure) == (LOADED, failure)


def test_a_good_load_ends_a_failure_and_a_start_does_not() -> None:
    failure = failed(reload=True)
    assert after(STARTED, failure, SERVING, EXITED, STARTED).failure is failure
    assert after(STARTED, failure, SERVING, EXITED, STARTED, LOADED).failure is None


def test_a_failed_reload_is_waited_for_until_its_error_is_served() -> None:
    failure = failed(reload=True)
    app = after(STARTED, failure)
    assert (app.given_up, *times(app)) == (False, 1, None)
    assert times(after(STARTED, failure, SERVING)) == (None, 3)


@pytest.mark.parametrize(("reload", "in_code"), [(False, False), (False, True), (True, True)])
def test_what_cannot_serve_its_error_is_given_up(reload: bool, in_code: bool) -> None:
    app = after(STARTED, failed(reload=reload), in_code=in_code)
    assert (app.given_up, *times(app)) == (True, None, None)


def test_a_good_load_is_not_given_up() -> None:
    assert not after(STARTED, LOADED, in_code=True).given_up


@pytest.mark.parametrize(
    ("ended", "how"),
    [({"exit_code": 9}, "with status 9"), ({"signal": "SIGSEGV"}, "by SIGSEGV")],
)
def test_a_crash_counts_until_the_app_was_served_or_is_tried_again(
    ended: dict[str, Any], how: str
) -> None:
    exited = ServerExited(generation=1, pid=10, **ended)
    assert how in after(STARTED, exited).crash
    assert how in after(STARTED, LOADED, exited).crash
    assert not after(STARTED, LOADED, SERVING, exited).crash
    assert not after(STARTED, LOADED, SERVING, STARTED, exited).crash
    assert not after(STARTED, exited, STARTED).crash
    assert not after(STARTED, failed(reload=False), exited).crash  # that is told
    assert not after(STARTED, ServerExited(generation=1, pid=10, expected=True, exit_code=0)).crash
