"""One request in the store. It is packed when it ends, because there may be very many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from devtui.events import (
    Body,
    Call,
    CallTotal,
    Frame,
    Headers,
    RequestFinished,
    RequestStarted,
    decode_event,
    encode,
)
from devtui.session.calls.grouping import left_out
from devtui.session.calls.packed_calls import CallCount, PackedCalls, counts_of
from devtui.text.headers import location_of

T = TypeVar("T", RequestStarted, RequestFinished)


class RequestRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The fields of a request's row, with the meaning that they have in the two events.

    `ended_at` is None while it runs; the fields after it mean nothing then. `repeats` is how often
    it made its most frequent call, 0 if it repeated none; `calls_left_out` of its calls were only
    counted. `location` is where a redirect leads.
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
    calls: tuple[CallCount, ...] = ()
    repeats: int = 0
    calls_left_out: int = 0
    replay_of: str = ""
    location: str = ""


_encode = msgspec.msgpack.Encoder().encode
_decode_calls = msgspec.msgpack.Decoder(PackedCalls).decode
_NO_CALLS = msgspec.Raw(_encode(PackedCalls()))


class _Details(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The fields that only an opened request shows. Most readers do not need the calls."""

    headers: Headers = ()
    response_headers: Headers = ()
    request_body: Body | None = None
    response_body: Body | None = None
    endpoint: str | None = None
    view: Frame | None = None
    calls: msgspec.Raw = _NO_CALLS


_decode_row = msgspec.msgpack.Decoder(RequestRow).decode
_decode_details = msgspec.msgpack.Decoder(_Details).decode
_NO_DETAILS = _Details()


def _packed(started: RequestStarted, event: RequestFinished, repeats: int) -> tuple[bytes, bytes]:
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
        counts_of(event.call_totals),
        repeats,
        left_out(event),
        event.replay_of,
        location_of(event.status, event.response_headers, started.headers),
    )
    details = _Details(
        started.headers,
        event.response_headers,
        event.request_body,
        event.response_body,
        event.endpoint,
        event.view,
        msgspec.Raw(_encode(PackedCalls.of(event.calls))) if event.calls else _NO_CALLS,
    )
    return _encode(row), _encode(details)


def _plain(event: T) -> T:
    plain = decode_event(encode(event))
    assert isinstance(plain, type(event))
    return plain


class Request(msgspec.Struct, eq=False, gc=False):
    """One request, from its head to the end of its response.

    `errors` are the numbers of its errors in `Store.errors`, which may have forgotten them.
    `details_dropped` means that its headers, bodies and calls made room for newer ones. `verdict`
    says in a few words what has changed since the request that it repeats. `pinned` means that
    it is sent again after every reload.

    An ended request is two pieces of MessagePack: some 130 bytes for the row, and a tenth of the
    objects' size for the rest. Python's garbage collector has nothing to visit in it.
    """

    id: str
    errors: Sequence[int] = ()
    details_dropped: bool = False
    verdict: str = ""
    pinned: bool = False
    _started: RequestStarted | None = None  # while it runs
    _row: bytes = b""
    _details: bytes = b""

    @classmethod
    def begun(cls, event: RequestStarted) -> Request:
        """Create a request whose head was read."""
        return cls(id=event.id, _started=event)

    @property
    def running(self) -> bool:
        """Whether its response has not ended yet."""
        return self._started is not None

    @property
    def row_bytes(self) -> int:
        """The size of the packed row; 0 while it runs."""
        return len(self._row)

    @property
    def details_bytes(self) -> int:
        """The size of the packed headers, bodies and calls; 0 without any, or while it runs."""
        return len(self._details)

    def end(self, event: RequestFinished, repeats: int = 0) -> None:
        """Note the end of its response, and how often it repeated a call."""
        started = self._started
        assert started is not None, "a request ends once"
        try:
            self._row, self._details = _packed(started, event, repeats)
        except UnicodeEncodeError:
            # A lone surrogate. The codec has a form for it, and all strings of a server process
            # have passed through the codec.
            self._row, self._details = _packed(_plain(started), _plain(event), repeats)
        self._started = None

    def add_error(self, number: int) -> None:
        """Add an error; there may be thousands."""
        if isinstance(self.errors, list):
            self.errors.append(number)
        else:
            self.errors = [number]  # most requests have none, and need no list

    def drop_details(self) -> None:
        """Drop headers, bodies and calls."""
        if self._details:
            self._details, self.details_dropped = b"", True

    @property
    def row(self) -> RequestRow:
        """The fields of its row."""
        started = self._started
        if started is None:
            return _decode_row(self._row)
        return RequestRow(
            started.at,
            started.generation,
            started.method,
            started.target,
            started.client,
            replay_of=started.replay_of,
        )

    @property
    def started(self) -> RequestStarted:
        """Its beginning, without the headers if they were dropped."""
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
            replay_of=row.replay_of,
        )

    @property
    def finished(self) -> RequestFinished | None:
        """Its end, or None while it runs; without what was dropped."""
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
            endpoint=details.endpoint,
            view=details.view,
            calls=_decode_calls(details.calls).calls,
            call_totals=tuple(
                CallTotal(kind=one.kind, count=one.count, duration_ms=one.duration_ms)
                for one in row.calls
            ),
            replay_of=row.replay_of,
        )

    @property
    def view(self) -> Frame | None:
        """The place of its view, if it is known: cheaper than `finished`."""
        return self._unpacked().view

    @property
    def calls(self) -> tuple[Call, ...]:
        """The kept calls; none while it runs."""
        return _decode_calls(self._unpacked().calls).calls

    def _unpacked(self) -> _Details:
        return _decode_details(self._details) if self._details else _NO_DETAILS
