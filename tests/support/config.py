"""Config files for tests."""

from __future__ import annotations

import tempfile
from pathlib import Path

from devtui.config import config_file, preferences
from devtui.config.preferences import Preferences


def preferences_of(text: str) -> Preferences:
    """Return what a `devtui.toml` with that text says about the dashboard."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "devtui.toml"
        path.write_text(text, encoding="utf-8")
        return preferences.read(config_file.given(str(path), {"XDG_CONFIG_HOME": "/dev/null"}))
