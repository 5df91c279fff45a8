"""What is done once the first frame stands, since nobody waits for it then."""

from __future__ import annotations

import gc

REST_SECONDS = 0.5
"""How long after the start that is."""


def warm_up() -> None:
    """Do what a key would have to wait for later."""
    # To open the first row is then as quick as to open another.
    from devtui.dashboard.errors import error_screen  # noqa: F401

    # What is there now stays for good: to have the garbage collector look at all of it again and
    # again would make a key wait for 50 ms now and then.
    gc.freeze()
