"""The listening socket that every server process inherits."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from devtui.config.settings import Settings
from devtui.ports.bind import PortRefused, bind


def test_a_listener_takes_connections() -> None:
    with bind(Settings(port=0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass


def test_an_ipv6_listener() -> None:
    with bind(Settings(host="::1", port=0)) as listener:
        assert listener.family == socket.AF_INET6
        assert listener.getsockname()[0] == "::1"


def test_a_port_that_is_listened_on_is_refused() -> None:
    with bind(Settings(port=0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortRefused, match=str(port)) as refused:
            bind(Settings(port=port))
    assert refused.value.busy
    bind(Settings(port=port)).close()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "x" * 100])
def test_an_address_of_nobody_s_is_refused(host: str) -> None:
    with pytest.raises(PortRefused, match="--host") as refused:
        bind(Settings(host=host, port=0))
    assert not refused.value.busy


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a path for a Unix socket: a relative one, because an absolute one may be too long."""
    monkeypatch.chdir(tmp_path)
    return "app.sock"


def test_a_unix_listener(path: str) -> None:
    with bind(Settings(host=f"unix://{path}")), socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


def test_a_left_over_unix_socket_is_replaced(path: str) -> None:
    bind(Settings(host=f"unix://{path}")).close()
    assert Path(path).exists()
    with bind(Settings(host=f"unix://{path}")), socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


def test_a_unix_socket_that_answers_is_refused(path: str) -> None:
    with bind(Settings(host=f"unix://{path}")):
        with pytest.raises(PortRefused, match="Another program") as refused:
            bind(Settings(host=f"unix://{path}"))
        assert refused.value.busy


def test_a_file_is_not_replaced_by_a_socket(path: str) -> None:
    Path(path).write_text("precious")
    with pytest.raises(PortRefused, match="not a socket") as refused:
        bind(Settings(host=f"unix://{path}"))
    assert not refused.value.busy
    assert Path(path).read_text() == "precious"


def test_a_folder_that_is_not_there(path: str) -> None:
    with pytest.raises(PortRefused, match="devtui cannot listen on"):
        bind(Settings(host=f"unix://missing/{path}"))
