"""Read headers: one by its name, and where a redirect leads."""

from __future__ import annotations

from collections.abc import Iterable

MAX_LOCATION = 2_000


def location_of(
    status: int | None,
    response_headers: Iterable[tuple[str, str]],
    request_headers: Iterable[tuple[str, str]] = (),
) -> str:
    """Return the Location of a redirect, without the request's own host; empty if it is not one."""
    if status is None or not 300 <= status < 400:
        return ""
    found = header_of(response_headers, "location")[:MAX_LOCATION]
    host = header_of(request_headers, "host")
    for scheme in ("http://", "https://"):
        if host and found.startswith((own := f"{scheme}{host}") + "/"):
            return found.removeprefix(own)
    return found


def header_of(headers: Iterable[tuple[str, str]], name: str) -> str:
    """Return the first header of a name (in lower case), empty if there is none."""
    for key, value in headers:
        if key.lower() == name:
            return value
    return ""
