"""Find out whether a policy in a `<meta>` tag forbids the script's connection."""

from __future__ import annotations

import re
from html import unescape

from devtui.server.live.page_policy import connection_forbidden_by

# How much of a document is examined, and how many places in it. Such a tag belongs at the top.
MAX_LOOKED_AT = 64 * 1024
MAX_PLACES = 8
MAX_TAG = 8 * 1024

_NAME = re.compile(rb"content-security-policy", re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"</head|<body", re.IGNORECASE)
_LONGEST_END = 6
_META = re.compile(rb"<meta[\s/]", re.IGNORECASE)
_END_OF_TAG = re.compile(rb"(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_ATTRIBUTE = re.compile(
    rb"([a-z-]{1,50})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)
_TEXT = ((b"<!--", b"-->"), (b"<script", b"</script"), (b"<style", b"</style"))


class MetaPolicy:
    """Examine the head of a document as it passes, until it has ended or is too long.

    The script comes before the tag, so the policy applies to its connection, but not to the script.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._seen = bytearray()
        self._ended = False

    def take(self, data: bytes) -> str:
        """Take the next piece; return the directive that forbids the connection, once."""
        if self._ended:
            return ""
        start = max(0, len(self._seen) - _LONGEST_END)
        self._seen += data[: MAX_LOOKED_AT - len(self._seen)]
        if head_end := _END_OF_HEAD.search(self._seen, start):
            del self._seen[head_end.start() :]  # after it the tag has no effect
        elif len(self._seen) < MAX_LOOKED_AT:
            return ""
        return self.end()

    def end(self) -> str:
        """Take the end of the document; return the same as `take`."""
        if self._ended:
            return ""
        self._ended = True
        seen, self._seen = bytes(self._seen), bytearray()
        for _, place in zip(range(MAX_PLACES), _NAME.finditer(seen), strict=False):
            found = connection_forbidden_by(_policy_at(seen, place.start()), self._origin)
            if found:
                return found
        return ""


def _policy_at(seen: bytes, place: int) -> str:
    """Return the policy in the tag around this place; empty if it has none."""
    start = seen.rfind(b"<", 0, place)
    tag = seen[start : start + MAX_TAG] if start >= 0 else b""
    end = _END_OF_TAG.match(tag, 1)
    if not _META.match(tag) or end is None or any(_is_open(seen, start, *pair) for pair in _TEXT):
        return ""
    attributes: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(tag, 0, end.end()):
        attributes.setdefault(name.decode().lower(), unescape(b"".join(values).decode("latin-1")))
    is_policy = attributes.get("http-equiv", "").lower() == "content-security-policy"
    return attributes.get("content", "") if is_policy else ""


def _is_open(seen: bytes, place: int, begin: bytes, end: bytes) -> bool:
    """Whether an element with text, or a comment, has begun before a place and has not ended."""
    begun = seen.rfind(begin, 0, place)
    return begun >= 0 and seen.find(end, begun, place) < 0
