"""Textual's terminal driver, changed so that it survives the loss of its terminal.

Textual's own driver restarts whenever its process is continued (SIGCONT), and so at each hang-up.
Its writer thread dies at the first failed write; then a bounded queue fills and blocks the event
loop forever (textual/drivers/linux_driver.py and _writer_thread.py of 8.2).
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
    """A driver that works while its terminal exists, and never blocks when it is gone.

    When the terminal cannot be read any more, the driver sends the SIGHUP that the kernel sends
    only to session leaders.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        """`options` are those of every driver."""
        super().__init__(app, **options)
        self._file = cast(Any, _Output(cast(TextIO, self._file)))

    def resume_application_mode(self) -> None:
        """Take over the terminal again if it still exists."""
        if not os.isatty(self.fileno):
            return
        if self._key_thread is not None and self._key_thread.is_alive():
            # The terminal was never given back: SIGSTOP had stopped us, not the keyboard. This is a
            # signal handler, which must not wait for a lock of the code that it interrupts.
            self._loop.call_soon_threadsafe(self._begin_again)
        else:
            super().resume_application_mode()

    def _begin_again(self) -> None:
        self.suspend_application_mode()
        super().resume_application_mode()
        self._app.refresh(layout=True)

    def write(self, data: str) -> None:
        """Write data; drop it if the writer thread is gone, because the queue would fill."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)

    def run_input_thread(self) -> None:
        """Read keys until the driver stops or the terminal is gone."""
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
    """A terminal to write to; writes are dropped once it is gone.

    SIGHUP and `HangUpWatch` tell the app that it is gone.
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
