"""Sessions whose app says what it was sent."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import Live, Serve
from tests.support.projects import app_source


@pytest.fixture(params=["http", "https", "unix"])
def live(serve: Serve, request: pytest.FixtureRequest, tmp_path: Path) -> Live:
    """A session that serves `apps/replay/echo.py`, in each of the ways to listen."""
    settings: dict[str, Any] = {"reload": False}
    if request.param == "https":
        pytest.importorskip("cryptography", reason="an adhoc certificate needs cryptography")
        settings["cert"] = "adhoc"
        with suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
            settings["host"] = "::1"  # where there is IPv6
    elif request.param == "unix":
        settings["host"] = f"unix://{tmp_path}/s"
    live = serve(app_source("replay/echo.py"), **settings)
    live.serving()
    return live
