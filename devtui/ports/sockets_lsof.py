"""List listeners with `lsof`: on macOS it may examine more processes than psutil."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

from devtui.events import Address

SECONDS = 2.0
"""How long lsof may take; it hangs if a network file system does."""


def listeners(port: int) -> tuple[tuple[int, Address], ...]:
    """Return pid and address of each listener on the port; none if lsof is missing or fails."""
    program = shutil.which("lsof")
    if program is None:
        return ()
    command = [program, "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fptn"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command with a number in it
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(parse(done.stdout, port))


def parse(text: str, port: int) -> Iterator[tuple[int, Address]]:
    """Read the output of `lsof -F ptn`: a letter, then the field; `p` begins a process.

    `t` is the type (IPv4, IPv6) and comes before the name `n`, as in `n127.0.0.1:5000`,
    `n*:5000` and `n[::1]:5000`.
    """
    pid, kind = 0, ""
    for line in text.splitlines():
        field, value = line[:1], line[1:]
        if field == "p":
            pid, kind = int(value), ""
        elif field == "t":
            kind = value
        elif field == "n":
            host, _, found = value.rpartition(":")
            if found == str(port):
                # An address to compare with; nothing binds to it here.
                any_address = "::" if kind == "IPv6" else "0.0.0.0"  # noqa: S104
                yield pid, Address(ip=any_address if host == "*" else host.strip("[]"))
