"""Start the real program, with and without a terminal, and check that nothing of it is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support import processes
from tests.support.terminal.terminal import Terminal, clean_environment

NO_CONFIG = {"XDG_CONFIG_HOME": os.devnull}
"""Keeps the config of whoever runs the tests out of them."""

_STANDBY = "DEVTUI_STANDBY"


class Devtui:
    """Starts the program, and remembers what it started.

    A call runs `python -m devtui` with the given arguments in a pseudo-terminal, in the folder
    `cwd`. `below` is a program that starts the command after its own arguments. `start` does the
    same without a terminal. There is no standby, which costs as much as the first server process,
    unless the test asks for a `standby`.
    """

    def __init__(self, mark: str, cwd: Path, stack: ExitStack) -> None:
        self.mark = mark
        self.cwd = cwd
        self.ports: list[int] = []
        self._stack = stack

    def __call__(
        self,
        *arguments: str | int,
        cwd: Path | None = None,
        size: tuple[int, int] = (120, 40),
        environment: Mapping[str, str] | None = None,
        below: tuple[str, ...] = (),
        standby: bool = False,
    ) -> Terminal:
        command = [*below, *self._command(arguments)]
        # devtui's state for the project belongs to this test, and is not in the watched folder.
        state = self.cwd.with_name(f"{self.cwd.name}-state")
        own = {processes.MARK: self.mark, "XDG_STATE_HOME": str(state), **NO_CONFIG}
        own[_STANDBY] = str(int(standby))
        extra = {**own, **(environment or {})}
        terminal = Terminal(command, cwd=cwd or self.cwd, environment=extra, size=size)
        return self._stack.enter_context(terminal)

    def start(
        self, *arguments: str | int, cwd: Path | None = None, through: tuple[str, ...] = ()
    ) -> subprocess.Popen[str]:
        """Start the program with pipes for its output, and no terminal at all.

        `through` are words for Python before `-m devtui`.
        """
        python, *words = self._command(arguments)
        process = subprocess.Popen(
            [python, *through, *words],
            cwd=cwd or self.cwd,
            env={**clean_environment(), **NO_CONFIG, processes.MARK: self.mark, _STANDBY: "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._stack.callback(self._finish, process)
        return process

    def left(self) -> list[str]:
        """The command lines of the processes that are still there."""
        return [f"{p.pid} {' '.join(p.cmdline())}" for p in processes.marked(self.mark)]

    def assert_gone(self, timeout: float = 20) -> None:
        """Assert that within `timeout` seconds no process is left and every port is free."""
        left: list[psutil.Process] = []

        def gone() -> bool:
            # Search all processes again only after those found before have ended.
            left[:] = [p for p in left if processes.alive(p.pid)] or processes.marked(self.mark)
            return not left

        assert processes.eventually(gone, timeout), f"these are left: {self.left()}"
        for port in self.ports:
            # A process that is ending loses its environment, and so its mark, before its files.
            free = processes.eventually(partial(processes.can_bind, port), timeout)
            assert free, f"port {port} is still taken"

    def _command(self, arguments: tuple[str | int, ...]) -> list[str]:
        words = [str(argument) for argument in arguments]
        for option, value in pairwise(words):
            if option in ("-p", "--port"):
                self.ports.append(int(value))
        return [sys.executable, "-m", "devtui", *words]

    @staticmethod
    def _finish(process: subprocess.Popen[str]) -> None:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


@pytest.fixture
def devtui(tmp_path: Path) -> Iterator[Devtui]:
    """Starts the program; asserts after the test that no process is left and its ports are free."""
    with ExitStack() as stack:
        starter = Devtui(uuid.uuid4().hex, tmp_path, stack)
        yield starter
    try:
        starter.assert_gone()
    except BaseException:
        processes.end(processes.marked(starter.mark))
        raise


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    return processes.free_port()


def next_event(process: subprocess.Popen[str], kind: str) -> dict[str, Any]:
    """Read events up to one of this type. The test's own timeout is the deadline."""
    assert process.stdout is not None
    for line in process.stdout:
        event: dict[str, Any] = json.loads(line)
        assert next(iter(event)) == "type"
        if event["type"] == kind:
            return event
    raise AssertionError(f"the output ended without {kind}")
