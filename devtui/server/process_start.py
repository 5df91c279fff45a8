"""Keep the state at the start of the process, in case it must start again."""

from __future__ import annotations

import os

import msgspec

from devtui.server.guest.plain_signal import signal


class Start(msgspec.Struct, frozen=True):
    """The part of the process's state that the user's code may change."""

    environment: dict[str, str]
    folder: str
    umask: int
    ignored_signals: frozenset[int]

    @classmethod
    def now(cls) -> Start:
        """Return the current state."""
        umask = os.umask(0)
        os.umask(umask)
        return cls(dict(os.environ), _folder(), umask, _ignored_signals())

    def restore_signals(self) -> None:
        """Restore the ignored and blocked signals, which survive `execve`."""
        for number in _ignored_signals() - self.ignored_signals:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was deleted just now
        return os.curdir


def _ignored_signals() -> frozenset[int]:
    return frozenset(
        number for number in signal.valid_signals() if signal.getsignal(number) is signal.SIG_IGN
    )
