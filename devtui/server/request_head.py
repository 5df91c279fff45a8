"""The header fields of a request, read without a parser of e-mail.

The standard library hands them to one, since both look alike. It takes as long as all the rest of
reading a request, and the well-formed fields that nearly every client sends need none.
"""

from __future__ import annotations

import email.parser
import http
import http.client
import http.server
import re
from types import SimpleNamespace
from typing import Any

# RFC 9112, section 5, as wide as the parser of e-mail takes it; but no line that is folded, holds
# a lone CR, or has anything between the name and the colon.
_FIELD = re.compile(r"^([!-9;-~]+):[ \t]*([^\r\n]*)\r?\n", re.MULTILINE)

# The standard library's own bounds.
MAX_LINE_BYTES = 65536
MAX_LINES = 100


class RequestHead(http.client.HTTPMessage):
    """The header fields of a request, whose text is latin-1 throughout."""

    def items(self) -> list[tuple[str, str]]:
        """All fields; none has an undecodable byte, for which a parser of e-mail would look."""
        return list(self.raw_items())


def parse_headers(
    fp: Any, _class: type[http.client.HTTPMessage] = http.client.HTTPMessage, **more: Any
) -> http.client.HTTPMessage:
    """As `http.client.parse_headers`: the same message, the same bounds and errors.

    Whatever more later versions of Python ask for is left to theirs.
    """
    if more:
        return http.client.parse_headers(fp, _class, **more)
    lines = _lines(fp)
    text = b"".join(lines).decode("latin-1")
    fields: list[tuple[str, str]] = _FIELD.findall(text)
    if len(fields) != len(lines) - 1:
        return email.parser.Parser(_class=_class).parsestr(text)
    message = _class()
    for name, value in fields:
        message.set_raw(name, value)
    message.set_payload("")
    return message


def _lines(fp: Any) -> list[bytes]:
    """The lines of a head, with the one that ends it."""
    lines: list[bytes] = []
    while not lines or lines[-1] not in (b"\r\n", b"\n", b""):
        line: bytes = fp.readline(MAX_LINE_BYTES + 1)
        if len(line) > MAX_LINE_BYTES:
            raise http.client.LineTooLong("header line")
        lines.append(line)
        if len(lines) > MAX_LINES:
            raise http.client.HTTPException(f"got more than {MAX_LINES} headers")
    return lines


def install() -> None:
    """Have Python's HTTP server read heads so; clients read their responses as ever."""
    client = SimpleNamespace(**{**vars(http.client), "parse_headers": parse_headers})
    http.server.http = SimpleNamespace(**{**vars(http), "client": client})  # type: ignore[attr-defined]
