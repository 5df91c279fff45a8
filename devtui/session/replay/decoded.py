"""Decompress the body of a response, to compare and export its content."""

from __future__ import annotations

import zlib

from msgspec import structs

from devtui.events import Body, RequestFinished

MAX_BYTES = 256 * 1024
"""How much of a body is decompressed; a small one may become very large."""

_HEADER = "content-encoding"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")


def decoded(finished: RequestFinished) -> Body | None:
    """Return the body of the response; decompressed, if it was recorded whole and is text."""
    body = finished.response_body
    if body is None or not body.data:
        return body
    kind = body.content_type.lower()
    if not kind.startswith(_TEXT) and "+json" not in kind and "+xml" not in kind:
        return body
    data = decompressed(finished)
    try:
        text = None if data is None else data.decode()
    except UnicodeDecodeError:
        return body  # it is compared by its digest
    if text is None:
        return body
    return structs.replace(body, text=text, size_bytes=len(text.encode()), digest="", data=b"")


def encoding_of(finished: RequestFinished) -> str:
    """Return how the response is compressed, such as `gzip`; empty if it is not."""
    said = [value for name, value in finished.response_headers if name.lower() == _HEADER]
    found = (one.strip().lower() for value in said for one in value.split(","))
    return ", ".join(one for one in found if one not in ("", "identity"))


def decompressed(finished: RequestFinished) -> bytes | None:
    """Return the bytes of a compressed response, None if they are not known or too many."""
    body = finished.response_body
    if body is None or not body.data or encoding_of(finished) not in _ENCODINGS:
        return None
    stream = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        data = stream.decompress(body.data, MAX_BYTES)
    except zlib.error:
        return None
    # With more or less than one whole stream the content is not known.
    return data if stream.eof and not stream.unused_data else None
