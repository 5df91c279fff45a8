"""The application that stands in for one that could not be loaded."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any

import pytest

from devtui.server.errors.failed_app import FailedApp


def failed(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def call(error: BaseException) -> Exception:
    """What one request to the stand-in raises."""
    environ: dict[str, Any] = {}
    with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is what is tested
        FailedApp(error)(environ, lambda *arguments: lambda data: None)
    return raised.value


def depth(tb: TracebackType | None) -> int:
    return len(traceback.extract_tb(tb))


def test_the_error_itself_is_raised() -> None:
    error = failed(ValueError("x"))
    assert call(error) is error
    assert traceback.extract_tb(error.__traceback__)[-1].name == "failed"


def test_it_grows_no_longer_with_each_request() -> None:
    error = failed(ValueError("x"))
    stand_in = FailedApp(error)
    depths = set()
    for _ in range(5):
        with pytest.raises(ValueError, match="x") as raised:
            stand_in({}, lambda *arguments: lambda data: None)
        depths.add(depth(raised.value.__traceback__))
    assert len(depths) == 1


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_what_would_end_the_thread_is_wrapped(error: BaseException) -> None:
    raised = call(failed(error))
    assert isinstance(raised, RuntimeError)
    assert raised.__cause__ is error
    assert repr(error) in str(raised)
