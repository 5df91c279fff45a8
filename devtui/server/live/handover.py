"""Answer the script's own requests, and hand its connection over to the session.

The session holds the connection across generations. So it needs no thread of the app, and works
while the app hangs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtui.events import LiveSet, PageLeftAlone, SetLive
from devtui.server.guest.clocks import clock
from devtui.server.guest.descriptors import OwnSocket
from devtui.server.live.tls_relay import TlsRelays
from devtui.server.live.unanswered import Unanswered

if TYPE_CHECKING:
    from devtui.server.channel.channel import Channel
    from devtui.server.debugger.debugger import TrustedHosts

FOLDER = "/.devtui/"
SCRIPT = FOLDER + "live.js"
SOCKET = FOLDER + "live"

# The head is one small message, and no valid header of it is longer.
MAX_VALUE = 500

# How often to try again while the session is busy and its queue is full.
_TRIES = 20
_PAUSE_SECONDS = 0.01


class Handover:
    """The server's part of live. `on` says whether pages get the script.

    `key` is in each page, and the script sends it to the session: no other page knows it. `version`
    says from which state of the code and the files a page was made. With a `console` the script
    shows the app's log, if `hosts` trust the name under which the page was opened.
    """

    hosts: TrustedHosts | None = None

    def __init__(self, channel: Channel) -> None:
        self.on = self.console = False
        self.key = ""
        self.version = ""
        self.unanswered = Unanswered()
        self._channel = channel
        self._way: OwnSocket | None = None
        self._script, self._script_url = b"", ""
        self._relays = TlsRelays()
        self._left_alone: set[str] = set()
        os.register_at_fork(after_in_child=self._let_go)

    def obey(self, order: SetLive, descriptor: int | None) -> None:
        """From now on hand over connections by this descriptor, and put the script into pages."""
        assert descriptor is not None, "this order comes with a socket"
        way = socket.socket(fileno=descriptor)
        if self._way is None:
            way.setblocking(False)
            self._way = OwnSocket(way)
        else:
            way.close()  # it is the same socket
        self.key, self.on, self.console = order.key, order.on, order.console
        self.version = f"{self._channel.generation}.{order.saves}"
        self._channel.send(LiveSet(on=order.on, saves=order.saves))

    @property
    def script_url(self) -> str:
        """The path of the script, which changes with its text, so that browsers may keep it."""
        if not self._script_url:
            self._script_url = f"{SCRIPT}?{hashlib.sha256(self._text()).hexdigest()[:8]}"
        return self._script_url

    @property
    def script_checksum(self) -> str:
        """The script's checksum, as the attribute `integrity` has it."""
        return f"sha256-{base64.b64encode(hashlib.sha256(self._text()).digest()).decode()}"

    def leave_alone(self, reason: str) -> None:
        """Report, once, why a page does not get the script."""
        if reason not in self._left_alone:
            self._left_alone.add(reason)
            self._channel.send(PageLeftAlone(reason=reason))

    def answers(self, handler: Any) -> bool:
        """Answer a request of the script; return false for any other request.

        It makes no row. `handler` has read its head.
        """
        target: str = handler.path
        if not target.startswith(FOLDER):
            return False
        path, _, query = target.partition("?")
        if self._way is None:
            # Live is off. A page of an earlier session may still be open, and try again.
            if path != SOCKET or not _is_upgrade(handler):
                return False
            _send(handler, "404 Not Found", b"Pages do not follow saves now.\n", "text/plain")
        elif path == SCRIPT:
            _send(handler, "200 OK", self._text(), "text/javascript; charset=utf-8", _KEEP)
        elif path == SOCKET and not self._hand_over(handler, query):
            _send(handler, "426 Upgrade Required", b"This is for devtui's script.\n", "text/plain")
        elif path != SOCKET:
            return False
        handler.close_connection = True
        return True

    def _hand_over(self, handler: Any, query: str) -> bool:
        if not _is_upgrade(handler):
            if handler.headers.get("Sec-WebSocket-Key"):
                reason = "a proxy in front of devtui does not pass on WebSockets (Upgrade)"
                self.leave_alone(reason)
            return False
        names = ("Sec-WebSocket-Key", "Origin", "Host")
        values = [str(handler.headers.get(name, ""))[:MAX_VALUE] for name in names]
        message = json.dumps([*values, query[:MAX_VALUE], self._may_read_log(handler)]).encode()
        connection = handler.connection
        encrypted = handler.server.ssl_context is not None
        if encrypted:
            # The relay closes the connection from now on, at once if nobody has its other end.
            with self._relays.begin(connection) as given:
                self._pass(message, given.fileno())
        elif self._pass(message, connection.fileno()):
            connection.close()
        else:
            return False
        handler.server.connections.waiting(connection).given_away = True
        return True

    def _may_read_log(self, handler: Any) -> bool:
        hosts = self.hosts
        if not self.console or hosts is None or not hosts.trusts(handler.headers.get("Host")):
            return False
        from devtui.server.live.log_access import may_read_log  # few ask for the console

        return may_read_log(handler.client_address, handler.server.port)

    def _pass(self, message: bytes, descriptor: int) -> bool:
        """Pass a connection to the session; return false if the session does not take it."""
        for _ in range(_TRIES):
            way = self._way
            if way is None or not way.is_whole:
                return False  # the app has closed it, and its number may mean something else
            try:
                socket.send_fds(way.socket, [message], [descriptor])
                return True
            except BlockingIOError:
                clock.sleep(_PAUSE_SECONDS)
            except OSError:
                return False  # the session is gone
        return False

    def _text(self) -> bytes:
        if not self._script:
            self._script = Path(__file__).with_name("live.js").read_bytes()
        return self._script

    def _let_go(self) -> None:
        """Close in a fork what only the parent holds."""
        if self._way is not None:
            self._way.let_go()
        self._way, self.on = None, False
        self._relays.let_go()


def _is_upgrade(handler: Any) -> bool:
    upgrade: str = handler.headers.get("Upgrade", "")
    return upgrade.lower() == "websocket"


_KEEP = "Cache-Control: max-age=31536000, immutable\r\n"


def _send(handler: Any, status: str, body: bytes, kind: str, more: str = "") -> None:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"X-Content-Type-Options: nosniff\r\n{more}Connection: close\r\n\r\n"
    )
    handler.wfile.write(head.encode() + (body if handler.command != "HEAD" else b""))
