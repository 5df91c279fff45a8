"""Sessions that reload as users' sessions do: with a standby."""

from __future__ import annotations

from functools import partial

import pytest

from tests.support.live import Serve


@pytest.fixture
def serve(serve: Serve) -> Serve:
    """As everywhere, but with a standby, unless the test wants none."""
    return partial(serve, standby=True)
