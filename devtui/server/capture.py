"""Each request as data: what came, what went, and how long it took."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from devtui.events import Body, Headers, RequestFinished, RequestStarted
from devtui.server import response_head
from devtui.server.channel import Channel
from devtui.server.output import Output
from devtui.server.response import TappedResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# What is kept of each body, and of a head that somebody blew up, in characters.
MAX_BODY_BYTES = 32 * 1024
MAX_METHOD = 100
MAX_TARGET = 8 * 1024
MAX_HEADERS = 100
MAX_NAME = 200
MAX_HEADER = 4 * 1024
MAX_HEAD = 32 * 1024  # all headers together

# Bodies of these types are shown as text; of others only the type and size are of use.
_TEXT_TYPES = (
    "text/",
    "application/json",
    "application/javascript",
    "application/xml",
    "application/x-www-form-urlencoded",
    "application/graphql",
    "application/x-ndjson",
    "application/yaml",
    "multipart/form-data",
    "image/svg+xml",
)


class CapturedBody:
    """Counts the bytes of a body and keeps its beginning."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._kept = bytearray()

    def take(self, chunk: bytes) -> None:
        """One more piece of the body has passed."""
        self.size_bytes += len(chunk)
        room = MAX_BODY_BYTES - len(self._kept)
        if room > 0:
            self._kept += chunk[:room]

    def as_body(self, content_type: str, encoded: bool) -> Body | None:
        """The body for the event; None where nothing passed. `encoded` bodies are not text."""
        if not self.size_bytes:
            return None
        text = None if encoded else _text(bytes(self._kept), content_type)
        return Body(
            content_type=content_type,
            size_bytes=self.size_bytes,
            text=text,
            truncated=self.size_bytes > len(self._kept),
        )


class CapturedInput:
    """`wsgi.input` that counts what the app reads of the request's body."""

    def __init__(self, stream: Any, body: CapturedBody) -> None:
        self._stream = stream
        self._body = body

    def read(self, *size: int) -> bytes:
        """As the stream's own."""
        return self._took(self._stream.read(*size))

    def readline(self, *size: int) -> bytes:
        """As the stream's own."""
        return self._took(self._stream.readline(*size))

    def readlines(self, *hint: int) -> list[bytes]:
        """As the stream's own."""
        return [self._took(line) for line in self._stream.readlines(*hint)]

    def readinto(self, buffer: Any) -> int | None:
        """As the stream's own."""
        count: int | None = self._stream.readinto(buffer)
        if count:
            self._body.take(bytes(memoryview(buffer).cast("B")[:count]))
        return count

    def __iter__(self) -> CapturedInput:
        return self

    def __next__(self) -> bytes:
        return self._took(next(self._stream))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _took(self, data: bytes) -> bytes:
        self._body.take(data)
        return data


class CapturedHeaders:
    """The first headers of a head, as many as fit the bounds; what is cut ends with `…`."""

    def __init__(self, headers: Iterable[tuple[str, str]] = ()) -> None:
        self._kept: list[tuple[str, str]] = []
        self._room = MAX_HEAD
        for name, value in headers:
            self.add(name, value)

    def add(self, name: str, value: str) -> None:
        """One more header, which is left out where there is no room for it."""
        if len(name) > MAX_NAME or len(value) > MAX_HEADER:
            name, value = _cut(name, MAX_NAME), _cut(value, MAX_HEADER)
        self._room -= len(name) + len(value)
        if self._room >= 0 and len(self._kept) < MAX_HEADERS:
            self._kept.append((name, value))

    def as_headers(self) -> Headers:
        """The headers for the event, in their order."""
        return tuple(self._kept)


