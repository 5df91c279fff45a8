"""Extend Werkzeug's threaded server to keep connections open."""

from __future__ import annotations

import socket
from typing import Any

from werkzeug.serving import ThreadedWSGIServer

from devtui.server.keepalive.connections import Server
from devtui.server.keepalive.free_threads import FreeThreads
from devtui.server.keepalive.idle import IdleConnections
from devtui.server.keepalive.tls_ends import end_tls


class ThreadedServer(Server, ThreadedWSGIServer):
    """Answer in threads. A connection stays open, but has a thread only while its client sends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle = self.idle = IdleConnections(
            self.connections.by_socket.__contains__,
            self.connections.waiting,
            self._start,
            self._end,
            self._let_go,
            self._adopt,
        )
        self._idle.is_encrypted = self.ssl_context is not None
        self.connections.drop_idle = self._idle.drop
        self._free_threads = FreeThreads()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for the connection once the client sends."""
        if request.family != socket.AF_UNIX:
            # A piece of a response must not wait until the client has acknowledged the one before.
            request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._idle.add(request)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, unless its handler has left it open for another request."""
        waiting = self.connections.by_socket.get(request)
        if waiting is None:
            return  # it was closed to make room
        if waiting.idle:
            self._idle.give_back(request)
        else:
            super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the listener, and what the idle connections need."""
        super().server_close()
        if self.idle is not None:  # werkzeug's `__init__` calls this too
            self.idle.close()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve this connection, then others. Each thread begins here."""
        while request is not None:
            super().process_request_thread(request, client_address)
            request = self._free_threads.next()
            client_address = request and self.connections.waiting(request).address

    def _start(self, request: Any) -> None:
        """Give the connection to a free or a new thread; close it if no thread can start."""
        if self._free_threads.serve(request):
            return
        try:
            super().process_request(request, self.connections.waiting(request).address)
        except RuntimeError:  # can't start new thread
            self._end(request)
            self.connections.make_room()
            self._tell("A request got no answer: the system lets us start no more threads.")

    def _let_go(self, request: Any) -> None:
        """Close this process's descriptor of a connection that another process has too."""
        try:
            request.close()
        finally:
            self.connections.closed(request)

    def _adopt(self, request: socket.socket) -> None:
        """Take over a connection from the server process before."""
        connection: Any = request
        try:
            address = request.getpeername()
            if self.ssl_context is not None:
                # As its `accept` does. Only those that are untouched are left to us.
                connection = self.ssl_context.wrap_socket(
                    request, server_side=True, do_handshake_on_connect=False
                )
        except (OSError, ValueError):  # its client has ended it
            request.close()
            return
        self.connections.opened(connection, address)
        self.connections.waiting(connection).is_new = self._idle.is_encrypted
        self._idle.add(connection)

    def _end(self, request: Any) -> None:
        end_tls(request)
        super().shutdown_request(request)
