"""Let an app make itself the leader of its process group, as it can under a shell.

A program that a shell has started leads its group already, and a call of `os.setpgrp()` changes
nothing. The server process leads a session too, so the kernel refuses any such call with EPERM.
"""

from __future__ import annotations

import os
from functools import wraps


def allow_what_is_so() -> None:
    """Accept a call that asks for the group which the process already leads."""
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
