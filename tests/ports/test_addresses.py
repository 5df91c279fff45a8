"""Which addresses conflict, compared with the kernel's answer."""

from __future__ import annotations

import itertools
import socket
import sys

import pytest

from devtui.events import Address, Holder
from devtui.ports import addresses
from tests.support.processes import free_port, has_ipv6

needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")

ADDRESSES = (
    Address(ip="127.0.0.1"),
    Address(ip="127.0.0.2"),
    Address(ip="0.0.0.0"),
    Address(ip="::1"),
    Address(ip="::", v6_only=False),
    Address(ip="::", v6_only=True),
    Address(ip="::ffff:127.0.0.1", v6_only=False),
)


def listener(address: Address, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address.ip else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if address.v6_only is not None:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address.v6_only)
    try:
        sock.bind((address.ip, port))
        sock.listen()
    except OSError:
        sock.close()
        raise
    return sock


@needs_ipv6
@pytest.mark.skipif(sys.platform != "linux", reason="the BSDs let more specific addresses in")
@pytest.mark.parametrize(
    ("one", "other"), itertools.product(ADDRESSES, repeat=2), ids=lambda a: f"{a.ip}/{a.v6_only}"
)
def test_the_table_is_the_kernels(one: Address, other: Address) -> None:
    with listener(one, free_port()) as first:
        try:
            listener(other, first.getsockname()[1]).close()
            refused = False
        except OSError:
            refused = True
    assert addresses.overlap(one, other) is refused


def holder(*addresses: Address, pid: int = 7) -> Holder:
    return Holder(pid=pid, name="node", command="node", user="ada", addresses=addresses)


def test_a_doubtful_dual_stack_socket_conflicts_if_no_other_does() -> None:
    ours = Address(ip="127.0.0.1")
    doubtful, certain = holder(Address(ip="::")), holder(Address(ip="127.0.0.1"), pid=8)
    assert addresses.blocks(ours, [doubtful], doubtful)
    assert not addresses.blocks(ours, [doubtful, certain], doubtful)
    assert addresses.blocks(ours, [doubtful, certain], certain)
    assert not addresses.blocks(ours, [holder(Address(ip="::1"))], holder(Address(ip="::1")))


def test_wanted_knows_whether_our_own_socket_would_take_ipv4() -> None:
    assert addresses.wanted("127.0.0.1") == Address(ip="127.0.0.1")
    assert addresses.wanted("0:0:0:0:0:0:0:1").ip == "::1"
    assert addresses.wanted("::").v6_only in (True, False)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("127.0.0.1", "::1", "http://127.0.0.1:5000"),
        ("0.0.0.0", "::1", "http://127.0.0.1:5000"),
        ("::1", "127.0.0.1", "http://[::1]:5000"),
        ("127.0.0.1", "192.0.2.1", None),
        ("192.0.2.1", "::1", None),
        ("127.0.0.1", "127.0.0.1", None),
    ],
)
def test_localhost_that_leads_elsewhere(ours: str, theirs: str, expected: str | None) -> None:
    warning = addresses.localhost_warning(
        Address(ip=ours), 5000, [holder(Address(ip=theirs, v6_only=True))]
    )
    if expected is None:
        assert warning is None
    else:
        assert warning is not None
        assert expected in warning
        assert "node (pid 7)" in warning


def test_an_ipv6_only_wildcard_takes_localhost_too() -> None:
    theirs = holder(Address(ip="::", v6_only=True))
    assert addresses.localhost_warning(Address(ip="127.0.0.1"), 5000, [theirs]) is not None
    everything = Address(ip="::", v6_only=False)
    assert addresses.localhost_warning(everything, 5000, [theirs]) is None


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address(ip="0.0.0.0"), "0.0.0.0"),
        (Address(ip="::", v6_only=True), "[::] (IPv6 only)"),
        (Address(ip="::", v6_only=False), "[::]"),
        (Address(ip="::1", v6_only=True), "[::1]"),
    ],
)
def test_addresses_as_text(address: Address, text: str) -> None:
    assert str(address) == text
