"""Save a profile as a file for speedscope."""

from __future__ import annotations

import tempfile
from pathlib import Path

NAME = "a file for speedscope"


def save(text: str, request_id: str) -> Path:
    """Write the file into a new folder that only this user may enter. Raises `OSError`."""
    folder = Path(tempfile.mkdtemp(prefix="devtui-profile-"))
    path = folder / f"request-{request_id}.speedscope.json"
    path.write_text(text, encoding="utf-8")
    return path
