"""What the tests under fire share: the real program, and who is left after it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import processes
import pytest
from starter import Devtui


@pytest.fixture
def devtui(tmp_path: Path) -> Iterator[Devtui]:
    """Starts the program; after the test no process of it is left and its ports are free."""
    with ExitStack() as stack:
        starter = Devtui(uuid.uuid4().hex, tmp_path, stack)
        yield starter
    try:
        starter.assert_gone()
    finally:
        processes.end(processes.marked(starter.mark))


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    return processes.free_port()
