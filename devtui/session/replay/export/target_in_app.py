"""Find where a recorded target leads in the app, and a URL that leads there too."""

from __future__ import annotations

import re
from urllib.parse import quote

from devtui.session.replay.outgoing import Outgoing

UNIX = "unix://"

_NAMES_A_SERVER = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)")
_IN_URLS = "!$%&'()*+,/:;=?@[]^{|}~"


def in_app(target: str) -> tuple[str, str]:
    """Return the path and the query that the app saw, encoded, and the host if the target names it.

    Werkzeug's server leaves the fragment out.
    """
    path = Outgoing("GET", target).encoded_target.partition("#")[0]
    named = _NAMES_A_SERVER.match(path)
    if named is not None:
        path = path[named.end() :]
        if path.startswith("//"):  # at the beginning of a target two slashes are read as one
            path = f"/%2F{path[2:]}"
    return path if path.startswith("/") else f"/{path}", named[1] if named else ""


def url_of(target: str, base: str) -> str:
    """Return the URL of a client's target on the server at `base`, and on no other.

    A target may be anything: `@other.example/x` after a host would turn the host into a user name.
    """
    if base.startswith(UNIX):
        base = "http://localhost"
    return base.rstrip("/") + for_url(in_app(target)[0])


def for_url(text: str) -> str:
    """Encode the characters that URLs cannot have, such as spaces."""
    return quote(text, safe=_IN_URLS, errors="backslashreplace")
