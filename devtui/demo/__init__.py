"""The built-in example application, and the scratch copy of it that `devtui --demo` runs.

The copy is what makes the example worth editing: nobody wants to change files of an installed
package, and a change to the copy shows a reload.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

APP = "app:app"
"""What to serve in the copy's folder, as `--app` takes it."""

_ORIGINALS = Path(__file__).parent
_FILES = {"app.py": "example.py"}
"""The files of the copy, each with the name of its original here."""


def make_copy() -> Path:
    """Copy the example into a fresh folder that only this user may enter, and return the folder.

    It is in the system's folder for temporary files, under a name that begins with `devtui-demo-`.
    Raises `OSError` where it cannot be written.
    """
    folder = Path(tempfile.mkdtemp(prefix="devtui-demo-"))  # mode 0700, by its documentation
    for name, original in _FILES.items():
        # Not copy2: the copy's time is now, and an installed file may be read-only.
        shutil.copyfile(_ORIGINALS / original, folder / name)
        (folder / name).chmod(0o600)
    return folder


def discard_unless_edited(folder: Path) -> bool:
    """Remove a copy in which nothing was changed. Returns whether it was kept, because edited.

    Anything but the original files with their original content counts as an edit, except what
    Python caches. A folder that is gone already was not kept. Raises `OSError` where the folder
    cannot be read or removed.
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
