"""The settings of a session, as one immutable object.

The command line or `devtui.run` makes the first `Settings`. When the user changes the port or
debug mode, a changed copy replaces it, so the settings have a single place.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

if TYPE_CHECKING:
    from devtui.config.preferences import Preferences
    from devtui.events import Main

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 5000
MAX_PORT = 65_535
DEFAULT_GRACE = 0.5
UNIX_SCHEME = "unix://"

# The address to bind, and the one at which a browser reaches it.
_REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class Settings(msgspec.Struct, frozen=True):
    """What to serve, where, and how.

    `host` is a name, an address or `unix://PATH`. `port` is 0 to 65535; 0 means any free port.
    `app` is the same as for `flask --app`; None means `wsgi.py`, then `app.py`, in `folder`.
    `environment` is the server process's environment before it reads env files; if `env_files` is
    false it reads none, whatever the variables say. `grace` is the number of seconds that requests
    in flight get before a reload cuts them. `main` is a program that calls `devtui.run`; then
    there is no `app` to find.

    Browsers see errors and the debugger under the names and addresses of this machine, `host` and
    `trusted_hosts`; a trusted host that begins with a dot includes all its subdomains.

    With `keep_all` the session drops no output and no event, and the app has to wait if it writes
    too fast. That is for front ends without a screen.

    With `standby` the next server process is prepared while the current one serves.

    With `live` the pages in browsers follow every save, and with `live_console` the browser's
    console shows the app's log and errors.

    With `control` scripts and agents can reach the session by `devtui ctl`.

    With `trace` the server process records what requests call; None means as `debug`.

    `python` is the interpreter that runs the app, None for devtui's own; `python_name` is what to
    call it. `advice` is what to type if the app imports a `{module}` that is not installed there.

    `notice` is a sentence for the user, which the session logs when it starts.

    `refused` names those of `reload`, `debugger` and `live` that the user turned off explicitly, so
    debug mode must not turn them on.

    `preferences` are what the config says about the dashboard; None means nothing.
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
    standby: bool = True
    python: str | None = None
    python_name: str = ""
    advice: str = ""
    notice: str = ""
    preferences: Preferences | None = None
    control: bool = True
    trace: bool | None = None
    live: bool = True
    live_console: bool = False

    @property
    def is_unix_socket(self) -> bool:
        """Whether `host` is a Unix socket, which has no port."""
        return self.host.startswith(UNIX_SCHEME)

    @property
    def socket_path(self) -> str:
        """The absolute path of the Unix socket; requires `is_unix_socket`."""
        return os.path.abspath(self.host.removeprefix(UNIX_SCHEME))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.is_unix_socket or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.partition("%")[0]).is_loopback
        except ValueError:
            return False  # a name, which may resolve to any address

    @property
    def records_calls(self) -> bool:
        """Whether the server process records what requests call."""
        return self.debug if self.trace is None else self.trace

    def url(self, port: int) -> str:
        """Return the URL for a browser, given the port of the socket.

        An address that stands for all interfaces becomes the loopback address, which always works.
        """
        if self.is_unix_socket:
            return f"{UNIX_SCHEME}{self.socket_path}"
        scheme = "https" if self.cert else "http"
        host = _REACHED_AT.get(self.host, self.host)
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def with_host(self, host: str) -> Settings:
        """Return the settings with another host."""
        return structs.replace(self, host=host)

    def with_port(self, port: int) -> Settings:
        """Return the settings with another port."""
        return structs.replace(self, port=port)

    def with_parts(
        self, *, reload: bool | None, debugger: bool | None, live: bool | None = None
    ) -> Settings:
        """Return the settings with these parts on or off, also in debug mode.

        None changes nothing.
        """
        parts = {"reload": reload, "debugger": debugger, "live": live}
        refused = {name for name, on in parts.items() if on is not None and not on}
        allowed = {name for name, on in parts.items() if on}
        return structs.replace(
            self,
            refused=self.refused - allowed | refused,
            reload=self.reload if reload is None else bool(reload),
            debugger=self.debugger if debugger is None else bool(debugger),
            live=self.live if live is None else bool(live),
        )

    def with_debug(self, on: bool) -> Settings:
        """Return the settings with debug mode and its parts on or off.

        Refused parts stay off: no key press may open a debugger to the network.
        """
        parts = {name: on and name not in self.refused for name in ("reload", "debugger", "live")}
        return structs.replace(self, debug=on, **parts)
