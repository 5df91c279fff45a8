"""Hand over to the devtui that is installed in the project's own environment."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from devtui.interpreters.environment import Environment

# Says to the program that takes over that it must not hand over again.
_MARK = "DEVTUI_HANDED_OVER"


def came_from_another() -> bool:
    """Whether another devtui has handed over to this one; the app must not see how."""
    return os.environ.pop(_MARK, None) is not None


def hand_over(environment: Environment, options: Sequence[str]) -> NoReturn:
    """Become the environment's devtui, with the same arguments.

    `options` are those of our Python, which are meant for the app.
    """
    os.environ[_MARK] = "1"
    script = os.path.join(environment.prefix, "bin", "devtui")
    program = [script] if os.path.isfile(script) else ["-m", "devtui"]
    python = environment.python
    command = [python, *options, *program, *sys.argv[1:]]
    os.execv(python, command)  # noqa: S606 - no shell reads it
