"""Listen to Python's audit events (PEP 578) while that is needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


class AuditEvents:
    """Gives a function the name and the arguments of each audit event, while `listening`."""

    def __init__(self, heard: Callable[[str, tuple[Any, ...]], None]) -> None:
        self.listening = False
        self._heard = heard
        self._hooked = False

    def listen(self) -> None:
        """Listen from now on, until somebody sets `listening` to false."""
        self.listening = True
        if self._hooked:
            return
        self._hooked = True

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            # Python calls it very often and keeps it for ever. It also looks for an attribute of
            # the hook each time, which takes three times as long for a method.
            if self.listening:
                self._heard(event, arguments)

        sys.addaudithook(hook)
