"""The strict reader of heads, against the standard parser and against h11."""

from __future__ import annotations

import io
from http.server import BaseHTTPRequestHandler

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devtui.server.keepalive.head import MAX_FIELDS, Head, ReadAgain, read

NEXT = b"GET /next HTTP/1.1\r\n"

LINES = [b"GET / HTTP/1.1", b"POST /a?b=c HTTP/1.1", b"HEAD / HTTP/1.0", b"GET  / HTTP/1.1",
         b"GET //a HTTP/1.1", b"get /%00 HTTP/1.1", b"GET http://a/ HTTP/1.1", b"GET / HTTP/1.1 ",
         b"GET / HTTP/2.0", b"GET /", b"PRI * HTTP/1.1"]  # fmt: skip
FIELDS = [b"Accept: */*", b"X-A:b", b"X-A: \tb \t", b"X-A:", b": a", b"no colon", b" folded",
          b"X A: b", b"X-A : b", b"X-A: \xe4\xff", b"X-A: \x85", b"X-A: a\rb", b"X-A: \0",
          b"Connection: close", b"connection: Keep-Alive", b"Connection: a, CLOSE ,b",
          b"Content-Length: 3", b"content-length: 3", b"Content-Length: 03", b"Content-Length: +3",
          b"Content-Length: 3, 3", b"Content-Length: ", b"Content-Length: 9999999999999999999999",
          b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked",
          b"Transfer-Encoding: Chunked", b"Upgrade: websocket",
          b"Expect: 100-continue"]  # fmt: skip
PROPER = [b"Accept: */*", b"X-A:b", b"X-A: \tb \t", b"X-A:", b"X-A: \xe4\xff", b"Connection: close",
          b"connection: Keep-Alive", b"Content-Length: 3", b"content-length: 03",
          b"Transfer-Encoding: chunked", b"Expect: 100-continue"]  # fmt: skip
ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b""])


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """A head that is whole more often than not, with a few bytes put in anywhere."""
    if draw(st.booleans()):
        tidy = st.lists(st.sampled_from(PROPER), max_size=3, unique=True)
        return b"\r\n".join([draw(st.sampled_from(LINES[:3])), b"Host: a", *draw(tidy), b"", b""])
    lines = [draw(st.sampled_from(LINES)), b"Host: a"]
    lines += draw(st.lists(st.sampled_from(FIELDS), max_size=5))
    data = b"".join(line + draw(ENDS) for line in [*lines, b""])
    for _ in range(draw(st.integers(0, 2)) if draw(st.booleans()) else 0):
        place = draw(st.integers(0, len(data)))
        data = data[:place] + draw(st.binary(max_size=2)) + data[place + draw(st.integers(0, 1)) :]
    return data


class Standard(BaseHTTPRequestHandler):
    """The standard parser, without a connection."""

    protocol_version = "HTTP/1.1"

    def __init__(self, line: bytes, rest: bytes) -> None:
        self.raw_requestline, self.rfile = line, io.BufferedReader(io.BytesIO(rest))
        self.wfile = io.BytesIO()
        self.is_good = self.parse_request()

    def send_error(self, *arguments: object) -> None:
        raise AssertionError(arguments)


def strictly(data: bytes) -> tuple[Head | None, list[bytes], bytes]:
    stream = io.BytesIO(data)
    head, lines = read(stream.readline(65537), stream.readline)
    return head, lines, stream.read()


