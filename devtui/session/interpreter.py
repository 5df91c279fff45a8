"""A Python interpreter, started to be a server process, that waits for its orders.

The program starts the first one before it has read its own command line, so this module must cost
next to nothing to import: it takes the standard library's smallest parts alone.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# `-c` puts the current folder first in sys.path, where a file of the user's could stand in for a
# module of ours. The app's folder is put there by the loader, after we are imported. The last
# line finds devtui where the session itself found it, which need not be site-packages.
_BOOT = """\
import sys
sys.path[:] = [entry for entry in sys.path if entry]
try:
    import devtui
except ImportError:
    sys.path.append({root!r})
from devtui.server.main import main
sys.argv[:] = sys.argv[1:]
main({channel}, {generation})
"""

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Interpreter:
    """The process and our ends of its channel, its standard output and its standard error.

    It starts with `environment`, and with `arguments` as its `sys.argv`. Who takes it on sets
    `taken`, and then has to end it. Raises `OSError` where the system has no room for it.
    """

    def __init__(
        self, generation: int, environment: Mapping[str, str], arguments: Sequence[str]
    ) -> None:
        self.generation = generation
        self.taken = False
        self.channel, theirs = socket.socketpair()
        self.channel.setblocking(False)
        self.stdout, out_write = os.pipe()
        self.stderr, err_write = os.pipe()
        boot = _BOOT.format(root=_ROOT, channel=theirs.fileno(), generation=generation)
        try:
            self.popen = subprocess.Popen(
                [sys.executable, "-c", boot, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out_write,
                stderr=err_write,
                env=environment,
                pass_fds=(theirs.fileno(),),
            )
        except BaseException:
            self._close()
            raise
        finally:
            theirs.close()
            os.close(out_write)
            os.close(err_write)

    def discard(self) -> None:
        """Kill and reap it, where nobody has taken it on; what it said is lost."""
        if self.taken:
            return
        self.taken = True
        self.popen.kill()
        self.popen.wait()
        self._close()

    def _close(self) -> None:
        self.channel.close()
        os.close(self.stdout)
        os.close(self.stderr)
