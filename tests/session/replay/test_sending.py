"""Send recorded requests again: what the app gets is what it got."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from devtui.events import (
    CLIENT_LEFT,
    SEND_HEADER,
    Body,
    PortBusy,
    RequestFinished,
    RequestStarted,
    ServerExited,
)
from devtui.session.replay.fetching import MAX_BODY_BYTES
from devtui.session.replay.outgoing import CannotSend, Outgoing, recorded
from devtui.session.replay.sender import Sent
from devtui.session.store.request_record import Request
from tests.support import fakes
from tests.support.live import Live, Serve
from tests.support.projects import app_source, write

SOURCE = app_source("replay/echo.py")

BODIES = [
    ("text/plain", b"plain"),
    ("application/json", '{"name": "Größe", "quote": "\'"}'.encode()),
    ("text/plain", "Größe".encode("latin-1")),
    ("application/octet-stream", bytes(range(256)) * 4),
    ("multipart/form-data; boundary=b", b"--b\r\n\r\n\xf0\x9f\x98\r\n--b--\r\n"),
    ("application/x-www-form-urlencoded", b""),
]


def again(live: Live, row: RequestFinished) -> Sent:
    request = live.session.store.request(row.id)
    assert request is not None
    return live.run(_send(live, request))


async def _send(live: Live, request: Request) -> Sent:
    return await live.session.sender.send(recorded(request), replay_of=request.id)


def told(sent: Sent) -> Any:
    assert sent.response is not None, sent.message
    return json.loads(sent.response.body)


@pytest.mark.e2e
def test_the_app_gets_the_same_request(live: Live) -> None:
    headers: dict[str, Any] = {
        "Cookie": "session=abc; other=1",
        "Authorization": "Bearer secret",
        "X-Umlaut": "größe".encode(),
    }
    for number, (kind, body) in enumerate(BODIES):
        target = f"/a%20b/{number}?q=%C3%A4&q=b+c"
        answer = live.request("PATCH", target, body, {**headers, "Content-Type": kind})
        row = live.row(target)
        sent = again(live, row)
        assert told(sent) == json.loads(answer.body)
        assert sent.request is not None
        finished = sent.request.finished
        assert finished is not None
        assert finished.replay_of == sent.request.started.replay_of == row.id
        assert SEND_HEADER not in dict(sent.request.started.headers)
    assert row.replay_of == ""


@pytest.mark.e2e
def test_a_header_without_the_token_is_the_app_s(serve: Serve) -> None:
    live = serve(SOURCE, reload=False)
    live.serving()
    answer = live.request("GET", "/", None, {SEND_HEADER: f"{'0' * 32} 1 1-1"})
    assert json.loads(answer.body)["headers"]["HTTP_X_DEVTUI_SENT"]
    row = live.row("/")
    start = live.wait_for(RequestStarted, lambda event: event.id == row.id)
    assert (row.replay_of, start.sent) == ("", "")


@pytest.mark.e2e
def test_a_body_that_the_app_did_not_read_is_not_sent(serve: Serve) -> None:
    live = serve(SOURCE, reload=False)
    live.serving()
    live.request("POST", "/ignores", b"unread", {"Content-Type": "text/plain"})
    with pytest.raises(CannotSend, match="The app did not read all of its body"):
        again(live, live.row("/ignores"))
    chunked = {"Transfer-Encoding": "chunked"}
    live.request("POST", "/ignores/chunks", iter([b"un", b"read"]), chunked)
    with pytest.raises(CannotSend, match="The app did not read all of its body"):
        again(live, live.row("/ignores/chunks"))


ODD = [
    (b"POST", b"/chunked", b"Transfer-Encoding: chunked", b"3\r\nabc\r\n2\r\n\xff\0\r\n0\r\n\r\n"),
    (b"PUT", b"/continue", b"Expect: 100-continue\r\nContent-Length: 2", b"ab"),
    (b"POST", b"/gzip", b"Content-Encoding: gzip\r\nContent-Length: 3", b"\x1f\x8b\x08"),
    (b"DELETE", b"/with-body", b"Content-Length: 2", b"ab"),
    (b"HEAD", b"/head", b"Content-Length: 2", b"ab"),
    (b"PROPFIND", b'//double//slash/../?a=%zz&b=[1]&c={}|^`"<>\\', b"Depth: 1", b""),
    (b"OPTIONS", b"*", b"X-A: 1\r\nX-A: 2\r\nx-a:", b""),
    (b"GET", b"/gr\xc3\xb6\xff?q=\xc3\xb6", b"X-Odd: \xff'", b""),
]

_OF_A_CONNECTION = ("HTTP_CONNECTION", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT")


@pytest.mark.e2e
def test_odd_requests_reach_the_app_as_they_came(serve: Serve) -> None:
    live = serve(SOURCE, reload=False)
    live.serving()
    for number, (method, target, headers, body) in enumerate(ODD):
        head = b"%s %s HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n%s\r\n\r\n"
        live.send_raw(head % (method, target, headers) + body)
        rows = live.until(lambda wanted=number: live.all(RequestFinished)[2 * wanted :])
        sent = again(live, rows[0])
        assert sent.request is not None, (target, sent.message)
        finished = sent.request.finished
        assert finished is not None
        assert (finished.method, finished.request_body) == (rows[0].method, rows[0].request_body)
        if method != b"HEAD":
            before = json.loads(rows[0].response_body.text)  # type: ignore[union-attr,arg-type]
            for name in _OF_A_CONNECTION:
                before["headers"].pop(name, None)
            assert told(sent) == before


@pytest.mark.e2e
def test_during_a_reload_and_after_one_that_failed(serve: Serve, folder: Path) -> None:
    live = serve(SOURCE)
    live.serving()
    row = live.visit("/x")
    write(folder, {"app.py": f"import time\ntime.sleep(1)\n{SOURCE}"})
    live.wait_for(ServerExited)  # until then the old process may still accept
    sent = again(live, row)
    assert sent.request is not None
    assert (sent.request.verdict, sent.request.row.generation) == ("same", 2)
    write(folder, {"app.py": "no = = syntax"})
    live.reloaded(failed=True)
    sent = again(live, row)
    assert sent.request is not None
    assert sent.request.verdict == "500 now"


STREAMS = app_source("replay/streams.py")


@pytest.mark.e2e
def test_a_large_response_is_read_to_its_end_and_an_endless_one_is_given_up(serve: Serve) -> None:
    live = serve(STREAMS, reload=False)
    live.serving()
    live.visit("/large")
    sent = again(live, live.row("/large"))
    assert sent.response is not None
    assert (len(sent.response.body), sent.response.whole) == (MAX_BODY_BYTES, False)
    assert live.row("/large", 2).cut == ""
    assert sent.request is not None
    assert sent.request.verdict == "same beginning"
    for target in ("/drips", "/rests"):
        sent = live.run(live.session.sender.send(Outgoing("GET", target), timeout=0.5))
        assert sent.message == "The response began, but did not end within 0.5 s."
        assert live.row(target).cut == CLIENT_LEFT
    pinned = live.session.store.request(live.row("/drips").id)
    assert pinned is not None
    with pytest.raises(CannotSend, match="Its response was cut"):
        live.call(live.session.replays.pin, pinned)


def stored(headers: list[tuple[str, str]], **end: Any) -> Request:
    session = fakes.FakeSession()
    start, finished = fakes.request(1, "/x", method="POST", **end)
    assert isinstance(start, RequestStarted)
    session.feed(structs.replace(start, headers=tuple(headers)), finished)
    request = session.store.request("r1")
    assert request is not None
    return request


TEXT = Body(content_type="text/plain", size_bytes=3, text="abc")
UNREAD = Body(content_type="", size_bytes=9, text="abc", truncated=True)
LARGE = Body(content_type="", size_bytes=40_000, text="abc", truncated=True)


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ([("Content-Length", "4")], TEXT, "Its body was not"),
        ([("A", "b")], UNREAD, "The app did not read all of its body, so"),
        ([("A", "b")], LARGE, "Its body of 40 kB is larger than the 32 KiB that are kept, so"),
        ([("A", "b")], Body(content_type="", size_bytes=9, text=None, digest="0"), "Its body"),
        ([("A", "cut…")], None, "Its head was not"),
        ([("A", "b")] * 100, None, "Its head was not"),
        ([("A", "b" * 4000)] * 7, None, "Its head was not"),
        ([], None, "Its head was not"),
    ],
)
def test_what_was_not_recorded_completely(
    headers: list[tuple[str, str]], body: Body | None, words: str
) -> None:
    with pytest.raises(CannotSend, match=words):
        recorded(stored(headers, request_body=body))


def test_what_is_left_out_and_what_stays() -> None:
    headers = [("Host", "shop"), ("Connection", "close"), ("Content-Length", "3"), ("Cookie", "s")]
    kept = (("Host", "shop"), ("Cookie", "s"))
    found = recorded(stored(headers, request_body=TEXT))
    assert found == Outgoing("POST", "/x", kept, b"abc")


@pytest.mark.parametrize(
    ("protocol", "status"), [("websocket", 101), ("WebSocket", 200), ("websocket", 404), ("x", 101)]
)
def test_a_websocket_is_not_sent(protocol: str, status: int) -> None:
    # Of a websocket of Flask-Sock the view's own answer is recorded, with the status 200.
    with pytest.raises(CannotSend, match="A websocket's conversation is not recorded"):
        recorded(stored([("Upgrade", protocol)], status=status))


def test_an_upgrade_that_the_server_passed_over_is_sent_without_it() -> None:
    headers = [("Host", "shop"), ("Upgrade", "h2c"), ("Connection", "Upgrade")]
    assert recorded(stored(headers)).headers == (("Host", "shop"),)


def test_headers_that_made_room_for_newer_ones() -> None:
    request = stored([("A", "b")])
    request.drop_details()
    with pytest.raises(CannotSend, match="no longer kept"):
        recorded(request)


@pytest.mark.e2e
def test_another_program_on_the_port_gets_nothing(serve: Serve) -> None:
    """It would get the token and the cookies, and its answer would pass for the app's."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.setblocking(False)
        live = serve(SOURCE, port=other.getsockname()[1])
        live.wait_for(PortBusy)
        with pytest.raises(CannotSend, match="does not listen"):
            live.run(live.session.sender.send(Outgoing("GET", "/")))
        with pytest.raises(BlockingIOError):
            other.accept()
    live.call(live.session.restart)
    live.serving()
    assert told(live.run(live.session.sender.send(Outgoing("GET", "/"))))


ENDS = """
import os, pathlib
go = pathlib.Path(__file__).with_name("go")
def app(environ, start_response):
    if go.exists():
        os._exit(3)
    start_response("200 OK", [])
    return []
"""


@pytest.mark.e2e
def test_a_process_that_ends_is_why_there_is_no_response(serve: Serve, folder: Path) -> None:
    live = serve(ENDS, reload=False)
    live.serving()
    row = live.visit("/")
    (folder / "go").touch()
    sent = again(live, row)
    assert sent.request is not None
    assert sent.request.row.cut
    assert sent.message == f"There was no response: {sent.request.row.cut}."


TOO_LONG = app_source("replay/too_long.py")


@pytest.mark.e2e
def test_a_response_that_devtui_cannot_read_is_no_fault_of_a_client(serve: Serve) -> None:
    live = serve(TOO_LONG, reload=False)
    live.serving()
    sent = live.run(live.session.sender.send(Outgoing("GET", "/")))
    assert sent.message.startswith("There was no response: LineTooLong: ")
    row = live.row("/")
    assert row.cut == CLIENT_LEFT
    assert sent.duration_ms < row.duration_ms  # it is not waited for
