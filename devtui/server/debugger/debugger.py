"""Werkzeug's debugger for the browser, with a PIN that stays the same for a whole session."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from devtui.events import DebuggerReady, PinAttempted

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

    from devtui.events import Event, Load
    from devtui.server.debugger.session_debugger import SessionDebugger


# The hosts that Werkzeug's debugger trusts, and the IPv6 loopback address.
_ALWAYS = (".localhost", "127.0.0.1", "::1")

# The longest name (RFC 1035). The time of Python's IDNA codec grows faster than the length.
MAX_HOST = 255


def prepare() -> None:
    """Import what the debugger needs, before anybody waits for it.

    Do not make the debugger: Werkzeug's counter of failed attempts would fix multiprocessing's
    start method, which the app may still choose.
    """
    importlib.import_module("devtui.server.debugger.session_debugger")
    importlib.import_module("multiprocessing.sharedctypes")
    importlib.import_module("multiprocessing.synchronize")


class DebuggerNews:
    """Report news of the debugger."""

    def __init__(self, send: Callable[[Event], object]) -> None:
        self._send = send

    def debugger_made(self, pin: str | None, cookie: str | None) -> None:
        """Report that the debugger was made with this PIN; None with WERKZEUG_DEBUG_PIN=off."""
        self._send(DebuggerReady(pin=pin, pin_cookie=cookie))

    def pin_attempted(self, failed_count: int) -> None:
        """Report that a PIN was typed; the last `failed_count` were wrong."""
        self._send(PinAttempted(failed_count=failed_count))


class TrustedHosts:
    """Hosts that may see errors: those of this machine, and `hosts` (`.name` includes subdomains).

    A page of evil.example can point its name at this machine (DNS rebinding). Its scripts can then
    read every response of the server, but the browser still sends `Host: evil.example`.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        names, addresses = [], set()
        for host in (*_ALWAYS, *hosts):
            bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
            if ":" in bare:
                addresses.add(_normal(bare))
            else:
                names.append(bare.lower())
        self._names = tuple(names)
        self._addresses = frozenset(addresses)
        self._last: tuple[str, bool] = ("", False)  # nearly every request has the same host

    def trusts(self, host: str | None) -> bool:
        """Whether a `Host` header names one of them, with any port."""
        if host is None:
            return False
        last, trusted = self._last
        if host != last:
            trusted = len(host) <= MAX_HOST and self._finds(host)
            self._last = host, trusted
        return trusted

    def _finds(self, host: str) -> bool:
        if host.startswith("["):
            address, bracket, port = host[1:].partition("]")
            return bool(bracket) and _is_port(port) and _normal(address) in self._addresses
        from werkzeug.sansio.utils import host_is_trusted

        try:
            return host_is_trusted(host.lower(), self._names)
        except UnicodeError:  # a label is empty or too long
            return False


class Debugger:
    """Werkzeug's debugger around the app, made on first use.

    Its imports take a tenth of the time of a small app's, and most responses do not need it.
    `users_app` is the app without our middleware.

    All generations share the session's PIN, so an unlocked browser stays unlocked.
    """

    def __init__(
        self, app: WSGIApplication, users_app: WSGIApplication, load: Load, news: DebuggerNews
    ) -> None:
        self.app = app
        self._users_app = users_app
        self._load = load
        self._news = news
        self._hosts = TrustedHosts((load.host, *load.trusted_hosts))
        self._making = threading.Lock()
        self._made: SessionDebugger | None = None

    def trusts(self, host: str | None) -> bool:
        """Whether a request with this `Host` may see errors and use the debugger."""
        return self._hosts.trusts(host)

    def ready(self) -> SessionDebugger:
        """Return the debugger. Raise `OSError` if the system has no semaphore for its counter."""
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> SessionDebugger:
        from devtui.server.debugger.session_debugger import (
            FailedAttempts,
            SessionDebugger,
            wanted_pin,
        )

        session_s = self._load.pin
        assert session_s is not None
        pin, cookie = wanted_pin(self._users_app, session_s)
        attempts = FailedAttempts(
            session_s.failed_count, session_s.max_failed, self._news.pin_attempted
        )
        made = SessionDebugger(self.app, pin, cookie, attempts, self.trusts)
        self._news.debugger_made(pin, cookie)
        return made


def _is_port(text: str) -> bool:
    return not text or (text[0] == ":" and text[1:].isdecimal() and len(text) <= 6)


def _normal(address: str) -> str:
    """Normalise an IPv6 address."""
    from ipaddress import IPv6Address  # few hosts are one

    try:
        return IPv6Address(address.partition("%")[0]).compressed
    except ValueError:
        return address
