"""Start a server process."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run a server process, and remove our three arguments from `sys.argv`.

    They are the channel's descriptor, the generation, and devtui's folder. If this is the
    project's Python and not devtui's, the folders of devtui's packages follow.
    """
    # Collecting garbage takes a tenth of the time of the imports and finds next to nothing.
    # Afterwards our objects count as old, as after a collection.
    collects = gc.isenabled()
    gc.disable()
    channel, generation, folders = sys.argv[1:4]
    del sys.argv[:4]
    root, *fallbacks = folders.split(os.pathsep)
    if fallbacks:
        del sys.path[0]
        from devtui.server import fallback_modules

        fallback_modules.install(root, fallbacks)
    else:
        _leave_out_unless_needed(root)
    try:
        from devtui.server.guest import msgspec_first  # noqa: F401
        from devtui.server.main import main as run
    except Exception as error:  # a library may be half installed, and its code may raise anything
        from devtui.broken_library import sentence

        sys.exit(sentence(error))

    gc.freeze()
    gc.unfreeze()
    if collects:
        gc.enable()
    run(int(channel), int(generation))


def _leave_out_unless_needed(root: str) -> None:
    """Remove the folder from the end of sys.path if devtui is found without it."""
    del sys.path[-1]
    if root not in sys.path and not any(
        finder.find_spec("devtui", None) for finder in sys.meta_path
    ):
        sys.path.append(root)
