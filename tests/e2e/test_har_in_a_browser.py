"""A browser that answers requests from a HAR file gives what the app has answered."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from devtui.events import Body
from devtui.session.replay.export.har import har
from tests.support import fakes

pytestmark = pytest.mark.e2e

PICTURE = bytes(range(256))
UPLOAD = b"\x00\xff"

FETCH = """async ([method, path, given]) => {
    const body = given.length ? new Uint8Array(given) : undefined;
    const answer = await fetch(path, {method, body});
    return [answer.status, [...new Uint8Array(await answer.arrayBuffer())]];
}"""


def body(data: bytes, kind: str, text: str | None = None) -> Body:
    exact = text is not None and text.encode() == data
    return Body(
        content_type=kind,
        size_bytes=len(data),
        text=text,
        digest="" if exact else "1",
        data=b"" if exact else data,
    )


def test_a_browser_answers_from_the_har(own_page: Any, tmp_path: Path) -> None:
    session = fakes.FakeSession()
    page = "<title>Größe</title>"
    squeezed = gzip.compress(b"squeezed")
    answers: list[tuple[str, str, Body, Body | None, dict[str, str]]] = [
        ("GET", "/page", body(page.encode(), "text/html; charset=utf-8", page), None, {}),
        ("GET", "/picture?a=%20#b", body(PICTURE, "image/png"), None, {}),
        ("GET", "/latin", body(b"Gr\xf6\xdfe", "text/plain", "Größe"), None, {}),
        ("GET", "/text", body(squeezed, "text/plain"), None, {"Content-Encoding": "gzip"}),
        ("GET", "/binary", body(squeezed, "font/woff"), None, {"Content-Encoding": "gzip"}),
        ("POST", "/upload", body(b"no", "text/plain", "no"), body(b"other", "x/y", "other"), {}),
        ("POST", "/upload", body(b"yes", "text/plain", "yes"), body(UPLOAD, "x/y"), {}),
    ]
    for number, (method, target, answer, sent, headers) in enumerate(answers):
        started, finished = fakes.request(number, target, method=method, request_body=sent)
        head = (("Content-Type", answer.content_type), *headers.items())
        finished = structs.replace(finished, response_headers=head, response_body=answer)
        session.feed(started, finished)
    archive = tmp_path / "requests.har"
    archive.write_text(har(session.store.requests, session.url), encoding="utf-8")
    own_page.route_from_har(archive)
    own_page.goto(f"{session.url}/page")
    assert own_page.title() == "Größe"
    for method, path, given, wanted in (
        ("GET", "/picture?a=%20", b"", PICTURE),
        ("GET", "/latin", b"", b"Gr\xf6\xdfe"),
        ("GET", "/text", b"", b"squeezed"),
        ("GET", "/binary", b"", b"squeezed"),
        ("POST", "/upload", UPLOAD, b"yes"),
    ):
        status, found = own_page.evaluate(FETCH, [method, path, list(given)])
        assert (status, bytes(found)) == (200, wanted), path
