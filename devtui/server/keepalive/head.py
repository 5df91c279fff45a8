"""Read strictly proper heads of requests without the standard parser.

The standard parser accepts nearly any head, and costs more than the rest of the server together.
After a head that only it can read, the connection is closed: if two parsers disagree about the end
of a request, bytes of it could become the next one (RFC 9112, section 11.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from email.message import Message

# The limits of `http.client` and `http.server`.
MAX_LINE = 65536
MAX_FIELDS = 99

_REQUEST_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}) (/(?!/)[!-~]*|/) (HTTP/1\.[01])\r\n"
)
# Without control characters, even those that some parsers take for a line break.
_FIELDS = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\xa0-\xff]*\r\n)*\r\n")
_FIELD = re.compile(r"([^:]+):[ \t]*([^\r]*)\r\n")

# A carriage return within a line, and NUL (RFC 9112, section 2.2, and RFC 9110, section 5.5).
_UNCLEAR = re.compile(rb"\r(?!\n)|\0")

_SPACE_AND_COLON = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]+:")

# Nobody sends a body whose length has more digits.
_LENGTH = re.compile(r"[0-9]{1,18}")

# A name or an address, and a port (RFC 3986, section 3.2).
_HOST = re.compile(
    r"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[A-Za-z0-9._~!$&'()*+,;=%:-]+\])(?::[0-9]*)?"
)

# The fields that decide where the request ends, and whether another one may follow; and the host.
_DECISIVE = frozenset({"connection", "content-length", "host", "transfer-encoding", "upgrade"})

# What the standard parser does not take for a field. It drops such a line, and all that follow the
# first kind.
_NO_FIELD = frozenset(
    {
        "MissingHeaderBodySeparatorDefect",
        "InvalidHeaderDefect",
        "MisplacedEnvelopeHeaderDefect",
        "FirstHeaderLineIsContinuationDefect",
    }
)


class Head(msgspec.Struct):
    """A strictly proper head, with the methods of `http.client`'s messages that Werkzeug uses."""

    method: str
    target: str
    version: str
    fields: list[tuple[str, str]]
    length: int = 0
    """The size of the body; -1 if it comes in chunks."""
    stays_open: bool = False
    """Whether another request may follow on the connection."""

    def items(self) -> list[tuple[str, str]]:
        return self.fields

    def get(self, name: str, default: str = "") -> str:
        """Return the first field of a name."""
        name = name.lower()
        return next((value for key, value in self.fields if key.lower() == name), default)

    def __delitem__(self, name: str) -> None:
        """Remove all fields of a name."""
        name = name.lower()
        self.fields = [field for field in self.fields if field[0].lower() != name]


def read(request_line: bytes, readline: Callable[[int], bytes]) -> tuple[Head | None, list[bytes]]:
    """Read the fields that follow a request line; return the head, and the lines that were read.

    The head is None if it is not strictly proper. The standard parser can read it from the lines.
    """
    begun = _REQUEST_LINE.fullmatch(request_line)
    lines: list[bytes] = []
    if begun is None:
        return None, lines
    while True:
        line = readline(MAX_LINE + 1)
        lines.append(line)
        if line == b"\r\n":
            break
        if len(lines) > MAX_FIELDS or line[-2:] != b"\r\n" or len(line) > MAX_LINE:
            return None, lines
    text = b"".join(lines).decode("latin-1")
    if _FIELDS.fullmatch(text) is None:
        return None, lines
    method, target, version = (part.decode("ascii") for part in begun.groups())
    head = Head(method, target, version, _FIELD.findall(text))
    return (head if _settle(head) else None), lines


def _settle(head: Head) -> bool:
    """Find the body's end, and whether the connection stays open; false if that is in doubt."""
    decisive: dict[str, str] = {}
    for name, value in head.fields:
        name = name.lower()
        if name in _DECISIVE:
            if name in decisive:
                return False
            decisive[name] = value.strip(" \t")
    host = decisive.get("host", "" if head.version == "HTTP/1.0" else None)
    if host is None or _HOST.fullmatch(host) is None:
        return False
    length, coding = decisive.get("content-length"), decisive.get("transfer-encoding")
    if coding is not None:
        if length is not None or coding.lower() != "chunked" or head.version != "HTTP/1.1":
            return False
        head.length = -1
    elif length is not None:
        if _LENGTH.fullmatch(length) is None:
            return False
        head.length = int(length)
    if "upgrade" in decisive:
        return False  # what answers it may read the connection itself
    wishes = [wish.strip(" \t").lower() for wish in decisive.get("connection", "").split(",")]
    head.stays_open = head.version == "HTTP/1.1" and "close" not in wishes
    return True


def fault(headers: Message, version: str) -> str:
    """Return why a head that the standard parser has read must be refused, or an empty text.

    Nobody knows where the body of such a request ends (RFC 9112, sections 5.1 and 6.3), or which
    host is meant (section 3.2).
    """
    codings = _listed(headers.get_all("Transfer-Encoding", []))
    lengths = _listed(headers.get_all("Content-Length", []))
    if codings:
        if codings[-1].lower() != "chunked":
            return "The last transfer coding must be chunked"
    elif lengths and (len(set(lengths)) > 1 or _LENGTH.fullmatch(lengths[0]) is None):
        return "The Content-Length must be one number"
    # The text after a line that is not a field; a list if the body's type is that of a message.
    rest = headers.get_payload()
    if _SPACE_AND_COLON.match(rest) is not None if isinstance(rest, str) else headers.defects:
        return "No space may stand before the colon of a field"
    # "From " begins the envelope of a mail; as the last line, it begins the text.
    is_mail = headers.get_unixfrom() or (isinstance(rest, str) and rest.strip())
    if is_mail or any(type(it).__name__ in _NO_FIELD for it in headers.defects):
        return "Each line of the head must be a field: a name, a colon and a value"
    hosts = headers.get_all("Host", [])
    if len(hosts) > 1 or (not hosts and version >= "HTTP/1.1"):
        return "A request needs one Host field"
    if hosts and _HOST.fullmatch(hosts[0].strip(" \t\r\n")) is None:
        return "A request needs one Host field with a name or an address"
    return ""


def body_length(headers: Message) -> int:
    """Return the size of the body after a head in which `fault` finds nothing; -1 for chunks."""
    if headers.get_all("Transfer-Encoding"):
        return -1
    lengths = _listed(headers.get_all("Content-Length", ["0"]))
    return int(lengths[0])


def _listed(values: list[str]) -> list[str]:
    return [item.strip(" \t\r\n") for value in values for item in value.split(",")]


class ReadAgain:
    """A stream that first returns again the lines which were read from it already."""

    def __init__(self, lines: list[bytes], stream: Any) -> None:
        self._lines: Iterator[bytes] = iter(lines)
        self._stream = stream
        self.is_cut = False
        """Whether the client has ended the connection within a line, or instead of one."""
        self.is_unclear = False
        """Whether a line has a character in it that some parsers take for its end."""

    def readline(self, size: int = -1) -> bytes:
        """Return the next line; none is longer than the limit with which it was read."""
        found = next(self._lines, None)
        line: bytes = self._stream.readline(size) if found is None else found
        self.is_cut = line[-1:] != b"\n" and len(line) != size
        self.is_unclear = self.is_unclear or _UNCLEAR.search(line) is not None
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
