"""One request as the store keeps it: packed once it has ended, since there are very many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from devtui.events import (
    Body,
    Headers,
    RequestFinished,
    RequestStarted,
    decode_event,
    encode,
)

T = TypeVar("T", RequestStarted, RequestFinished)


class RequestRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a row shows of a request; the fields mean what they mean in the two events.

    `ended_at` is None while it runs, and then those after it say nothing.
    """

    at: datetime
    generation: int
    method: str
    target: str
    client: str
    ended_at: datetime | None = None
    status: int | None = None
    duration_ms: float = 0.0
    size_bytes: int = 0
    cut: str = ""
    first_byte_ms: float | None = None


class _Details(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What only an opened request shows."""

    headers: Headers = ()
    response_headers: Headers = ()
    request_body: Body | None = None
    response_body: Body | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode_row = msgspec.msgpack.Decoder(RequestRow).decode
_decode_details = msgspec.msgpack.Decoder(_Details).decode
_NO_DETAILS = _Details()


def _packed(started: RequestStarted, event: RequestFinished) -> tuple[bytes, bytes]:
    row = RequestRow(
        started.at,
        started.generation,
        started.method,
        started.target,
        started.client,
        event.at,
        event.status,
        event.duration_ms,
        event.size_bytes,
        event.cut,
        event.first_byte_ms,
    )
    details = _Details(
        started.headers, event.response_headers, event.request_body, event.response_body
    )
    return _encode(row), _encode(details)


def _plain(event: T) -> T:
    plain = decode_event(encode(event))
    assert isinstance(plain, type(event))
    return plain


class Request(msgspec.Struct, eq=False, gc=False):
    """One request, from its head to the end of its response.

    `errors` are the numbers of its errors in `Store.errors`; what such a number stood for may be
    gone. `details_dropped` says that its headers and bodies made room for those of newer ones.

    An ended one is two pieces of MessagePack, some 130 bytes for the row and a tenth of what the
    objects would take for the rest; it has nothing that Python's garbage collector has to visit.
    """

    id: str
    errors: Sequence[int] = ()
    details_dropped: bool = False
    _started: RequestStarted | None = None  # while it runs
    _row: bytes = b""
    _details: bytes = b""

    @classmethod
    def begun(cls, event: RequestStarted) -> Request:
        """Create a request whose head was read."""
        return cls(id=event.id, _started=event)

    @property
    def running(self) -> bool:
        """Whether no response has ended yet."""
        return self._started is not None

    @property
    def row_bytes(self) -> int:
        """The size of the packed row; 0 while it runs."""
        return len(self._row)

    @property
    def details_bytes(self) -> int:
        """The size of the packed headers and bodies; 0 where there are none, or while it runs."""
        return len(self._details)

    def end(self, event: RequestFinished) -> None:
        """Its response has ended."""
        started = self._started
        assert started is not None, "a request ends once"
        try:
            self._row, self._details = _packed(started, event)
        except UnicodeEncodeError:
            # A lone surrogate. The codec has a form for it, which all that comes from a server
            # process has been through.
            self._row, self._details = _packed(_plain(started), _plain(event))
        self._started = None

    def add_error(self, number: int) -> None:
        """One more error; there may be thousands."""
        if isinstance(self.errors, list):
            self.errors.append(number)
        else:
            self.errors = [number]  # most requests have none, and need no list

    def drop_details(self) -> None:
        """Let go of headers and bodies."""
        if self._details:
            self._details, self.details_dropped = b"", True

    @property
    def row(self) -> RequestRow:
        """What its row shows."""
        started = self._started
        if started is None:
            return _decode_row(self._row)
        return RequestRow(
            started.at, started.generation, started.method, started.target, started.client
        )

    @property
    def started(self) -> RequestStarted:
        """Its beginning; without the headers where they were dropped."""
        if self._started is not None:
            return self._started
        row = self.row
        return RequestStarted(
            at=row.at,
            generation=row.generation,
            id=self.id,
            method=row.method,
            target=row.target,
            client=row.client,
            headers=self._unpacked().headers,
        )

    @property
    def finished(self) -> RequestFinished | None:
        """Its end, None while it runs; without headers and bodies where they were dropped."""
        if self._started is not None:
            return None
        row, details = self.row, self._unpacked()
        assert row.ended_at is not None
        return RequestFinished(
            at=row.ended_at,
            generation=row.generation,
            id=self.id,
            method=row.method,
            target=row.target,
            client=row.client,
            status=row.status,
            duration_ms=row.duration_ms,
            size_bytes=row.size_bytes,
            cut=row.cut,
            first_byte_ms=row.first_byte_ms,
            response_headers=details.response_headers,
            request_body=details.request_body,
            response_body=details.response_body,
        )

    def _unpacked(self) -> _Details:
        return _decode_details(self._details) if self._details else _NO_DETAILS
