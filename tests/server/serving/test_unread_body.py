"""What a client sends after its response: waited for where a body was announced, and only there."""

from __future__ import annotations

import selectors

import pytest
from werkzeug import serving

from devtui.server.serving import handler
from tests.support.live import Serve

UNREAD = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


def test_a_body_that_the_app_does_not_read_does_not_cost_the_client_its_response(
    serve: Serve,
) -> None:
    live = serve(UNREAD)
    live.serving()
    for size in (0, 10, 3_000_000):
        answer = live.request("POST", "/", body=b"x" * size)
        assert (answer.status, answer.body) == (200, b"ok")
    chunked = live.request("POST", "/", body=iter([b"x" * 100_000] * 20), encode_chunked=True)
    assert chunked.body == b"ok"
    assert [row.cut for row in (live.row("/", count) for count in (1, 2, 3, 4))] == [""] * 4


@pytest.mark.parametrize("body", [True, False])
def test_only_a_body_is_waited_for(body: bool) -> None:
    handler.expect_body(body)
    try:
        selector = vars(serving)["selectors"].DefaultSelector()
        assert isinstance(selector, selectors.DefaultSelector) is body
        selector.close()
    finally:
        handler.expect_body(True)
