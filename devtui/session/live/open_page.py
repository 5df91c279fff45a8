"""What the session knows of an open page."""

from __future__ import annotations

import msgspec

from devtui.session.live.page_connection import Version


class OpenPage(msgspec.Struct):
    """An open page: its version, or the one that it was told to load again for; then it `leaves`.

    It `came_old` if it was older than the app when it connected. It `waits` for the next server
    process, which will answer it.
    """

    version: Version
    came_old: bool = False
    leaves: bool = False
    waits: bool = False

    @property
    def may_ask_again(self) -> bool:
        """Whether it may still wait for an answer of the process that ends.

        One that came old may be from a cache, and stay.
        """
        return self.leaves and not self.came_old and not self.waits
