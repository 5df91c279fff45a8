"""Find the descriptors that a process waits for, in Linux's /proc; see proc(5) and syscall(2)."""

from __future__ import annotations

import os
import select
import struct
from contextlib import suppress

# The numbers of the system calls. The 64-bit ports other than x86_64 share asm-generic/unistd.h.
_GENERIC = {
    63: "read",
    65: "readv",
    72: "select",
    73: "poll",
    22: "epoll",
    441: "epoll",
}
_CALLS = {
    "x86_64": {
        0: "read",
        19: "readv",
        23: "select",
        270: "select",
        7: "poll",
        271: "poll",
        232: "epoll",
        281: "epoll",
        441: "epoll",
    },
    "aarch64": _GENERIC,
    "riscv64": _GENERIC,
}.get(os.uname().machine, {})

# The most descriptors of one call that are looked at.
_MAX_DESCRIPTORS = 1024

_POLLFD = struct.Struct("=ihh")  # struct pollfd: fd, events, revents; see poll(2)
_WORD_BYTES = 8  # of an fd_set, on the machines above; all are little-endian


class Unreadable(Exception):
    """This process may not be looked at, or this machine's system calls are not known."""


def reads(pid: int) -> set[int]:
    """Return the descriptors that the threads of a process wait to read, in read(2) itself."""
    return {
        arguments[0]
        for call, arguments in _calls(pid)
        if call in ("read", "readv") and 0 <= arguments[0] < _MAX_DESCRIPTORS
    }


def polls(pid: int) -> set[int]:
    """Return the descriptors that the threads wait to read in select(2), poll(2) or epoll(7).

    Raises `Unreadable` if the system does not tell.
    """
    found: set[int] = set()
    known = False
    for call, arguments in _calls(pid):
        known = True
        with suppress(OSError, ValueError, struct.error):
            if call == "select":
                found |= _selected(pid, number=arguments[0], address=arguments[1])
            elif call == "poll":
                found |= _polled(pid, address=arguments[0], number=arguments[1])
            elif call == "epoll":
                found |= _in_epoll(pid, arguments[0])
    if not known:
        raise Unreadable
    return found


def _calls(pid: int) -> list[tuple[str, list[int]]]:
    """Return the system call of each thread, "" for others, with its arguments."""
    calls: list[tuple[str, list[int]]] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):  # the thread has ended, or may not be looked at
                with open(f"/proc/{pid}/task/{thread}/syscall", encoding="ascii") as file:
                    words = file.read().split()
                if not _CALLS:
                    continue
                if len(words) < 7:  # "running"
                    calls.append(("", []))
                else:
                    arguments = [int(word, 16) for word in words[1:7]]
                    calls.append((_CALLS.get(int(words[0]), ""), arguments))
    return calls


def _selected(pid: int, *, number: int, address: int) -> set[int]:
    if not address:
        return set()
    number = min(number, _MAX_DESCRIPTORS)
    words = -(-number // (8 * _WORD_BYTES))
    bits = int.from_bytes(_memory(pid, address, words * _WORD_BYTES), "little")
    return {descriptor for descriptor in range(number) if bits >> descriptor & 1}


def _polled(pid: int, *, address: int, number: int) -> set[int]:
    data = _memory(pid, address, min(number, _MAX_DESCRIPTORS) * _POLLFD.size)
    return {
        descriptor for descriptor, events, _ in _POLLFD.iter_unpack(data) if events & select.POLLIN
    }


def _in_epoll(pid: int, descriptor: int) -> set[int]:
    found: set[int] = set()
    with open(f"/proc/{pid}/fdinfo/{descriptor}", encoding="ascii") as file:
        for line in file:
            words = line.split()  # tfd: 0 events: 19 data: ...; EPOLLIN is POLLIN
            if words[:1] == ["tfd:"] and int(words[3], 16) & select.POLLIN:
                found.add(int(words[1]))
    return found


def _memory(pid: int, address: int, size: int) -> bytes:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        file.seek(address)
        return file.read(size)
