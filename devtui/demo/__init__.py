"""Make the scratch copy of the built-in example application that `devtui --demo` runs.

The user can edit the copy and see a reload, without changing the files of an installed package.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

APP = "app:app"
"""The app in the copy's folder, as a value of `--app`."""

_ORIGINALS = Path(__file__).parent
_FILES = {"app.py": "example.py"}
"""The files of the copy, each with the name of its original here."""


def make_copy() -> Path:
    """Copy the example into a new folder that only this user may enter, and return the folder.

    The folder is in the system's folder for temporary files; its name begins with `devtui-demo-`.
    Raises `OSError` if writing fails.
    """
    folder = Path(tempfile.mkdtemp(prefix="devtui-demo-"))  # creates it with mode 0700
    for name, original in _FILES.items():
        # Not copy2: the copy gets the current time, and must be writable.
        shutil.copyfile(_ORIGINALS / original, folder / name)
        (folder / name).chmod(0o600)
    return folder


def discard_unless_edited(folder: Path) -> bool:
    """Remove a copy that the user did not edit. Returns True if the copy stays.

    Any changed, added or missing file counts as an edit, except Python's caches. Returns False if
    the folder is already gone. Raises `OSError` if reading or removing the folder fails.
    """
    if not folder.exists():
        return False
    found = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
    edited = found != set(_FILES) or any(
        (folder / name).read_bytes() != (_ORIGINALS / original).read_bytes()
        for name, original in _FILES.items()
    )
    if not edited:
        shutil.rmtree(folder)
    return edited
