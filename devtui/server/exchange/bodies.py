"""Keep bounded copies of bodies and headers: the beginning, and the size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from devtui.events import Body, Headers
from devtui.project_file import running_digest
from devtui.text.formats import cut
from devtui.text.headers import header_of

# Bytes of each body; characters of a head.
MAX_BODY_BYTES = 32 * 1024
MAX_DIGEST_BYTES = 8 * 1024 * 1024  # a larger body has no digest, which would take long
MAX_HEADERS = 100
MAX_HEADER = 4 * 1024
MAX_HEAD = 32 * 1024  # all headers together

# Show bodies of these types as text, and only the type and size of others.
_TEXT_TYPES = (
    "text/",
    "application/json",
    "application/javascript",
    "application/xml",
    "application/x-www-form-urlencoded",
    "application/graphql",
    "application/x-ndjson",
    "application/yaml",
    "multipart/form-data",
    "image/svg+xml",
)


class CapturedBody:
    """Count the bytes of a body, and keep its beginning in `kept`.

    `unread` means that the client has sent more, which the app did not read.
    """

    def __init__(self) -> None:
        self.size_bytes = 0
        self.kept = bytearray()
        self.unread = False
        self._rest: Any = None  # the digest, once there is more than is kept

    def take(self, chunk: bytes) -> None:
        self.size_bytes += len(chunk)
        room = MAX_BODY_BYTES - len(self.kept)
        if len(chunk) > room and self.size_bytes <= MAX_DIGEST_BYTES:
            if self._rest is None:
                self._rest = running_digest()
                self._rest.update(self.kept)
            self._rest.update(chunk)
        if room > 0:
            self.kept += chunk[:room]

    def cut_to(self, size_bytes: int) -> None:
        """Forget what was taken beyond a size."""
        self.size_bytes = min(self.size_bytes, size_bytes)
        del self.kept[size_bytes:]

    def as_body(self, content_type: str, encoded: bool) -> Body | None:
        """Return the body for the event, None if it is empty. `encoded` bodies are not text.

        `data` has the bytes if all were kept and `text` does not give them exactly.
        """
        if not self.size_bytes and not self.unread:
            return None
        kept = bytes(self.kept)
        text = None if encoded else _text(kept, content_type)
        truncated = self.unread or self.size_bytes > len(kept)
        exact = not truncated and text is not None and text.encode() == kept
        return Body(
            content_type=content_type,
            size_bytes=self.size_bytes,
            text=text,
            truncated=truncated,
            digest="" if exact else self._digest(),
            data=b"" if exact or truncated else kept,
        )

    def _digest(self) -> str:
        if self.unread or self.size_bytes > MAX_DIGEST_BYTES:
            return ""
        digest = self._rest
        if digest is None:
            digest = running_digest()
            digest.update(self.kept)
        found: str = digest.hexdigest()
        return found


def headers_of(head: Sequence[tuple[str, str]]) -> Headers:
    """Return as many headers as fit the bounds; a cut one ends with `…`."""
    if len(head) <= MAX_HEADERS and len("".join(chain.from_iterable(head))) <= MAX_HEADER:
        return tuple(head)
    kept: list[tuple[str, str]] = []
    room = MAX_HEAD
    for name, value in head[:MAX_HEADERS]:
        short = cut(name, MAX_HEADER), cut(value, MAX_HEADER)
        room -= len("".join(short))
        if room < 0:
            break
        kept.append(short)
    return tuple(kept)


def body_of(captured: CapturedBody, headers: Headers) -> Body | None:
    """Return the body for the event, None if it is empty. `headers` came with it.

    Encoded bodies are kept as bytes, because they are not text until they are decoded.
    """
    if not captured.size_bytes and not captured.unread:
        return None
    encoded = bool(header_of(headers, "content-encoding"))
    return captured.as_body(header_of(headers, "content-type"), encoded)


def _text(data: bytes, content_type: str) -> str | None:
    kind = content_type.lower().partition(";")[0].strip()
    named_text = kind.startswith(_TEXT_TYPES) or kind.endswith(("+json", "+xml"))
    if kind == "multipart/form-data":  # its files may be of any kind, but the fields are text
        return data.decode("utf-8", "replace")
    if kind and not named_text:
        return None
    try:
        # The bound may have cut the last character in two.
        return data.decode("utf-8", "strict" if len(data) < MAX_BODY_BYTES else "replace")
    except UnicodeDecodeError:
        return data.decode("latin-1") if named_text and b"\0" not in data else None
