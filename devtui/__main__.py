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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from devtui.session.processes.spawn import Interpreter

# With these options nothing is served.
_WITHOUT_SERVER = frozenset({"--help", "--version", "--who"})

# Set by a shell that wants completions, at each press of TAB.
_COMPLETION = "_DEVTUI_COMPLETE"


def main() -> None:
    """Run the program; raises `SystemExit` with its status."""
    if sys.argv[1:2] == ["ctl"] and _COMPLETION not in os.environ:
        from devtui.cli.attach_command import attach
        from devtui.control.client.ctl import main as ctl  # which has to start fast

        ctl(sys.argv[2:], attach)
    interpreter = None
    if _WITHOUT_SERVER.isdisjoint(sys.argv) and _COMPLETION not in os.environ:
        interpreter = _start()
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


def _start() -> "Interpreter | None":  # no import of __future__: a file may have that name
    """Start the first server process; return None if the command line has to report a problem.

    If the project has a devtui of its own, become that.
    """
    # Not above: `devtui ctl` needs none of them.
    from devtui.interpreters.advice import problem
    from devtui.interpreters.choice import choose, named_in
    from devtui.interpreters.own_devtui import hand_over_if_possible, is_the_program
    from devtui.interpreters.python_environment import NoSuchPython
    from devtui.session.processes.spawn import Interpreter, options

    is_the_program()
    python = None
    if "--demo" not in sys.argv:
        try:
            folder = os.getcwd()
            found = choose(named_in(sys.argv[1:], os.environ), os.environ, folder).environment
        except (NoSuchPython, OSError):  # the folder may be gone
            return None
        if found is not None:
            hand_over_if_possible(found, options())
            if problem(found, folder, sys.argv[1:]):
                return None
            python = found.python
    try:
        return Interpreter(1, dict(os.environ), sys.argv, python)
    except OSError as error:
        sys.exit(f"devtui could not start the server process: {error}")


if __name__ == "__main__":
    main()
