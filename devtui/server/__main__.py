"""The script of a server process: `python .../devtui/server/__main__.py 4 1 ...` in `ps`."""

import sys

if __name__ == "__main__":
    # Python puts the script's folder first in sys.path, unless an option forbids it. Remove it
    # before any import, because the modules in it have common names. An empty entry of PYTHONPATH
    # would let a file in the current folder replace a module of ours. The third argument begins
    # with the folder in which the session found devtui, which need not be site-packages. If more
    # folders follow, this is the project's Python, which may have some other devtui.
    if not getattr(sys.flags, "safe_path", sys.flags.isolated):
        del sys.path[0]
    root, *fallbacks = sys.argv[3].split(":")
    sys.path[:] = [root, *filter(None, sys.path)] if fallbacks else [*filter(None, sys.path), root]

    # Make `__main__` look to the app as with `python -c`. Otherwise a process that multiprocessing
    # starts would run this file again.
    globals().update(__doc__=None, __loader__=sys.__loader__)
    for name in ("__file__", "__cached__", "root", "fallbacks", "name"):
        globals().pop(name, None)

    from devtui.server.boot import main

    main()
