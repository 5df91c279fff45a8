"""Being a job of a shell: to stop (ctrl+z), and to be continued (`fg`)."""

from __future__ import annotations

import os
import signal


def can_stop() -> bool:
    """Whether somebody is there to continue us: a process of our session that started our group.

    What a terminal's window starts itself has nobody. The kernel does not stop such an orphaned
    process group for ctrl+z either; see setpgid(2).
    """
    import psutil  # needed when somebody presses ctrl+z

    group, session = os.getpgrp(), os.getsid(0)
    pid = os.getppid()
    try:
        while pid > 0 and os.getsid(pid) == session:
            if os.getpgid(pid) != group:
                return True
            pid = psutil.Process(pid).ppid()
    except (ProcessLookupError, PermissionError, psutil.Error):
        return False  # it has ended, or another user's: nobody who would look after us
    return False


def stop() -> None:
    """Stop the whole process group, as the terminal does: what has started us stops as well."""
    os.killpg(os.getpgrp(), signal.SIGTSTP)
