"""The script of a server process: `python .../devtui/server/__main__.py 4 1 ...` in `ps`."""

import sys

if __name__ == "__main__":
    # Python puts the script's folder first in sys.path, unless it was told not to. No module may
    # be imported before it is gone: its names are common ones. An empty entry of PYTHONPATH would
    # let a file in the current folder replace a module of ours. The third argument begins with
    # where the session has found devtui, which need not be site-packages. If more follows, another
    # Python is to run us, which may have some other devtui.
    if not getattr(sys.flags, "safe_path", sys.flags.isolated):
        del sys.path[0]
    root, *fallbacks = sys.argv[3].split(":")
    sys.path[:] = [root, *filter(None, sys.path)] if fallbacks else [*filter(None, sys.path), root]

    # The app finds `__main__` as with `python -c`. A process that multiprocessing starts would run
    # the file again.
    globals().update(__doc__=None, __loader__=sys.__loader__)
    for name in ("__file__", "__cached__", "root", "fallbacks", "name"):
        globals().pop(name, None)

    from devtui.server.boot import main

    main()
