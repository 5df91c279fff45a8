"""The size of the terminals of server processes."""

from __future__ import annotations

import os
import pty
import struct

import pytest

from devtui.session.terminal import app_tty
from devtui.session.terminal.app_tty import AppTty
from devtui.session.terminal.window import LEAST_COLUMNS, Window


class Sized:
    """Stands in for a terminal."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def fit(self, size: bytes) -> None:
        lines, columns, _, _ = struct.unpack("HHHH", size)
        self.sizes.append((columns, lines))


def test_all_terminals_get_the_size_and_each_change_of_it() -> None:
    window, early, late = Window(), Sized(), Sized()
    window.add(early)
    assert early.sizes == []
    window.show(100, 40)
    window.show(100, 40)
    window.add(late)
    window.show(60, 20)
    assert early.sizes == late.sizes == [(100, 40), (60, 20)]


def test_there_is_always_some_room() -> None:
    window, terminal = Window(), Sized()
    window.add(terminal)
    window.show(-5, 0)
    assert terminal.sizes == [(LEAST_COLUMNS, 1)]


async def test_a_loan_has_the_real_size_and_the_log_its_own_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = Window()
    monkeypatch.setattr(app_tty, "window", window)
    window.show(77, 33)
    master, slave = pty.openpty()
    tty = AppTty(master, slave, os.getpid())
    tty.attach(lambda line: None, lambda reader: None, lambda: None)
    assert os.get_terminal_size(slave) == (77, 33)
    tty.lend(lambda data: None, for_program=False)
    tty.set_size(struct.pack("HHHH", 50, 200, 0, 0))
    window.show(66, 22)
    assert os.get_terminal_size(slave) == (200, 50)
    tty.take_back()
    assert os.get_terminal_size(slave) == (66, 22)
    tty.close()
