"""A made-up certificate is the same for a whole session: browsers ask about each new one."""

from __future__ import annotations

import os
import socket
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtui.server.guest.descriptors import OwnFile
from devtui.server.serving.adhoc_certificate import adhoc_context
from tests.support.live import Live, Serve, until_warm
from tests.support.processes import free_port
from tests.support.projects import says, write

pytest.importorskip("cryptography", reason="a made-up certificate needs cryptography")


@pytest.fixture
def descriptor() -> Iterator[int]:
    with tempfile.TemporaryFile() as file:
        yield os.dup(file.fileno())


def shown(context: ssl.SSLContext) -> bytes:
    """The certificate that a client sees."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        server = context.wrap_socket(ours, server_side=True, do_handshake_on_connect=False)
        client = client_context().wrap_socket(theirs, do_handshake_on_connect=False)
        with server, client:
            for end in (client, server, client, server):
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    continue
            return client.getpeercert(binary_form=True) or b""


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def served(live: Live) -> bytes:
    with client_context().wrap_socket(live.connect()) as client:
        return client.getpeercert(binary_form=True) or b""


def test_the_first_process_makes_it_and_the_others_read_it(descriptor: int) -> None:
    first = shown(adhoc_context(OwnFile(descriptor)))
    assert first
    assert shown(adhoc_context(OwnFile(descriptor))) == first


def test_without_a_file_each_process_makes_its_own() -> None:
    assert shown(adhoc_context(None)) != shown(adhoc_context(None))


def test_one_that_is_not_whole_is_made_again(descriptor: int) -> None:
    os.pwrite(descriptor, b"-----BEGIN CERTIFICATE-----\n", 0)
    first = shown(adhoc_context(OwnFile(descriptor)))
    assert shown(adhoc_context(OwnFile(descriptor))) == first != b""


def test_a_file_that_the_app_has_put_in_its_place_is_left_alone(
    descriptor: int, tmp_path: Path
) -> None:
    kept = OwnFile(descriptor)
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"data")
    with theirs.open("r+b") as file:
        os.dup2(file.fileno(), descriptor)
    assert shown(adhoc_context(kept))
    assert theirs.read_bytes() == b"data"
    os.close(descriptor)
    assert shown(adhoc_context(kept))


@pytest.mark.e2e
def test_it_stays_through_reloads_and_on_another_port(serve: Serve, folder: Path) -> None:
    live = serve({"app.py": says("1")}, reload=True, cert="adhoc")
    live.serving()
    first = served(live)
    until_warm(live)
    for number in (2, 3):
        write(folder, {"app.py": says(f"{number}")})
        live.reloaded(count=number - 1)
        assert served(live) == first
    live.call(live.session.restart_from_nothing)
    live.serving(4)
    assert served(live) == first
    port = free_port()
    live.run(live.session.move(port))
    live.serving(5)
    assert live.address()[1] == port
    assert served(live) == first
