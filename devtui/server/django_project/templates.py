"""Have a Django project notice changed templates and translations, as Django's reloader does.

Django keeps templates in memory and relies on signals of its reloader. We send the same signals, so
the app needs no new process, and other receivers of them work, too.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

from devtui.events import TemplatesFound

_AUTORELOAD = "django.utils.autoreload"


class _Reloader:
    """What receivers of `autoreload_started` use of Django's reloader."""

    def __init__(self) -> None:
        self.folders: set[str] = set()
        self.extra_files: set[Path] = set()

    def watch_dir(self, path: str | Path, glob: str) -> None:
        """Note a folder."""
        self.folders.add(os.path.abspath(path))


_reloader = _Reloader()


def find() -> TemplatesFound:
    """Ask the project which folders it wants to be watched."""
    autoreload: Any = sys.modules.get(_AUTORELOAD)
    if autoreload is not None:
        autoreload.autoreload_started.send_robust(sender=_reloader)
    return TemplatesFound(folders=tuple(filter(os.path.isdir, sorted(_reloader.folders))))


def saved(paths: tuple[str, ...]) -> None:
    """Tell the project about files in these folders, in a thread: its code runs."""
    autoreload: Any = sys.modules.get(_AUTORELOAD)
    if autoreload is None:
        return

    def tell() -> None:
        for path in paths:
            autoreload.file_changed.send_robust(sender=_reloader, file_path=Path(path))

    threading.Thread(target=tell, name="devtui-templates", daemon=True).start()
