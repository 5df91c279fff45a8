"""msgspec without typing_extensions: as good as with it, which an app imports as ever."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.projects import app_source

CODE = app_source("guest/msgspec_types.py")


def told(*first: str) -> list[str]:
    """What a fresh interpreter prints that imports these first."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *first],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="there typing_extensions does more")
def test_msgspec_does_the_same_without_it() -> None:
    there, *with_it = told("msgspec")
    assert there == "True"
    there, *without = told("devtui.server.guest.msgspec_first")
    assert there == "False"
    assert len(without) == 4
    assert without == with_it


def test_one_that_was_imported_before_stays() -> None:
    assert told("typing_extensions", "devtui.server.guest.msgspec_first")[0] == "True"
