"""Audit events are heard for a while, though Python keeps the hook for ever."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from devtui.server.guest.audit_events import AuditEvents

heard = []

def hear(event, arguments):
    if event.startswith("of.test"):
        heard.append((event, arguments, sys._getframe(2).f_code.co_name))

events = AuditEvents(hear)

def act(number):
    sys.audit("of.test", number)

act(0)
for number in (1, 2):
    events.listen()
    act(number)
    events.listening = False
    act(-number)
print(heard)
"""


def test_they_are_heard_once_and_only_while_somebody_listens() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == str([("of.test", (number,), "act") for number in (1, 2)])
