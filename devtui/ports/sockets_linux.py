"""List the TCP sockets on a port of Linux, of every user.

`sock_diag` (man 7 sock_diag) is asked about a single port, and tells whether `::` accepts IPv4.
Some sandboxes forbid it; then /proc/net/tcp and tcp6 (man 5 proc) have to do.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from collections.abc import Collection, Iterator

import msgspec

from devtui.events import Address

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST_DUMP = 0x301
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_INET_DIAG_SKV6ONLY = 11
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBxI")
_SOCKET_ID = struct.Struct("!HH16s16s12x")
_ATTRIBUTE = struct.Struct("=HH")
_UID_INODE = struct.Struct("=12xII")

# States of linux/tcp_states.h. A connection in TIME_WAIT (6) has no process and does not block a
# socket with SO_REUSEADDR; 13 is "bound, neither connected nor listening", listed since Linux 6.8.
_LISTEN = 10
_OTHER_STATES = sum(1 << state for state in (1, 2, 3, 4, 5, 7, 8, 9, 11, 13))


class Socket(msgspec.Struct, frozen=True):
    """A socket bound to the port: its address, the user who created it, and its inode.

    The links in /proc/PID/fd name the inode; a socket without a process has inode 0.
    """

    address: Address
    listens: bool
    uid: int
    inode: int


def listening(port: int) -> tuple[Socket, ...]:
    """List the sockets that listen on the port. Raises `OSError` if the system does not tell."""
    try:
        return tuple(ask_kernel(port, 1 << _LISTEN))
    except OSError:
        return tuple(_from_proc(port))


def silent(port: int) -> tuple[Socket, ...]:
    """List the sockets on the port that do not listen, such as connections, if sock_diag works."""
    try:
        return tuple(ask_kernel(port, _OTHER_STATES))
    except OSError:
        return ()


def ask_kernel(port: int, states: int) -> Iterator[Socket]:
    """Ask sock_diag for the sockets on the port in these states. Raises `OSError`."""
    if sys.platform == "linux":
        for family in (socket.AF_INET, socket.AF_INET6):
            with socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG
            ) as diag:
                diag.settimeout(1.0)
                body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, states)
                body += _SOCKET_ID.pack(port, 0, b"", b"")
                length = _HEADER.size + len(body)
                header = _HEADER.pack(length, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST_DUMP, 1, 0)
                diag.send(header + body)
                yield from read_answers(diag, port)
    else:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))


def read_answers(diag: socket.socket, port: int) -> Iterator[Socket]:
    """Read the kernel's answers to the end. Raises `OSError` with the kernel's own error."""
    while True:
        data = diag.recv(1 << 16)
        while len(data) >= _HEADER.size:
            length, kind, *_ = _HEADER.unpack_from(data)
            if kind == _NLMSG_DONE:
                return
            if kind == _NLMSG_ERROR:
                code = -struct.unpack_from("=i", data, _HEADER.size)[0]
                raise OSError(code, os.strerror(code))
            found = _parse(data[_HEADER.size : length], port)
            if found is not None:
                yield found
            data = data[(length + 3) & ~3 :]


def _parse(message: bytes, port: int) -> Socket | None:
    """Parse one `struct inet_diag_msg` of linux/inet_diag.h with its attributes."""
    family, state = message[0], message[1]
    local_port, _, source, _ = _SOCKET_ID.unpack_from(message, 4)
    if local_port != port:  # an old kernel may answer for all ports
        return None
    uid, inode = _UID_INODE.unpack_from(message, 52)
    v6_only = None
    rest = message[72:]
    while len(rest) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(rest)
        if length < _ATTRIBUTE.size:
            break
        if kind == _INET_DIAG_SKV6ONLY:
            v6_only = bool(rest[_ATTRIBUTE.size])
        rest = rest[(length + 3) & ~3 :]
    packed = source[:4] if family == socket.AF_INET else source
    ip = socket.inet_ntop(family, packed)
    return Socket(Address(ip=ip, v6_only=v6_only), state == _LISTEN, uid, inode)


def _from_proc(port: int) -> Iterator[Socket]:
    with open("/proc/net/tcp", encoding="ascii") as table:
        yield from parse_table(table.read(), port)
    try:
        with open("/proc/net/tcp6", encoding="ascii") as table:
            yield from parse_table(table.read(), port)
    except FileNotFoundError:
        return  # a kernel without IPv6


def parse_table(text: str, port: int) -> Iterator[Socket]:
    """Find the port's listening sockets in a table in the format of /proc/net/tcp or tcp6."""
    for line in text.splitlines()[1:]:
        words = line.split()
        address, _, hex_port = words[1].rpartition(":")
        if int(hex_port, 16) == port and int(words[3], 16) == _LISTEN:
            yield Socket(Address(ip=_unhex(address)), True, int(words[7]), int(words[9]))


def _unhex(text: str) -> str:
    """Decode an address of the table: 32-bit words in the machine's byte order."""
    packed = bytes.fromhex(text)
    if sys.byteorder == "little":
        packed = b"".join(packed[at : at + 4][::-1] for at in range(0, len(packed), 4))
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def owners(inodes: Collection[int]) -> dict[int, list[int]]:
    """Map each inode to the pids that have it open, as far as the permissions allow.

    Reading the links in /proc/PID/fd takes a few tens of milliseconds for some hundred processes.
    psutil's connections of each process would parse the whole table again for every process.
    """
    links = {f"socket:[{inode}]": inode for inode in inodes if inode}
    found: dict[int, list[int]] = {inode: [] for inode in inodes}
    if not links:
        return found
    for name in os.listdir("/proc"):
        if name.isdigit():
            for inode in _held(f"/proc/{name}/fd", links):
                found[inode].append(int(name))
    return found


def _held(folder: str, links: dict[str, int]) -> set[int]:
    held = set()
    try:
        for descriptor in os.listdir(folder):
            try:
                inode = links.get(os.readlink(f"{folder}/{descriptor}"))
            except FileNotFoundError:  # closed in the meantime
                continue
            if inode is not None:
                held.add(inode)
    except (PermissionError, FileNotFoundError, ProcessLookupError, NotADirectoryError):
        return held  # another user's, or exited
    return held
