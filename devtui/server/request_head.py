"""The header fields of a request, read without a parser of e-mail.

The standard library hands them to one, since both look alike. It takes as long as all the rest of
reading a request, and the well-formed fields that nearly every client sends need none.
"""

from __future__ import annotations

import email.parser
import http.client
import http.server
import re
from types import SimpleNamespace
from typing import Any

# RFC 9112, section 5, as wide as the parser of e-mail takes it; but no line that is folded, holds
# a lone CR, or has anything between the name and the colon.
_FIELD = re.compile(rb"([!-9;-~]+):[ \t]*([^\r\n]*)\r?\n")


def parse_headers(
    fp: Any, _class: type[http.client.HTTPMessage] = http.client.HTTPMessage
) -> http.client.HTTPMessage:
    """As `http.client.parse_headers`: the same message, the same bounds and errors."""
    lines: list[bytes] = http.client._read_headers(fp)  # type: ignore[attr-defined]
    message = _class()
    for line in lines[:-1]:
        field = _FIELD.fullmatch(line)
        if field is None:
            text = b"".join(lines).decode("latin-1")
            return email.parser.Parser(_class=_class).parsestr(text)
        name, value = field.groups()
        message[name.decode("ascii")] = value.decode("latin-1")
    message.set_payload("")
    return message


def install() -> None:
    """Have Python's HTTP server read heads so; clients read their responses as ever."""
    client = SimpleNamespace(**{**vars(http.client), "parse_headers": parse_headers})
    http.server.http = SimpleNamespace(client=client)  # type: ignore[attr-defined]
