"""The protocol of the control socket: one JSON object per line, with a version and ids.

    {"devtui": 1, "id": 7, "verb": "status", "arguments": {}}
    {"devtui": 1, "id": 7, "result": {...}}
    {"devtui": 1, "id": 7, "error": {"code": "unknown", "message": "There is no error e9."}}

A verb that follows something answers with several objects that have an `item`. The client imports
this module too, so it uses only the standard library.
"""

from __future__ import annotations

VERSION = 1

MAX_REQUEST_BYTES = 1024 * 1024
"""The longest line of a request."""

MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""The longest line of an answer."""

USAGE, UNKNOWN, REFUSED, INTERNAL = "usage", "unknown", "refused", "internal"
"""The codes of errors: a request that makes no sense; an id, a verb or a version that does not
exist; something that cannot be done now; a fault of devtui."""


class Refused(Exception):
    """A request gets no result; the text is one sentence for people."""

    def __init__(self, message: str, code: str = REFUSED) -> None:
        super().__init__(message)
        self.code = code
