"""The facts of a remote session, under the names that a dashboard reads."""

from __future__ import annotations

from devtui.control.attached.session_facts import SessionFacts


class Values:
    """Stands for the server process, the listening socket, the open pages and the hold."""

    def __init__(self) -> None:
        self.pid: int | None = None
        self.pin: str | None = None
        self.is_open = False
        self.on = False
        self.count = 0
        self.active = False
        self.holder = ""

    def take(self, facts: SessionFacts) -> None:
        """Take over the facts."""
        self.pid, self.pin = facts.server_pid, facts.pin
        self.is_open = facts.listens
        self.on, self.count = facts.pages_follow, facts.page_count
        self.active, self.holder = facts.held_by is not None, facts.held_by or ""

    def clear(self) -> None:
        """Forget the facts about the server process, which is gone."""
        self.pid, self.pin, self.is_open, self.active, self.count = None, None, False, False, 0
