"""Find the place for a tag at the beginning of an HTML document that arrives in pieces."""

from __future__ import annotations

import re

# The most to hold back while looking for the end of a tag.
MAX_HELD = 64 * 1024

# More bytes than a decision needs: `<head` with the character after it, or `<!-->`.
_ENOUGH = 7

_BLANK = re.compile(rb"[ \t\r\n\f]*")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# The mark of UTF-16, with a blank in it. A browser believes the mark more than any header.
_WIDE = {b"\xff\xfe": b" \0", b"\xfe\xff": b"\0 "}

# `<!-->` and `<!--->` are whole comments, too (HTML, 13.2.5.43).
_SHORT_COMMENT = re.compile(rb"<!---?>")
_END_OF_COMMENT = re.compile(rb"--!?>")

_OPENING = re.compile(rb"<(html|head)(?=[ \t\r\n\f/>])", re.IGNORECASE)
_END_OF_TAG = re.compile(rb"(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_END_OF_DECLARATION = re.compile(rb"[^>]*>")
_STARTS = (b"<html", b"<head", b"<!--")


class DocumentStart:
    """Insert a tag right after `<head>`, or where the parser would add that element itself.

    So the document type stays first, and the tags of the page keep their attributes. Only an
    incomplete tag at the beginning is held back.

    A document that turns out to be in UTF-16 gets no tag. It gets as many bytes of blanks at its
    end, because its length was announced. So the tag must have an even number of bytes.
    """

    def __init__(self, tag: bytes) -> None:
        self._tag = tag
        self._blank = b""
        self._held = b""
        self._begun = False
        self._in_comment = False
        self.inserted = False

    def take(self, data: bytes) -> bytes:
        """Take the next piece of the document; return what can be sent."""
        if self.inserted or not data:
            return data
        data, self._held = self._held + data, b""
        if not self._begun and (
            (len(data) < 3 and _BYTE_ORDER_MARK.startswith(data)) or data in (b"\xff", b"\xfe")
        ):
            return self._keep(data, 0)
        if not self._begun and data[:2] in _WIDE:
            self._blank, self._begun, self.inserted = _WIDE[data[:2]], True, True
            return data
        place = 0 if self._begun or not data.startswith(_BYTE_ORDER_MARK) else 3
        self._begun = True
        while True:
            if self._in_comment:
                if (end := _END_OF_COMMENT.search(data, place)) is None:
                    return self._keep(data, max(place, len(data) - 3))
                self._in_comment, place = False, end.end()
            place = _end(_BLANK, data, place)
            rest = data[place : place + _ENOUGH]
            if not rest:
                return data
            if len(rest) < _ENOUGH and _is_undecided(rest):
                return self._keep(data, place)
            if rest.startswith(b"<!--"):
                if short := _SHORT_COMMENT.match(data, place):
                    place = short.end()
                else:
                    self._in_comment, place = True, place + 4
                continue
            opening, end_of_it = _OPENING.match(data, place), _END_OF_TAG
            if opening is None:
                if not rest.startswith((b"<!", b"<?")):
                    return self._insert(data, place)
                end_of_it = _END_OF_DECLARATION
            if (tag := end_of_it.match(data, place + 1)) is None:
                if len(data) - place > MAX_HELD:
                    return self._insert(data, place)
                return self._keep(data, place)
            place = tag.end()
            if opening is not None and opening[1].lower() == b"head":
                return self._insert(data, place)

    @property
    def is_wide(self) -> bool:
        """Whether the document is in UTF-16."""
        return bool(self._blank)

    def end(self) -> bytes:
        """Return what is left to be sent at the end of the document."""
        if blank := self._blank:
            self._blank = b""
            return blank * (len(self._tag) // 2)
        left, self._held = self._held, b""
        return left if self.inserted or not (self._begun or left) else self._insert(left, 0)

    def _keep(self, data: bytes, place: int) -> bytes:
        self._held = data[place:]
        return data[:place]

    def _insert(self, data: bytes, place: int) -> bytes:
        self.inserted = True
        return data[:place] + self._tag + data[place:]


def _is_undecided(rest: bytes) -> bool:
    """Whether these first bytes of a tag or comment do not show yet which one it is."""
    if b">" in rest:
        return False
    lower = rest.lower()
    return any(start.startswith(lower) or lower.startswith(start) for start in _STARTS)


def _end(pattern: re.Pattern[bytes], data: bytes, place: int) -> int:
    found = pattern.match(data, place)
    return place if found is None else found.end()
