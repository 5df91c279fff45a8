"""What a client sends of a body that nobody reads."""

from __future__ import annotations

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
