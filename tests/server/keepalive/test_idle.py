"""Idle connections, without a server: what a thread gives back, and what makes room."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from devtui.server.keepalive.connections import Connections
from devtui.server.keepalive.idle import IDLE_SECONDS, IdleConnections
from devtui.server.keepalive.shelf import Shelf


class Setting:
    """An accepting thread's view: the connections, and what was done with each."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.connections = Connections()
        self.done: list[tuple[str, Any]] = []
        self.idle = IdleConnections(
            self.connections.by_socket.__contains__,
            self.connections.waiting,
            lambda one: self.done.append(("started", one)),
            self.closed,
            lambda one: self.done.append(("left", one)),
            lambda one: self.done.append(("adopted", one)),
        )
        stack.callback(self.idle.close)
        self.selector = stack.enter_context(selectors.DefaultSelector())

    def closed(self, connection: Any) -> None:
        self.done.append(("closed", connection))
        self.connections.closed(connection)

    def connect(self) -> tuple[socket.socket, socket.socket]:
        ours, theirs = socket.socketpair()
        self.stack.enter_context(ours)
        self.stack.enter_context(theirs)
        self.connections.opened(ours)
        return ours, theirs

    def turn(self) -> list[tuple[str, Any]]:
        """Let the accepting thread do what is to be done now, and return what that was."""
        self.done.clear()
        self.idle.turn({key.fileobj for key, _ in self.selector.select(0)})
        return list(self.done)


@pytest.fixture
def setting() -> Iterator[Setting]:
    with ExitStack() as stack:
        yield Setting(stack)


def test_one_that_sends_gets_a_thread_and_one_that_ends_is_closed(setting: Setting) -> None:
    setting.idle.begin(setting.selector)
    (first, client), (second, other), (third, _) = (setting.connect() for _ in range(3))
    for one in (first, second, third):
        setting.idle.add(one)
    assert setting.turn() == []
    client.sendall(b"GET")
    other.close()
    assert sorted(setting.turn(), key=str) == sorted(
        [("started", first), ("closed", second)], key=str
    )
    assert not setting.connections.waiting(first).idle
    assert setting.connections.waiting(third).idle


def test_one_that_a_thread_gives_back_is_watched_again(setting: Setting) -> None:
    setting.idle.begin(setting.selector)
    ours, client = setting.connect()
    setting.connections.waiting(ours).idle = True
    setting.idle.give_back(ours)
    assert setting.turn() == []
    client.sendall(b"GET")
    assert setting.turn() == [("started", ours)]


def test_one_that_was_closed_while_it_came_back_is_forgotten(setting: Setting) -> None:
    setting.idle.begin(setting.selector)
    ours, _ = setting.connect()
    setting.connections.waiting(ours).idle = True
    setting.idle.give_back(ours)
    setting.idle.drop(ours)  # to make room
    assert setting.turn() == []


def test_one_that_is_silent_for_too_long_is_closed(setting: Setting) -> None:
    setting.idle.begin(setting.selector)
    ours, _ = setting.connect()
    setting.idle.add(ours)
    assert 0 < (setting.idle.patience() or 0) <= IDLE_SECONDS
    setting.connections.waiting(ours).since -= IDLE_SECONDS
    assert setting.turn() == [("closed", ours)]
    assert setting.idle.patience() is None


def test_at_the_end_what_was_sent_is_answered_and_the_rest_closed(setting: Setting) -> None:
    setting.idle.begin(setting.selector)
    (new, _), (sends, client), (silent, _) = (setting.connect() for _ in range(3))
    for one in (new, sends, silent):
        setting.idle.add(one)
    for one in (sends, silent):
        setting.connections.waiting(one).is_new = False
    client.sendall(b"GET")
    setting.idle.end(60)
    assert setting.done == [("started", new), ("started", sends), ("closed", silent)]


def test_with_a_shelf_all_are_left_to_the_next_process(setting: Setting) -> None:
    one, other = socket.socketpair()
    setting.idle.shelf = Shelf([one.detach(), other.detach()])
    setting.stack.callback(setting.idle.shelf.close)
    (first, client), (late, _) = setting.connect(), setting.connect()
    setting.idle.begin(setting.selector)
    setting.idle.add(first)
    setting.idle.end(60)
    setting.idle.give_back(late)
    assert setting.done == [("left", first), ("left", late)]
    client.sendall(b"for the next")
    taken = setting.idle.shelf.take()
    for connection in taken:
        setting.stack.enter_context(connection)
    assert len(taken) == 2
    assert taken[0].recv(100) == b"for the next"
    assert not taken[0].get_inheritable()
    assert setting.idle.shelf.take() == []
