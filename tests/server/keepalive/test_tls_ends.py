"""Over TLS a client can tell the end of a response from a cut (RFC 9112, section 9.8)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from devtui.config.settings import Settings
from tests.support.live import Live, Serve
from tests.support.projects import app_environment, app_source, write

pytestmark = pytest.mark.e2e

SOURCE = app_source("keepalive/odd_requests.py")

# Python's own name for this option of OpenSSL's came with version 3.12.
IGNORE_UNEXPECTED_EOF = 1 << 7


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("tls")
    write(folder, {"app.py": SOURCE})
    environment = app_environment()
    settings = Settings(app="app", folder=folder, port=0, environment=environment, cert="adhoc")
    with Live(settings) as live:
        live.serving()
        yield live


def strict_client(live: Live) -> ssl.SSLSocket:
    """A client that raises `SSLError` if the connection ends without TLS's alert."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.options &= ~IGNORE_UNEXPECTED_EOF
    return context.wrap_socket(live.connect(), suppress_ragged_eofs=False)


def until_closed(client: ssl.SSLSocket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize(
    "request_",
    [
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /streamed HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-A: a\r\n b\r\n\r\n",
        "GET /[ HTTP/2.0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" + "a" * 3_000_000,
    ],
    ids=["length", "none", "odd", "refused", "body", "unread body"],
)
def test_a_response_ends_with_the_alert(live: Live, request_: str) -> None:
    with strict_client(live) as client:
        client.sendall(request_.encode())
        assert until_closed(client)


def test_a_response_that_breaks_off_ends_without_it(live: Live) -> None:
    """Its client would take the part for all of it."""
    with strict_client(live) as client:
        client.sendall(b"GET /broken HTTP/1.0\r\n\r\n")
        with pytest.raises(ssl.SSLError, match=r"(?i)eof"):
            until_closed(client)


def test_without_threads_a_response_ends_with_the_alert(serve: Serve) -> None:
    live = serve(SOURCE, cert="adhoc", threaded=False)
    live.serving()
    with strict_client(live) as client:
        client.sendall(b"GET /streamed HTTP/1.1\r\nHost: a\r\n\r\n")
        assert until_closed(client).endswith(b"first,second")


def test_an_idle_connection_ends_with_the_alert(serve: Serve) -> None:
    live = serve(SOURCE, cert="adhoc")
    live.serving()
    with strict_client(live) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(65536).endswith(b"fine")
        live.call(live.session.restart)
        assert until_closed(client) == b""
