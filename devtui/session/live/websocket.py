"""The WebSocket protocol (RFC 6455), as far as the script of our pages uses it."""

from __future__ import annotations

import base64
from collections.abc import Iterator

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

# The script's frames have a few dozen bytes. A longer one comes from something else.
MAX_FRAME_BYTES = 4096

_FINAL = 0x80
_MASKED = 0x80


class BadFrame(ValueError):
    """The data is not a frame that our script sends."""


def accept(key: str) -> bytes:
    """Return the head of the response that opens the connection; `key` is the client's."""
    import hashlib  # the first load does not wait for it

    digest = hashlib.sha1(key.encode("latin-1") + _GUID, usedforsecurity=False).digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )


def frame(kind: int, data: bytes) -> bytes:
    """Return a whole message as one frame, as a server sends it."""
    if len(data) < 126:
        return bytes([_FINAL | kind, len(data)]) + data
    if len(data) < 1 << 16:
        return bytes([_FINAL | kind, 126]) + len(data).to_bytes(2, "big") + data
    return bytes([_FINAL | kind, 127]) + len(data).to_bytes(8, "big") + data


class FrameReader:
    """Split a client's data into frames."""

    def __init__(self) -> None:
        self._begun = bytearray()

    def take(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the kind and the content of each frame that these bytes complete.

        Raise `BadFrame` for one that the script does not send: fragmented, unmasked, or too long.
        """
        begun = self._begun
        begun += data
        while len(begun) >= 2:
            if not begun[0] & _FINAL or not begun[1] & _MASKED:
                raise BadFrame("The frame is fragmented or not masked.")
            length, start = begun[1] & 0x7F, 2
            if length == 126:
                length, start = int.from_bytes(begun[2:4], "big"), 4
            if length > MAX_FRAME_BYTES or begun[1] & 0x7F == 127:
                raise BadFrame("The frame is too long.")
            end = start + 4 + length
            if len(begun) < end:
                return
            mask, content = begun[start : start + 4], begun[start + 4 : end]
            kind = begun[0] & 0x0F
            del begun[:end]
            yield kind, bytes(byte ^ mask[place % 4] for place, byte in enumerate(content))
