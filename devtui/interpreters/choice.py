"""Choose the Python that runs the app."""

from __future__ import annotations

import os
import sys

from devtui.config.trust import refusal
from devtui.interpreters.python_environment import (
    Environment,
    NoSuchPython,
    in_folder,
    is_own,
    of_program,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VARIABLE = "DEVTUI_PYTHON"

# The names that uv, poetry and people give to a project's environment.
_FOLDERS = (".venv", "venv")

# The environments that conda activates by itself; nobody has chosen one for the project.
_OF_CONDA_ITSELF = ("base", "root")


class Choice:
    """The environment that runs the app, None for devtui's own.

    `is_alone` means that it is devtui's own for lack of another: the project has none.
    `passed_over` says which environment in the folder or above cannot be used, and why.
    """

    def __init__(
        self, environment: Environment | None, *, is_alone: bool = False, passed_over: str = ""
    ) -> None:
        self.environment = environment
        self.is_alone = is_alone
        self.passed_over = passed_over


def choose(named: str | None, variables: Mapping[str, str], folder: str) -> Choice:
    """Choose the Python that was named, or the project's.

    That is our own if its path was typed, as in `path/to/python -m devtui`; else the active
    environment; else `.venv` or `venv` in the folder or above. Raises `NoSuchPython`.
    """
    if named:
        return _named(named, folder)
    if _is_typed():
        return Choice(None)
    active = [variables.get("VIRTUAL_ENV", "")]
    conda = variables.get("CONDA_PREFIX", "")
    by_itself = variables.get("CONDA_DEFAULT_ENV") in _OF_CONDA_ITSELF
    if not by_itself:
        active.append(conda)
    passed_over = ""
    beside = []
    for place in _environments_above(folder):
        if is_own(place):
            return Choice(None)  # devtui is installed in the project's environment
        beside.append(place)
    for place in active:
        if place and is_own(place):
            return Choice(None)
        if place and (found := in_folder(place)) is not None:
            return Choice(found)
    for place in beside:
        refused = _refusal(place)
        try:
            found = None if refused else in_folder(place)
        except NoSuchPython as error:  # such as one made outside of this container
            refused, found = str(error), None
        passed_over = passed_over or refused or ""
        if found is not None:
            return Choice(found, passed_over=passed_over)
    if by_itself and conda and not is_own(conda) and (found := in_folder(conda)) is not None:
        return Choice(found, passed_over=passed_over)
    return Choice(None, is_alone=True, passed_over=passed_over)


def named_in(arguments: Sequence[str], variables: Mapping[str, str]) -> str | None:
    """Return the Python that a command line names, before it is parsed."""
    for number, word in enumerate(arguments):
        if word == "--":
            break
        if word == "--python":
            return next(iter(arguments[number + 1 : number + 2]), None)
        if word.startswith("--python="):
            return word.partition("=")[2]
    return variables.get(VARIABLE) or None


def _named(named: str, folder: str) -> Choice:
    """Return the choice of a program, of an environment's folder, or of a name in PATH."""
    path = os.path.join(folder, os.path.expanduser(named))
    if os.path.isdir(path):
        found = in_folder(os.path.abspath(path))
        if found is None:
            raise NoSuchPython(f"There is no Python environment in {named!r}.")
    else:
        if os.sep not in named and not os.path.exists(path):
            from shutil import which

            path = which(named) or path
        if not os.path.isfile(path):
            raise NoSuchPython(
                f"There is no Python {named!r}: name an interpreter or an environment's folder, "
                "such as --python .venv"
            )
        path = os.path.abspath(path)
        found = in_folder(os.path.dirname(os.path.dirname(path)))
        if found is None or not os.path.samefile(found.python, path):
            found = of_program(path)
        found.python = path
    return Choice(None if _is_ours(found) else found)


def _is_ours(found: Environment) -> bool:
    return is_own(found.prefix) and os.path.samefile(found.python, sys.executable)


def _is_typed() -> bool:
    """Whether our own environment's Python was typed by its path, with `-m devtui`."""
    words = sys.orig_argv
    as_module = any(words[at : at + 2] == ["-m", "devtui"] for at in range(1, len(words)))
    return as_module and os.sep in words[0] and sys.prefix != sys.base_prefix


def _environments_above(folder: str) -> Iterator[str]:
    while True:
        for name in _FOLDERS:
            place = os.path.join(folder, name)
            if os.path.isfile(os.path.join(place, "pyvenv.cfg")):
                yield place
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _refusal(place: str) -> str | None:
    """Say why devtui does not run the Python of an environment that it found by itself."""
    try:
        refused = refusal(place, "--python") or refusal(
            os.path.join(place, "pyvenv.cfg"), "--python"
        )
    except OSError:
        return None
    return refused and refused.replace("does not read", "does not use")
