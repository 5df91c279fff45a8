"""Everything a session needs to know before it starts, frozen.

The command line (or `devtui.run`) makes one `Settings`; what the user changes while the session
runs (port, debug mode) makes a new one with `replace`, so there is no second place to look.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

if TYPE_CHECKING:
    from devtui.events import Main

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 5000
MAX_PORT = 65_535
DEFAULT_GRACE = 0.5
UNIX_SCHEME = "unix://"

# An address that the user asked for, and the one that a browser reaches it at.
_REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class Settings(msgspec.Struct, frozen=True):
    """What to serve, where, and how.

    `host` is a name, an address or `unix://PATH`; `port` is 0 to 65535, where 0 asks the kernel
    for any free one. `app` is what `flask --app` takes; None means look for `wsgi.py`, then
    `app.py`, in `folder`. `environment` is what the server process starts with, before it reads
    any env file; without `env_files` it reads none, whatever the variables say. `grace` is how many
    seconds requests in flight have to finish before a reload cuts
    them. With `main`, a program that calls `devtui.run`, there is no `app` to be found.

    `trusted_hosts` are names and addresses, besides those of this machine and `host`, under which
    browsers get errors and the debugger; one that begins with a dot stands for all names below it.

    With `keep_all` nothing that the app says is dropped, and the app waits where it says too much:
    there is no screen that has to stay quick.

    `refused` names what debug mode never turns on, of `reload` and `debugger`: it was typed so.
    """

    app: str | None = None
    folder: Path = Path()
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    reload: bool = True
    debugger: bool = True
    debug: bool = True
    refused: frozenset[str] = frozenset()
    threaded: bool = True
    cert: str | None = None
    key: str | None = None
    extra_files: tuple[str, ...] = ()
    exclude_patterns: tuple[str, ...] = ()
    grace: float = DEFAULT_GRACE
    env_file: str | None = None
    load_dotenv: bool = True
    env_files: bool = True
    main: Main | None = None
    environment: tuple[tuple[str, str], ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    keep_all: bool = False

    @property
    def is_unix_socket(self) -> bool:
        """Whether `host` names a Unix socket, which has no port."""
        return self.host.startswith(UNIX_SCHEME)

    @property
    def socket_path(self) -> str:
        """The absolute path of the Unix socket; only where `is_unix_socket`."""
        return os.path.abspath(self.host.removeprefix(UNIX_SCHEME))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.is_unix_socket or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.partition("%")[0]).is_loopback
        except ValueError:
            return False  # some name: nobody promises where it leads

    def url(self, port: int) -> str:
        """What to type into a browser, where the socket got that port.

        Of an address that stands for all, the loopback one is meant: it always works here.
        """
        if self.is_unix_socket:
            return f"{UNIX_SCHEME}{self.socket_path}"
        scheme = "https" if self.cert else "http"
        host = _REACHED_AT.get(self.host, self.host)
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def with_port(self, port: int) -> Settings:
        """The same session on another port."""
        return structs.replace(self, port=port)

    def with_parts(self, *, reload: bool | None, debugger: bool | None) -> Settings:
        """The same session with the reloader and the debugger on or off, also in debug mode.

        None leaves one as it is.
        """
        parts = {"reload": reload, "debugger": debugger}
        refused = {name for name, on in parts.items() if on is not None and not on}
        allowed = {name for name, on in parts.items() if on}
        return structs.replace(
            self,
            refused=self.refused - allowed | refused,
            reload=self.reload if reload is None else bool(reload),
            debugger=self.debugger if debugger is None else bool(debugger),
        )

    def with_debug(self, on: bool) -> Settings:
        """The same session with debug mode on or off, and so the reloader and the debugger.

        But what was refused stays off: nobody gets a debugger on their network by pressing a key.
        """
        reload, debugger = (on and name not in self.refused for name in ("reload", "debugger"))
        return structs.replace(self, debug=on, reload=reload, debugger=debugger)
