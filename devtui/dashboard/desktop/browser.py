"""Opening a URL in the user's browser, without a word of the browser on our screen."""

from __future__ import annotations

import subprocess
import sys

from devtui.dashboard.desktop.detached import start_detached

STARTED_SECONDS = 2.0
"""A browser that still runs after this long has started; some run until they are closed."""

_OPEN = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


def open_url(url: str) -> bool:
    """Open `url` and return whether a browser was started. Blocks for STARTED_SECONDS at most.

    Python's `webbrowser` lets browsers inherit standard output, so it runs in a process of its
    own, where that leads nowhere; isolated, lest a `webbrowser.py` of the project is imported.
    """
    process = start_detached([sys.executable, "-I", "-c", _OPEN, url])
    try:
        return process.wait(STARTED_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return True
