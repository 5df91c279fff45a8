"""Have a Django project notice changed templates and translations, as Django's reloader does.

Django keeps templates in memory and relies on signals of its reloader. We send the same signals, so
the app needs no new process, and other receivers of them work, too.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devtui.events import TemplatesFound
from devtui.server.guest import own_code

# The folders that Django looks for when it loads an app.
_OF_APPS = ("templates", "static")

_AUTORELOAD = "django.utils.autoreload"


class _Reloader:
    """The part of Django's reloader that receivers of `autoreload_started` use."""

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
    return TemplatesFound(folders=tuple(sorted(_reloader.folders)), awaited=tuple(_awaited()))


def _awaited() -> Iterator[str]:
    modules: Any = sys.modules
    for app in modules["django.apps"].apps.get_app_configs():
        if own_code.is_own(app.path):
            folders = (os.path.join(app.path, name) for name in _OF_APPS)
            yield from (folder for folder in folders if not os.path.isdir(folder))


def saved(paths: tuple[str, ...]) -> None:
    """Tell the project about saved files, in a thread, because the project's receivers run."""
    autoreload: Any = sys.modules.get(_AUTORELOAD)
    if autoreload is None:
        return

    def tell() -> None:
        for path in paths:
            autoreload.file_changed.send_robust(sender=_reloader, file_path=Path(path))

    threading.Thread(target=tell, name="devtui-templates", daemon=True).start()
