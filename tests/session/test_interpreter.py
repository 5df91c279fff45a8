"""An interpreter that waits to be a server process, and how it is got rid of."""

from __future__ import annotations

import os
import signal
import sys

import psutil
import pytest

from devtui.session.interpreter import Interpreter

SECONDS = 30


def descriptors() -> set[str]:
    return set(os.listdir("/dev/fd"))


def started() -> Interpreter:
    return Interpreter(7, dict(os.environ), ["devtui", "--plain"])


def test_discarding_kills_reaps_and_closes_and_may_be_done_twice() -> None:
    before = descriptors()
    interpreter = started()
    pid = interpreter.popen.pid
    interpreter.discard()
    assert interpreter.popen.returncode == -signal.SIGKILL
    assert not psutil.pid_exists(pid)
    assert descriptors() == before
    # The numbers of its descriptors belong to others by now.
    others = [os.open(os.devnull, os.O_RDONLY) for _ in range(8)]
    interpreter.discard()
    for other in others:
        os.fstat(other)
        os.close(other)


def test_one_that_has_ended_already_is_discarded_as_well() -> None:
    before = descriptors()
    interpreter = started()
    interpreter.popen.kill()
    interpreter.popen.wait(SECONDS)
    interpreter.discard()
    assert descriptors() == before


def test_one_that_was_taken_on_is_left_alone() -> None:
    interpreter = started()
    interpreter.taken = True
    interpreter.discard()
    assert interpreter.popen.poll() is None
    interpreter.taken = False
    interpreter.discard()


def test_an_interpreter_that_cannot_be_started_leaves_no_descriptor_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = descriptors()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(FileNotFoundError):
        started()
    assert descriptors() == before
