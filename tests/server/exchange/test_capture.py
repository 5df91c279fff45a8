"""Each request as data: what came, what went, and how long it took."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtui.events import Body, RequestFinished, RequestStarted
from devtui.project_file import digest
from devtui.server.exchange.bodies import MAX_BODY_BYTES, CapturedBody
from devtui.server.keepalive.client_wait import Reader, Waiting
from tests.support.live import Live
from tests.support.processes import eventually

# -- bodies ------------------------------------------------------------------------------------


def captured(*chunks: bytes) -> CapturedBody:
    body = CapturedBody()
    for chunk in chunks:
        body.take(chunk)
    return body


def test_no_body_is_none() -> None:
    assert captured().as_body("text/plain", encoded=False) is None
    assert captured(b"").as_body("text/plain", encoded=False) is None


@given(st.lists(st.binary(max_size=MAX_BODY_BYTES // 2), min_size=1, max_size=5))
def test_all_is_counted_and_the_beginning_kept(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    body = captured(*chunks)
    assert body.size_bytes == len(whole)
    assert bytes(body.kept) == whole[:MAX_BODY_BYTES]
    shown = body.as_body("application/octet-stream", encoded=False)
    assert shown is None or shown.truncated is (len(whole) > MAX_BODY_BYTES)


@pytest.mark.parametrize(
    ("data", "content_type", "text"),
    [
        (b"plain", "text/plain", "plain"),
        (b'{"a": 1}', "application/json", '{"a": 1}'),
        (b"{}", "application/problem+json", "{}"),
        (b"<a/>", "Application/Atom+XML; charset=utf-8", "<a/>"),
        (b"a=1", "application/x-www-form-urlencoded", "a=1"),
        ("käse".encode(), "text/plain; charset=utf-8", "käse"),
        ("käse".encode("latin-1"), "text/plain", "käse"),
        (b"no type", "", "no type"),
        (b"\xff\xfe", "", None),
        (b"\x00\xff", "text/plain", None),
        (b"\x89PNG", "image/png", None),
        (b"not shown", "application/octet-stream", None),
    ],
)
def test_which_bodies_are_text(data: bytes, content_type: str, text: str | None) -> None:
    exact = text is not None and text.encode() == data
    assert captured(data).as_body(content_type, encoded=False) == Body(
        content_type=content_type,
        size_bytes=len(data),
        text=text,
        digest="" if exact else digest(data),
        data=b"" if exact else data,
    )


@pytest.mark.parametrize("size", [10, MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 3 * MAX_BODY_BYTES])
def test_the_bytes_and_the_digest_of_what_is_no_text(size: int) -> None:
    data = b"\x89\xff" * (size // 2) + b"\0" * (size % 2)
    body = captured(data[:7], data[7:]).as_body("image/png", encoded=False)
    assert body is not None
    assert body.digest == digest(data)
    assert body.whole == (data if size <= MAX_BODY_BYTES else None)


def test_replaced_characters_are_not_taken_for_the_body() -> None:
    """Three bytes that are no character have the size of the one that stands for them."""
    data = b"--b\xf0\x9f\x98"
    body = captured(data).as_body("multipart/form-data", encoded=False)
    assert body is not None
    assert body.text is not None
    assert len(body.text.encode()) == len(data)
    assert body.whole == data


def test_a_body_that_the_app_did_not_read_is_not_whole() -> None:
    body = captured(b"half")
    body.unread = True
    shown = body.as_body("text/plain", encoded=False)
    assert shown is not None
    assert (shown.truncated, shown.whole) == (True, None)
    nothing = CapturedBody()
    nothing.unread = True
    assert nothing.as_body("text/plain", encoded=False) is not None


def test_a_compressed_body_is_no_text() -> None:
    body = captured(b"gzip").as_body("text/plain", encoded=True)
    assert body is not None
    assert (body.text, body.size_bytes) == (None, 4)


def test_a_character_cut_at_the_bound_leaves_the_body_text() -> None:
    body = captured("ä".encode() * MAX_BODY_BYTES).as_body("text/plain; charset=utf-8", False)
    assert body is not None
    assert body.truncated
    assert body.text is not None
    assert body.text.startswith("äää")


READS: dict[str, Callable[[Any], Any]] = {
    "read": lambda stream: stream.read(),
    "pieces": lambda stream: list(iter(lambda: stream.read(3), b"")),
    "readline": lambda stream: list(iter(stream.readline, b"")),
    "readlines": lambda stream: stream.readlines(),
    "lines": list,
    "readinto": lambda stream: [stream.readinto(bytearray(100)), stream.readinto(bytearray(9))],
}


@pytest.mark.parametrize("how", READS)
def test_a_request_body_is_seen_however_it_is_read(how: str) -> None:
    data = b"one\ntwo\nthree"
    body = CapturedBody()
    stream = Reader(io.BytesIO(data), Waiting(), body)
    assert READS[how](stream) == READS[how](io.BytesIO(data))
    assert body.size_bytes == len(data)
    assert bytes(body.kept) == data
    assert stream.seekable()  # and whatever else the stream can do


# -- a real server -----------------------------------------------------------------------------


def header(row: RequestFinished, name: str) -> list[str]:
    return [value for key, value in row.response_headers if key.lower() == name.lower()]


def test_a_request_has_a_beginning_and_an_end(observed: Live) -> None:
    row = observed.visit("/created?a=1", headers={"X-Thing": "yes"})
    start = observed.wait_for(RequestStarted, lambda event: event.id == row.id)
    assert (start.method, start.target, start.client) == ("GET", "/created?a=1", "127.0.0.1")
    assert ("X-Thing", "yes") in start.headers
    assert (row.method, row.target, row.client) == ("GET", "/created?a=1", "127.0.0.1")
    assert (row.status, row.size_bytes, row.cut) == (201, len('{\n  "got": 0\n}\n'), "")
    assert row.generation == 1
    assert header(row, "Content-Type") == ["application/json"]
    assert header(row, "Server")
    assert row.request_body is None
    assert row.response_body is not None
    assert row.response_body.text == '{\n  "got": 0\n}\n'
    assert 0 < (row.first_byte_ms or 0) <= row.duration_ms < 10_000


def test_ids_are_unique(observed: Live) -> None:
    ids = [observed.visit("/").id for _ in range(5)]
    assert len(set(ids)) == 5
    assert all(request_id.startswith("1-") for request_id in ids)


@pytest.mark.parametrize(
    ("target", "status", "size"),
    [("/away", 302, None), ("/missing", 404, None), ("/teapot", 418, None), ("/nothing", 204, 0)],
)
def test_the_status_is_the_app_s(observed: Live, target: str, status: int, size: int) -> None:
    row = observed.visit(target)
    assert row.status == status
    if size is not None:
        assert (row.size_bytes, row.response_body) == (size, None)


def test_a_head_request_has_no_body(observed: Live) -> None:
    row = observed.visit("/", method="HEAD")
    assert (row.method, row.status, row.size_bytes) == ("HEAD", 200, 0)
    assert header(row, "Content-Length") == ["5"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PROPFIND", "BREW"])
def test_any_method_has_its_row(observed: Live, method: str) -> None:
    assert observed.visit("/", method=method).method == method


def test_a_large_body_is_counted_but_not_kept(observed: Live) -> None:
    row = observed.visit("/large")
    assert row.size_bytes == 100_000
    assert row.response_body == Body(
        content_type="text/plain",
        size_bytes=100_000,
        text="x" * MAX_BODY_BYTES,
        truncated=True,
        digest=digest(b"x" * 100_000),
    )


def test_a_picture_is_told_by_type_and_size(observed: Live) -> None:
    row = observed.visit("/png")
    assert row.response_body is not None
    assert (row.response_body.size_bytes, row.response_body.text) == (10, None)
    assert row.response_body.digest


def test_a_streamed_response_counts_the_body_and_not_its_chunks(observed: Live) -> None:
    assert observed.get("/stream").text == "part 0\npart 1\npart 2\n"
    row = observed.visit("/stream")
    assert row.size_bytes == 21
    assert header(row, "Transfer-Encoding") == ["chunked"]
    assert row.duration_ms >= 150
    assert row.first_byte_ms is not None
    assert row.first_byte_ms < row.duration_ms - 50


def test_a_form_is_kept(observed: Live) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = observed.request("POST", "/form", b"a=1&b=two", form)
    assert answer.text == "a=1,b=two"
    row = observed.row("/form")
    assert row.request_body == Body(
        content_type="application/x-www-form-urlencoded", size_bytes=9, text="a=1&b=two"
    )


def test_the_fields_beside_a_binary_file_are_kept(observed: Live) -> None:
    picture = b"\x89PNG\r\n\x1a\n\0\0\xff"
    parts = {"name": "Müller".encode(), 'photo"; filename="a.png': picture}
    sent = b"".join(
        b'--b0\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), part)
        for name, part in parts.items()
    )
    row = observed.visit(
        "/created?picture",
        method="POST",
        body=sent + b"--b0--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=b0"},
    )
    assert row.request_body is not None
    assert row.request_body.text is not None
    assert "Müller" in row.request_body.text
    assert 'filename="a.png"' in row.request_body.text


def test_a_chunked_request_arrives_whole(observed: Live) -> None:
    chunks = [b"a" * 10, b"b" * 20_000, b"c"]
    row = observed.visit(
        "/created?chunked",
        method="POST",
        body=iter(chunks),
        headers={"Content-Type": "text/plain"},
        encode_chunked=True,
    )
    assert row.request_body is not None
    assert row.request_body.size_bytes == 20_011
    assert row.request_body.text == b"".join(chunks).decode()
    assert row.response_body is not None
    assert row.response_body.text == '{\n  "got": 20011\n}\n'


def test_a_body_that_the_app_does_not_read(observed: Live) -> None:
    row = observed.visit("/unread", method="POST", body=b"x" * 1000)
    body = Body(content_type="", size_bytes=0, text="", truncated=True)
    assert (row.status, row.request_body) == (200, body)


def test_a_body_is_read_in_each_way_of_wsgi(observed: Live) -> None:
    body = b"one\ntwo\nthree\nfour"
    headers = {"Content-Type": "text/plain"}
    # In chunks, as Werkzeug's stream ends by itself only then.
    answer = observed.request("POST", "/raw/lines", iter([body]), headers, encode_chunked=True)
    assert eval(answer.text) == [b"one\n", b"two", b"\n", b"three\n", b"four"]
    row = observed.row("/raw/lines")
    assert row.request_body is not None
    assert row.request_body.text == body.decode()


def test_the_write_callable_of_wsgi(observed: Live) -> None:
    assert observed.get("/raw/write").text == "written first, then returned"
    row = observed.row("/raw/write")
    assert row.size_bytes == len("written first, then returned")
    assert row.response_body is not None
    assert row.response_body.text == "written first, then returned"


def test_the_response_is_closed(observed_plainly: Live) -> None:
    live = observed_plainly
    assert live.get("/raw/close").text == "ab"
    # The client has all of it a moment before it is closed.
    assert eventually(lambda: live.get("/raw/closed").text == "whole")
    live.visit("/raw/close_after_error")
    assert eventually(lambda: live.get("/raw/closed").text == "whole broken")


@pytest.fixture
def wire(observed: Live) -> Iterator[socket.socket]:
    with observed.connect() as connection:
        yield connection


@pytest.mark.parametrize(
    ("data", "method", "target", "status"),
    [
        (b"GARBAGE\r\n\r\n", "GARBAGE", "-", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", None, "-", 400),  # TLS on a port without
        (b"GET /x y z HTTP/1.1\r\n\r\n", "GET", "/x", 400),
        (b"GET /future HTTP/9.9\r\n\r\n", "GET", "/future", 505),
        (b"POST /nine\r\n\r\n", "POST", "/nine", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", "GET", "/" + "a" * 8_190 + "…", 414),
        (b"GET /many HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", "GET", "/many", 431),
    ],
    ids=["garbage", "tls", "words", "version", "nine", "long", "headers"],
)  # fmt: skip
def test_a_request_that_makes_no_sense_has_its_row(
    observed: Live, data: bytes, method: str | None, target: str, status: int
) -> None:
    before = len(observed.all(RequestFinished))
    observed.send_raw(data)
    (row,) = observed.until(lambda: observed.all(RequestFinished)[before:][:1])
    assert row.status == status
    assert row.target == target
    if method is not None:
        assert row.method == method
    assert observed.visit("/").status == 200


def test_a_client_that_leaves_in_mid_response(observed: Live, wire: socket.socket) -> None:
    wire.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
    assert wire.recv(100_000)
    wire.close()
    row = observed.row("/endless")
    assert (row.status, row.cut) == (200, "the client closed the connection")
    assert row.size_bytes > 0


def test_a_connection_without_a_request_has_no_row(observed: Live, wire: socket.socket) -> None:
    before = len(observed.all(RequestStarted))
    wire.close()
    observed.visit("/?after")
    assert len(observed.all(RequestStarted)) == before + 1


def test_a_target_of_any_bytes(observed: Live) -> None:
    observed.send_raw(b"GET /\xff\x1b[31m?\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n")
    row = observed.wait_for(RequestFinished, lambda event: "\x1b[31m" in event.target)
    assert row.status == 404


def test_werkzeug_writes_no_access_log(observed: Live) -> None:
    observed.visit("/?unlogged")
    assert observed.lines("unlogged") == []
