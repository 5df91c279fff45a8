"""Record the calls of a library's own tests; each test is a request.

`python -m tests.suites` copies this file to where it is the only module of ours, because the tests
of a library are often a package named `tests` too. For tests of pytest it is a plugin, for those of
unittest a program that runs another one.
"""

from __future__ import annotations

import os
import runpy
import sys
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest

from devtui.server.guest.clocks import clock
from devtui.server.output.request_context import request_id
from devtui.server.tracing import install, recorder

totals = {"requests": 0, "calls": 0}


@contextmanager
def request() -> Iterator[None]:
    """Record what is called meanwhile, as devtui does while the app answers."""
    totals["requests"] += 1
    number = f"1-{totals['requests']}"
    token = request_id.set(number)
    recorder.begin_request(number, clock.perf_counter())
    try:
        yield
    finally:
        _, sums = recorder.end_request(number)
        request_id.reset(token)
        totals["calls"] += sum(one.count for one in sums)


def report() -> str:
    """Say how much was recorded: a suite that records nothing proves nothing."""
    return f"recorded {totals['calls']} calls of {totals['requests']} tests"


def warn(sentence: str) -> None:
    raise SystemExit(sentence)


install.install(warn)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: object) -> Iterator[None]:
    with request():
        yield


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.write_line(report())


def _recorded(run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def run_as_request(*args: Any, **kwargs: Any) -> Any:
        with request():
            return run(*args, **kwargs)

    return run_as_request


def main() -> None:
    unittest.TestCase.run = _recorded(unittest.TestCase.run)  # type: ignore[method-assign]
    del sys.argv[0]
    try:
        sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        print(report(), file=sys.stderr)


if __name__ == "__main__":
    main()
