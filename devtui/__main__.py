"""The `devtui` program, also as `python -m devtui`.

The first server process is started before anything else is imported: it gets its own modules
ready while the command line is read here, so that the app answers as soon as under `flask run`.
"""

import os
import sys

if __name__ == "__main__" and __spec__ is not None and not getattr(sys.flags, "safe_path", False):
    # `-m` puts the current folder first, where a file of any name could stand in for a module that
    # we import. For `devtui` itself it is too late here: `python -P -m devtui` sees to that.
    del sys.path[0]

from devtui.session.processes.spawn import Interpreter

# With these nothing is served.
_WITHOUT_SERVER = frozenset({"--help", "--version", "--who"})


# A shell asks for the words that can be typed next, at each press of TAB.
_COMPLETION = "_DEVTUI_COMPLETE"


def main() -> None:
    """Run the program to its end; leaves by `SystemExit` with its status."""
    interpreter = None
    if _WITHOUT_SERVER.isdisjoint(sys.argv) and _COMPLETION not in os.environ:
        try:
            interpreter = Interpreter(1, dict(os.environ), sys.argv)
        except OSError as error:
            sys.exit(f"devtui: the server process could not be started: {error}")
    try:
        from devtui.cli.command import command

        command(prog_name="devtui", obj=interpreter)
    finally:
        if interpreter is not None:
            interpreter.discard()


if __name__ == "__main__":
    main()
