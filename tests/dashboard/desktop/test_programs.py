"""Programs beside the terminal that cannot be started."""

from __future__ import annotations

import sys

import pytest

from devtui.dashboard.desktop.programs import open_url


def test_our_own_python_may_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an upgrade of devtui while it runs."""
    monkeypatch.setattr(sys, "executable", "/gone/python3")
    assert not open_url("http://127.0.0.1:5000/")
