"""The first that a server process runs."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Be the server process that the first three arguments say, which are taken off.

    They are the channel's descriptor, the generation, and the folder that devtui lies in.
    """
    # To look for garbage while modules are imported takes a tenth of the time and finds next to
    # nothing; what they have made counts as old afterwards, as it does where the collector has
    # looked at it.
    collects = gc.isenabled()
    gc.disable()
    channel, generation, root = sys.argv[1:4]
    del sys.argv[:4]
    _leave_out_unless_needed(root)
    from devtui.server.main import main as run

    gc.freeze()
    gc.unfreeze()
    if collects:
        gc.enable()
    run(int(channel), int(generation))


def _leave_out_unless_needed(root: str) -> None:
    """Take the folder off the end of sys.path, where devtui is found without it too."""
    del sys.path[-1]
    if root not in sys.path and not any(
        finder.find_spec("devtui", None) for finder in sys.meta_path
    ):
        sys.path.append(root)
