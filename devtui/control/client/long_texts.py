"""Move long texts of a result into files, and leave their paths in it."""

from __future__ import annotations

import base64
import os
from typing import Any

from devtui.control.client.link import FAILED, CtlError

LONGEST = 8_000
"""The longest text that stays in a result."""

_BEGINNING = 2_000
_SUFFIXES = {"html": ".html", "json": ".json", "xml": ".xml", "css": ".css", "csv": ".csv"}


def with_files(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result of `send` or `replay` whose long body is in a file."""
    response = result["response"]
    if response is None:
        return result
    encoded = response.get("base64")
    text = response["text"]
    if encoded is None and (text is None or len(text) <= LONGEST):
        return result
    content = base64.b64decode(encoded) if encoded is not None else text.encode()
    shown = {name: value for name, value in response.items() if name != "base64"}
    shown["path"] = write(content, suffix_of(response["content_type"]))
    if text is not None:
        shown["text"] = text[:_BEGINNING]
    return {**result, "response": shown}


def write(content: bytes, suffix: str) -> str:
    """Write a file for the user alone, and return its path. Raises `CtlError`."""
    import tempfile  # seldom needed

    try:
        descriptor, path = tempfile.mkstemp(prefix="devtui-", suffix=suffix)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        why = error.strerror or error
        raise CtlError(f"A long text could not be written to a file: {why}.", FAILED) from error
    return path


def suffix_of(content_type: str) -> str:
    """Return the suffix of a file with this type of content."""
    kind = content_type.lower()
    return next((suffix for word, suffix in _SUFFIXES.items() if word in kind), ".txt")
