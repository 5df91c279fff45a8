"""The `devtui` program, also run as `python -m devtui`.

Start the first server process before importing anything else: it imports its modules while this
process reads the command line, so the app answers as early as under `flask run`.
"""

import os
import sys

if __name__ == "__main__" and __spec__ is not None and not getattr(sys.flags, "safe_path", False):
    # `-m` puts the current folder first on the path, where a file could replace any module that we
    # import. For `devtui` itself this comes too late; `python -P -m devtui` protects that as well.
    del sys.path[0]

# These options serve nothing.
_WITHOUT_SERVER = frozenset({"--help", "--version", "--who"})


# Set by a shell that wants completions, at each press of TAB.
_COMPLETION = "_DEVTUI_COMPLETE"


def main() -> None:
    """Run the program; raises `SystemExit` with its status."""
    if sys.argv[1:2] == ["ctl"] and _COMPLETION not in os.environ:
        from devtui.control.client.ctl import main as ctl  # which has to start fast

        ctl(sys.argv[2:])
    from devtui.session.processes.spawn import Interpreter

    interpreter = None
    if _WITHOUT_SERVER.isdisjoint(sys.argv) and _COMPLETION not in os.environ:
        try:
            interpreter = Interpreter(1, dict(os.environ), sys.argv)
        except OSError as error:
            sys.exit(f"devtui could not start the server process: {error}")
    try:
        from devtui.cli.command import command

        command(prog_name="devtui", obj=interpreter)
    except Exception as error:
        from devtui.broken_library import exit_if_broken

        exit_if_broken(error)
        raise
    finally:
        if interpreter is not None:
            interpreter.discard()


if __name__ == "__main__":
    main()
