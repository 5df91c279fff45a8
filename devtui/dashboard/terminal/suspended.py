"""Leave the screen to another program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App


@contextmanager
def suspended(app: App[int]) -> Iterator[None]:
    """Take the app off the screen in the block, and bring it back even if the block raises.

    Textual's own `suspend` would not. If the block is cancelled, devtui is leaving.
    Raises `SuspendNotSupported`.
    """
    raised: Exception | None = None
    with app.suspend():
        try:
            yield
        except Exception as error:
            raised = error
    if raised is not None:
        raise raised