@given(heads())
@example(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
@example(b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n")
def test_a_proper_head_means_the_same_to_the_standard_parser_and_to_h11(data: bytes) -> None:
    head, lines, rest = strictly(data + NEXT)
    if head is None:
        return
    assert rest.endswith(NEXT)
    line, _, fields = data.partition(b"\r\n")
    standard = Standard(line + b"\r\n", fields)
    assert (head.method, head.target) == (standard.command, standard.path)
    assert head.version == standard.request_version
    assert head.items() == list(standard.headers.items())
    assert head.get("Connection", "none") == standard.headers.get("Connection", "none")
    reference = h11.Connection(h11.SERVER)
    reference.receive_data(line + b"\r\n" + b"".join(lines))
    request = reference.next_event()
    assert isinstance(request, h11.Request)
    assert (request.method.decode(), request.target.decode()) == (head.method, head.target)
    assert [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers] \
        == [(name.lower(), _as_h11(name, value)) for name, value in head.items()]  # fmt: skip
    if head.stays_open:
        # h11 takes nothing further from a client that it must not answer again.
        assert reference.their_state is h11.SEND_BODY
        body = {-1: b"0\r\n\r\n", 0: b""}.get(head.length, b"x" * min(head.length, 9))
        reference.receive_data(body)
        kinds = [type(reference.next_event()) for _ in range(2)]
        ended = h11.EndOfMessage in kinds
        assert ended is (head.length in (-1, 0, len(body)))
        assert h11.MUST_CLOSE not in (reference.their_state, reference.our_state)


def _as_h11(name: str, value: str) -> str:
    value = value.strip(" \t")
    return value.lower() if name.lower() == "transfer-encoding" else value


@given(heads())
def test_the_standard_parser_still_has_every_line(data: bytes) -> None:
    """Where the strict reader gives up, nothing is lost, and nothing is read twice."""
    stream = io.BytesIO(data)
    line = stream.readline(65537)
    _, lines = read(line, stream.readline)
    again = ReadAgain([line, *lines], stream)
    assert b"".join(iter(lambda: again.readline(65537), b"")) == data


@pytest.mark.parametrize(
    ("fields", "length", "stays_open"),
    [
        (b"", 0, True),
        (b"Content-Length: 0\r\n", 0, True),
        (b"Content-Length: 5 \r\n", 5, True),
        (b"transfer-encoding: Chunked\r\n", -1, True),
        (b"Connection: close\r\n", 0, False),
        (b"Connection: x, Close\r\n", 0, False),
        (b"Connection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 2\r\n", 2, True),
    ],
)
def test_what_follows_a_head(fields: bytes, length: int, stays_open: bool) -> None:
    head, _, rest = strictly(b"POST / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n" + NEXT)
    assert head is not None
    assert (head.length, head.stays_open, rest) == (length, stays_open, NEXT)


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 1\r\nContent-Length: 1\r\n",
        b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Content-Length: 0x1\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: \xb2\r\n",
        b"Content-Length : 1\r\n",
        b"Upgrade: h2c\r\n",
        b"X-A: a\r\n b\r\n",
        b"X-A: a\n",
        b"A: b\r\n" * (MAX_FIELDS + 1),
        b"X-A: " + b"a" * 70_000 + b"\r\n",
    ],
)
def test_what_is_in_doubt(fields: bytes) -> None:
    """Two servers in a row could disagree about where such a request ends."""
    assert strictly(b"POST / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n" + NEXT)[0] is None


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("a", True),
        ("", True),
        (" localhost:5000 ", True),
        ("my_app.local:", True),
        ("[::1]:5000", True),
        ("[fe80::1%25eth0]", True),
        ("a%20b", True),
        ("a b", False),
        ("a/b", False),
        ("a:b", False),
        ("user@a", False),
        ("::1", False),
        ("[::1", False),
        ("\xe4.example", False),
        ("a\r\nHost: a", False),
    ],
)
def test_a_host_is_one_name_or_address(host: str, is_one: bool) -> None:
    data = f"GET / HTTP/1.1\r\nHost:{host}\r\n\r\n".encode("latin-1")
    assert (strictly(data)[0] is not None) is is_one


def test_only_an_old_client_sends_no_host() -> None:
    assert strictly(b"GET / HTTP/1.1\r\n\r\n")[0] is None
    assert strictly(b"GET / HTTP/1.0\r\n\r\n")[0] is not None


def test_an_old_client_is_not_expected_to_send_again() -> None:
    head, _, _ = strictly(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert head is not None
    assert not head.stays_open
