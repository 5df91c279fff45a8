"""Whose connections may have the app's log."""

from __future__ import annotations

import os
from typing import Any

import pytest

from devtui.server.live import log_access

ROOT, OWN, OTHER, GONE, UNKNOWN = 0, os.getuid(), 54_321, -1, None


@pytest.mark.parametrize(
    ("client", "owner", "may"),
    [
        (("127.0.0.1", 40_000), OWN, True),
        (("127.0.0.1", 40_000), ROOT, True),
        (("127.0.0.1", 40_000), OTHER, False),
        (("127.0.0.1", 40_000), GONE, False),
        (("127.0.0.1", 40_000), UNKNOWN, True),  # macOS does not tell
        (("::1", 40_000, 0, 0), UNKNOWN, True),
        (("192.0.2.7", 40_000), UNKNOWN, False),  # another machine
        (("192.0.2.7", 40_000), OWN, True),  # this one, by another of its addresses
        (("fe80::1%eth0", 40_000, 0, 2), UNKNOWN, False),
        (("no address", 40_000), UNKNOWN, False),
        ("", UNKNOWN, True),  # a Unix socket
    ],
)
def test_only_programs_of_the_developer_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, client: Any, owner: int | None, may: bool
) -> None:
    monkeypatch.setattr(log_access, "owner_of", lambda *ends: owner)
    assert log_access.may_read_log(client, 5000) is may
