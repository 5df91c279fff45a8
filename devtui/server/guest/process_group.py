"""Process groups, for an app that makes itself the leader of its own.

A program that a shell has started leads its group, and may call `os.setpgrp()` once more: nothing
changes. The server process leads a session too, and the kernel refuses any such call with EPERM.
"""

from __future__ import annotations

import os
from functools import wraps


def allow_what_is_so() -> None:
    """Let the app ask for the group that the process leads already."""
    setpgid, setpgrp = os.setpgid, os.setpgrp

    @wraps(setpgid)
    def patient_setpgid(pid: int, pgrp: int, /) -> None:
        try:
            setpgid(pid, pgrp)
        except PermissionError:
            own = os.getpid()
            if pid not in (0, own) or pgrp not in (0, own) or os.getpgrp() != own:
                raise

    @wraps(setpgrp)
    def patient_setpgrp() -> None:
        patient_setpgid(0, 0)

    os.setpgid, os.setpgrp = patient_setpgid, patient_setpgrp