class Exchange:
    """One request and its response while they pass; `finish` sends what was seen."""

    def __init__(self, recorder: Recorder, started: RequestStarted) -> None:
        self._recorder = recorder
        self._started = started
        self._clock = time.perf_counter()
        self._first_byte: float | None = None
        self._response_headers = CapturedHeaders()
        self.request_body = CapturedBody()
        self.response_body = CapturedBody()
        self.status: int | None = None
        self.cut = ""

    @property
    def id(self) -> str:
        """The request's id, unique in the session."""
        return self._started.id

    def respond(self, status: int) -> None:
        """The response begins, with this status."""
        if self.status is None and status >= 200:
            self._first_byte = time.perf_counter()
        self.status = status

    def add_header(self, name: str, value: str) -> None:
        """One header of the response."""
        self._response_headers.add(name, value)

    def break_off(self, reason: str) -> None:
        """No more of it will come. Where nothing was sent yet, another response takes its place."""
        if self.status is not None:
            self.cut = self.cut or reason

    def finish(self) -> None:
        """The response has ended, or will get no further."""
        now = time.perf_counter()
        started = self._started
        response_headers = self._response_headers.as_headers()
        self._recorder.send(
            RequestFinished(
                generation=started.generation,
                id=started.id,
                method=started.method,
                target=started.target,
                client=started.client,
                status=self.status,
                duration_ms=_milliseconds(now - self._clock),
                size_bytes=self._response_size(response_headers),
                cut=self.cut,
                first_byte_ms=None
                if self._first_byte is None
                else _milliseconds(self._first_byte - self._clock),
                response_headers=response_headers,
                request_body=_body(self.request_body, started.headers),
                response_body=_body(self.response_body, response_headers),
            )
        )

    def _response_size(self, headers: Headers) -> int:
        if self.response_body.size_bytes or self.status != 500:
            return self.response_body.size_bytes
        # Werkzeug answers for an app that raised, past our middleware; its length is known.
        length = _header(headers, "content-length")
        return int(length) if length.isdecimal() and not self.cut else 0


class Recorder:
    """Makes an `Exchange` of each request and knows which of them have not ended."""

    def __init__(self, channel: Channel, output: Output) -> None:
        self._channel = channel
        self._output = output
        self._numbers = itertools.count(1)
        self._running: dict[str, int] = {}  # request id -> the thread that has it
        self._changed = threading.Condition()

    def begin(self, method: str, target: str, client: str, headers: Headers) -> Exchange:
        """A request's head was read."""
        generation = self._channel.generation
        started = RequestStarted(
            generation=generation,
            id=f"{generation}-{next(self._numbers)}",
            method=_cut(method, MAX_METHOD),
            target=_cut(target, MAX_TARGET),
            client=client,
            headers=CapturedHeaders(headers).as_headers(),
        )
        with self._changed:
            self._running[started.id] = threading.get_ident()
        self.send(started)
        return Exchange(self, started)

    def send(self, event: RequestStarted | RequestFinished) -> None:
        """Send one of the two; at the end first what the request left unfinished on a line."""
        if isinstance(event, RequestFinished):
            self._output.release(event.id)
        self._channel.send(event)
        if isinstance(event, RequestFinished):
            with self._changed:
                self._running.pop(event.id, None)
                self._changed.notify_all()

    def thread_of(self, request_id: str) -> int | None:
        """The identifier of the thread that has a request; None where the request has ended."""
        with self._changed:
            return self._running.get(request_id)

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until no request runs; false where some still do after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout)


class ResponseTap:
    """WSGI middleware around everything: shows the exchange each piece of the body."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the app does."""
        body: CapturedBody = environ["devtui.exchange"].response_body

        def tapped_start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
        ) -> Any:
            listed = list(headers)
            response_head.check(status, listed)
            write = start_response(status, listed, exc_info)

            def tapped_write(data: bytes) -> Any:
                body.take(data)
                return write(data)

            return tapped_write

        response = self._app(environ, tapped_start_response)
        return TappedResponse(response, _pass, _pass, on_chunk=body.take)


def _pass(error: BaseException) -> None:
    """Errors are the inner tap's affair: it stands closer to the app."""


def _body(captured: CapturedBody, headers: Headers) -> Body | None:
    if not captured.size_bytes:
        return None
    encoded = bool(_header(headers, "content-encoding"))
    return captured.as_body(_header(headers, "content-type"), encoded)


def _header(headers: Iterable[tuple[str, str]], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _text(data: bytes, content_type: str) -> str | None:
    kind = content_type.lower().partition(";")[0].strip()
    named_text = kind.startswith(_TEXT_TYPES) or kind.endswith(("+json", "+xml"))
    if kind and not named_text:
        return None
    try:
        # The bound may have cut the last character in two; such a tail is no reason for doubt.
        return data.decode("utf-8", "strict" if len(data) < MAX_BODY_BYTES else "replace")
    except UnicodeDecodeError:
        return data.decode("latin-1") if named_text and b"\0" not in data else None
