"""The body of a compressed response as text, so that it is compared as such."""

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
    encodings = [v.lower() for name, v in finished.response_headers if name.lower() == _HEADER]
    kind = body.content_type.lower()
    if len(encodings) != 1 or encodings[0] not in _ENCODINGS:
        return body
    if not kind.startswith(_TEXT) and "+json" not in kind and "+xml" not in kind:
        return body
    stream = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        text = stream.decompress(body.data, MAX_BYTES).decode()
    except (zlib.error, UnicodeDecodeError):
        return body  # it is compared by its digest
    if not stream.eof or stream.unused_data:
        return body  # there is more, or less, than one stream
    return structs.replace(body, text=text, size_bytes=len(text.encode()), digest="", data=b"")
