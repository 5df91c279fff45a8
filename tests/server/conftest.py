"""What the tests of the server process may use."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.live import Live, Serve
from tests.support.projects import app_source

SECONDS = 30

# Each piece of code runs in a fork of an interpreter that has imported the loader's parts and what
# programs patch, and nothing else: as in a fresh process, but sooner. It ends at once, whatever
# threads the code has left.
FORKS = app_source("loading/forks.py")

InFork = Callable[..., Any]


@pytest.fixture(scope="session")
def in_fork() -> Iterator[InFork]:
    """Runs code in a process of its own and gives what that leaves as `answer`, as JSON has it.

    Further arguments are names that the code finds set.
    """
    # The environment's PYTHON* variables must not add threads or modules of their own.
    command = [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{FORKS}"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        streams = process.stdin, process.stdout

        def run(code: str, **names: Any) -> Any:
            print(json.dumps([code, names]), file=streams[0], flush=True)
            ready, _, _ = select.select([streams[1]], [], [], SECONDS)
            assert ready, "the code has not ended"
            answer = json.loads(streams[1].readline())
            if isinstance(answer, dict) and "failed" in answer:
                pytest.fail(answer["failed"], pytrace=False)
            return answer

        try:
            yield run
        finally:
            process.kill()


@pytest.fixture
def serve(serve: Serve) -> Serve:
    """As everywhere, but saves are not looked for: few tests here reload, and those as users do."""

    def start(source: str | dict[str, str], app: str = "app", **settings: Any) -> Live:
        return serve(source, app, **{"reload": False, "standby": True, **settings})

    return start
