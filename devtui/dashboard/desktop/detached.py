"""Programs with a window of their own: they keep off our terminal, and outlive us if they like."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence


def start_detached(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, without our terminal.

    Raises `OSError` where it cannot be started. It is waited for in the background, so that it
    does not stay a zombie, by a daemon thread, so that it does not keep us from leaving.
    """
    process = subprocess.Popen(  # noqa: S603 - the user's editor or browser; no shell reads it
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    threading.Thread(target=process.wait, name=f"wait-{process.pid}", daemon=True).start()
    return process
