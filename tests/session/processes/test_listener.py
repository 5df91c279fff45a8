"""One listening socket: what it became, what it leaves, and where one has to look for others."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtui.config.settings import Settings
from devtui.ports.bind import PortRefused, bind
from devtui.ports.survey import SurveyQueue
from devtui.session.processes.listener import Listener
from tests.support.processes import free_port, has_ipv6


class NotedLooks(SurveyQueue):
    """Looks nowhere, and notes down where it should have."""

    def __init__(self) -> None:
        self.begun: list[tuple[int, PortRefused | None]] = []

    def begin(self, settings: Settings, refusal: PortRefused | None = None) -> None:
        self.begun.append((settings.port, refusal))


@pytest.fixture
def looks() -> NotedLooks:
    return NotedLooks()


@pytest.fixture
def listener(looks: NotedLooks) -> Iterator[Listener]:
    listener = Listener(looks)
    yield listener
    listener.close()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(20)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_port_0_stays_what_it_became(listener: Listener) -> None:
    assert not listener.is_open
    settings = listener.open(Settings(port=0))
    assert listener.is_open
    assert listener.bound.getsockname()[1] == settings.port != 0
    listener.close()
    assert not listener.is_open
    assert listener.open(settings) == settings


def test_a_refusal_is_looked_into(listener: Listener, looks: NotedLooks) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortRefused) as refused:
            listener.open(Settings(port=port))
    assert not listener.is_open
    assert looks.begun == [(port, refused.value)]


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback address")
def test_who_listens_beside_us_is_looked_for(listener: Listener, looks: NotedLooks) -> None:
    port = free_port()
    with socket.create_server(("::1", port), family=socket.AF_INET6):
        listener.open(Settings(host="127.0.0.1", port=port))
    assert looks.begun == [(port, None)]


def test_nobody_is_looked_for_where_nobody_is(listener: Listener, looks: NotedLooks) -> None:
    listener.open(Settings(host="127.0.0.1", port=free_port()))
    assert looks.begun == []


def test_another_socket_takes_the_place_of_the_first(listener: Listener) -> None:
    old = listener.open(Settings(port=0))
    settings = old.with_port(0)
    new = listener.replace(bind(settings), settings)
    assert new.port not in (0, old.port)
    assert (answers(old.port), answers(new.port)) == (False, True)


def test_the_file_of_a_unix_socket_goes_with_it(listener: Listener, tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    settings = Settings(host=f"unix://{path}")
    assert listener.open(settings) == settings
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
        client.connect(str(path))
    listener.close()
    assert not path.exists()
