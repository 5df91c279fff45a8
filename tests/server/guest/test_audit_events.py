"""Audit events are heard for a while, though Python keeps the hook for ever."""

from __future__ import annotations

import subprocess
import sys

from tests.support.projects import app_source

PROGRAM = app_source("guest/audit_events.py")


def test_they_are_heard_once_and_only_while_somebody_listens() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == str([("of.test", (number,), "act") for number in (1, 2)])
