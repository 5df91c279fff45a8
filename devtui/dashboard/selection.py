"""The user's selection, as far as custom commands need it."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from devtui.config.shell_line import VARIABLES
from devtui.events import Frame
from devtui.session.store.request_record import Request
from devtui.text.sanitize import visible


class Selection(msgspec.Struct, frozen=True):
    """The selection on a screen. The id may be known of a request that is gone."""

    request: Request | None = None
    request_id: str | None = None
    frame: Frame | None = None


NOTHING = Selection()


def values(selection: Selection, url: str) -> dict[str, str]:
    """Return the value of each placeholder that the selection has; `url` is its request's."""
    found: dict[str, str] = {}
    request = selection.request
    if request is not None and url:
        found["url"] = url
    request_id = request.id if request is not None else selection.request_id
    if request_id is not None:
        found["request_id"] = request_id
    if selection.frame is not None and os.path.isfile(selection.frame.file):
        found["file"] = os.path.abspath(selection.frame.file)
        found["line"] = str(max(selection.frame.line, 1))
    return found


def why_not(name: str, selection: Selection, url: str) -> str:
    """Say why there is no value for a placeholder."""
    what = f"{{{name}}}"
    if name in ("file", "line"):
        if selection.frame is None:
            return f"there is no {what}, because nothing selected here has a place in the code."
        return f"there is no {what}, because {visible(selection.frame.file, 100)} is not a file."
    if name == "url" and selection.request is not None and not url:
        return f"there is no {what}, because requests over a Unix socket have none."
    if name == "url" and selection.request_id is not None:
        return f"there is no {what}, because the request is no longer kept."
    return f"there is no {what}, because nothing selected here belongs to a request."


def environment(base: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command, with the values in their variables."""
    others = {name: value for name, value in base.items() if name not in VARIABLES.values()}
    return {**others, **{VARIABLES[name]: value for name, value in found.items()}}
