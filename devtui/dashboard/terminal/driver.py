"""Textual's driver of a terminal, made fit for a terminal that goes away under it.

As it is, it begins once more whenever its process is continued (SIGCONT), and so at each hang-up;
its thread that writes dies of the first write that fails; and then a bounded queue fills, and
blocks the event loop for ever (textual/drivers/linux_driver.py and _writer_thread.py of 8.2).
"""

from __future__ import annotations

import errno
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.app import App


class TerminalDriver(LinuxDriver):
    """Drives a terminal for as long as it is there, and never blocks on one that is not.

    Where the terminal can be read no more, the process gets the SIGHUP that the kernel sends to
    session leaders alone.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        """`options` are those of every driver."""
        super().__init__(app, **options)
        self._file = cast(Any, _Output(cast(TextIO, self._file)))

    def resume_application_mode(self) -> None:
        """Take over the terminal again, where it is still there."""
        if not os.isatty(self.fileno):
            return
        if self._key_thread is not None and self._key_thread.is_alive():
            # It was never given back: SIGSTOP had stopped us, and not the keyboard. This is a
            # signal's handler, where nothing may wait for a lock of what it has interrupted.
            self._loop.call_soon_threadsafe(self._begin_again)
        else:
            super().resume_application_mode()

    def _begin_again(self) -> None:
        self.suspend_application_mode()
        super().resume_application_mode()
        self._app.refresh(layout=True)

    def write(self, data: str) -> None:
        """Have data written; nothing where no thread is there to do so, since the queue fills."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)

    def run_input_thread(self) -> None:
        """Read keys until the driver stops, or the terminal goes away."""
        while True:
            try:
                super().run_input_thread()
                return
            except UnicodeDecodeError:
                continue  # a key of a terminal that does not send UTF-8: it does nothing
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                os.kill(os.getpid(), signal.SIGHUP)
                return


class _Output:
    """A terminal to write to that may go away: what is written then goes nowhere.

    Nobody is left to be told there; SIGHUP and `HangUpWatch` tell the app.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()
