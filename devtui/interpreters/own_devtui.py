"""Hand over to the devtui that is installed in the project's own environment."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from devtui.interpreters.python_environment import Environment

# Tells the program that takes over not to hand over again.
_MARK = "DEVTUI_HANDED_OVER"


class _Program:
    """This process. It may become another program only if it is the program `devtui`."""

    may_hand_over = False


def is_the_program() -> None:
    """Note that this process is the program `devtui`, maybe after another one has handed over."""
    # The app must not see the variable.
    _Program.may_hand_over = os.environ.pop(_MARK, None) is None


def hand_over_if_possible(environment: Environment, options: Sequence[str]) -> None:
    """Become the environment's devtui if it has one, with the same arguments.

    `options` are those of our Python, which are meant for the app. Return only if it has
    none. Raises `OSError`.
    """
    if not (_Program.may_hand_over and environment.has_devtui):
        return
    os.environ[_MARK] = "1"
    script = os.path.join(environment.prefix, "bin", "devtui")
    program = [script] if os.path.isfile(script) else ["-m", "devtui"]
    python = environment.python
    command = [python, *options, *program, *sys.argv[1:]]
    os.execv(python, command)  # noqa: S606 - no shell reads it
