"""The `devtui` program, also as `python -m devtui`.

The first server process is started before anything else is imported: it gets its own modules
ready while the command line is read here, so that the app answers as soon as under `flask run`.
"""

import os
import sys

from devtui.session.interpreter import Interpreter

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
        from devtui.cli import command

        command(prog_name="devtui", obj=interpreter)
    finally:
        if interpreter is not None:
            interpreter.discard()


if __name__ == "__main__":
    main()
