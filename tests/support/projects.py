"""Projects for tests to serve: their files, and the environment of their server process."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping
from pathlib import Path

# The small applications that tests serve.
APPS = Path(__file__).parents[1] / "apps"

_HIDDEN = ("FLASK_", "DEVTUI_", "WERKZEUG_", "PYTHONDONTWRITEBYTECODE")


def app_environment(**extra: str) -> tuple[tuple[str, str], ...]:
    """The environment of a server process: ours, without variables that change its behaviour."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_HIDDEN)}
    return tuple({**kept, **extra}.items())


def app_source(name: str) -> str:
    """The text of one of the small applications, by its path in `apps`."""
    return (APPS / name).read_text(encoding="utf-8")


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their relative paths, each one whole and at once, as editors do."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)


def says(text: str, more: str = "pass") -> str:
    """An app that answers with a text after doing `more`, which may use `path`."""
    return textwrap.dedent(
        """\
        import os, sys, time

        def app(environ, start_response):
            path = environ["PATH_INFO"]
        {more}
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [{text!r}.encode()]
        """
    ).format(text=text, more=textwrap.indent(textwrap.dedent(more), "    "))
