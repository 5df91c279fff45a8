"""The listening socket: bound once, and passed to one server process after another."""

from __future__ import annotations

import socket
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO

from devtui.config.settings import Settings
from devtui.ports import bind as ports
from devtui.ports.survey import SurveyQueue, another_at_localhost
from devtui.session.made_aside import made_aside

# The `cert` of settings for which devtui makes up a certificate.
ADHOC = "adhoc"


class Listener:
    """Hold the socket while a server process answers or is about to; refuse clients otherwise.

    A survey begins in `surveys` if another program has the port or listens on it beside us.
    """

    def __init__(self, surveys: SurveyQueue) -> None:
        self._surveys = surveys
        self._socket: socket.socket | None = None
        self._path: Path | None = None  # of a Unix socket
        # A server process puts its idle connections into one end, and the next process takes them
        # from the other.
        self._shelf: tuple[socket.socket, ...] = ()
        # The first server process writes the certificate that it makes up, and the others read it.
        self._made_up: IO[bytes] | None = None

    @property
    def is_open(self) -> bool:
        """Whether clients can connect. They wait while no server process accepts them."""
        return self._socket is not None

    @property
    def bound(self) -> socket.socket:
        """The socket; only if `is_open`."""
        assert self._socket is not None
        return self._socket

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The socket's descriptor, and those of the shelf; only if `is_open`.

        With `--cert adhoc` one of the certificate's file follows.
        """
        files: list[socket.socket | IO[bytes]] = [*self._shelf]
        if self._made_up is not None:
            files.append(self._made_up)
        return (self.bound.fileno(), *(file.fileno() for file in files))

    def open(self, settings: Settings) -> Settings:
        """Listen where the settings say. Raises `PortRefused`, and begins a survey of the reason.

        Returns the settings with the real port, because port 0 holds for one start only: the URLs
        in people's browsers stay valid after a restart.
        """
        with self._told(settings):
            bound = ports.bind(settings)
        return self.replace(bound, settings)

    async def open_aside(self, settings: Settings) -> Settings:
        """Do the same as `open` beside a running event loop."""
        with self._told(settings):
            bound = await made_aside(partial(ports.bind, settings), socket.socket.close)
        return self.replace(bound, settings)

    @contextmanager
    def _told(self, settings: Settings) -> Iterator[None]:
        try:
            yield
        except ports.PortRefused as refusal:
            self._surveys.begin(settings, refusal)
            raise

    def replace(self, bound: socket.socket, settings: Settings) -> Settings:
        """Take another bound socket, and close the one before; see `open`."""
        self.close()
        self._socket = bound
        self._shelf = socket.socketpair()
        if settings.cert == ADHOC and self._made_up is None:
            import tempfile  # few sessions need it

            with suppress(OSError):  # no folder for it; then each process makes its own
                # It has no name, so nobody else finds the key.
                self._made_up = tempfile.TemporaryFile()  # noqa: SIM115 - as long as we live
                weakref.finalize(self, self._made_up.close)
        if settings.is_unix_socket:
            self._path = Path(settings.socket_path)
            return settings
        settings = settings.with_port(bound.getsockname()[1])
        if another_at_localhost(bound):
            self._surveys.begin(settings)
        return settings

    def close(self) -> None:
        """Refuse connections from now on, once no server process has the socket any more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        for end in self._shelf:
            end.close()
        self._shelf = ()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None
