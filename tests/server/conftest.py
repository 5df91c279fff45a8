"""What the tests of the server process may use."""

from __future__ import annotations

from typing import Any

import pytest
from live import Live, Serve


@pytest.fixture
def serve(serve: Serve) -> Serve:
    """As everywhere, but no next server process is started ahead: few tests here reload."""

    def start(source: str | dict[str, str], app: str = "app", **settings: Any) -> Live:
        return serve(source, app, **{"reload": False, **settings})

    return start
