"""Say in one sentence what to type if an environment cannot run the app in devtui."""

from __future__ import annotations

import os
import sys

from devtui.interpreters.python_environment import OWN_KIND, Environment

# What devtui needs of libraries that the project may have itself; see pyproject.toml.
LOWEST = {"msgspec": (0, 19), "werkzeug": (2, 2)}

_MAX_BYTES = 1024 * 1024


def problem(environment: Environment, folder: str, arguments: list[str]) -> str:
    """Say why the environment cannot run our server process; empty if it can."""
    python = _short(environment.python, folder)
    if environment.kind != OWN_KIND:
        return (
            f"The app's Python ({python}) is {_words(environment.kind)}, and devtui was installed "
            f"for {_words(OWN_KIND)}, so it cannot add what is missing there. "
            f"{_install_devtui(environment, folder, arguments)}"
        )
    for package, lowest in LOWEST.items():
        version = environment.version_of(package)
        if version is not None and version < lowest:
            has, needs = (".".join(map(str, one)) for one in (version, lowest))
            return (
                f"The app's Python ({python}) has {package} {has}, and devtui needs {needs} or "
                f"newer. Type: {_install(f'{package}>={needs}', environment, folder)}"
            )
    return ""


def for_missing_module(environment: Environment, folder: str) -> str:
    """Say what to type if the app imports a module that is not there, called `{module}`."""
    python = _short(environment.python, folder)
    return (
        f"{python} runs the app and has no {{module}}. "
        f"Type: {_install('{module}', environment, folder)}"
    )


def for_project_without(folder: str, arguments: list[str]) -> str:
    """Say the same for devtui's own Python, which runs a project that has no environment."""
    words = (
        "devtui has found no environment of this project (--python, an active one, .venv or venv), "
        "and the Python that it is installed in has no {module}. "
    )
    if _is_of_uv(folder):
        return f"{words}Type: uv run --with devtui {_typed(arguments)}"
    if _is_of_poetry(folder):
        return f"{words}Type: poetry run {_typed(arguments)}"
    make = "python3 -m venv .venv && .venv/bin/python -m pip install {module}"
    if _is_tool():
        return f"{words}Type: {make}"
    return f"{words}Type: {_short(sys.executable, folder)} -m pip install {{module}}   or: {make}"


def _install_devtui(environment: Environment, folder: str, arguments: list[str]) -> str:
    typed = f"Type: {_install('devtui', environment, folder, dev=True)}"
    if _is_of_uv(folder):
        typed += f"   or, only for now: uv run --with devtui {_typed(arguments)}"
    return typed


def _install(package: str, environment: Environment, folder: str, *, dev: bool = False) -> str:
    """Return the command that installs a package where the project's are."""
    quoted = f"'{package}'" if ">" in package else package
    is_in_project = environment.prefix.startswith(os.path.join(_root(folder), ""))
    if is_in_project and _is_of_uv(folder):
        return f"uv add {'--dev ' if dev else ''}{quoted}"
    if _is_of_poetry(folder):
        return f"poetry add {'--group dev ' if dev else ''}{quoted}"
    python = _short(environment.python, folder)
    if "pip" in environment.names:
        pip = os.path.join(os.path.dirname(environment.python), "pip")
        if os.access(pip, os.X_OK):
            return f"{_short(pip, folder)} install {quoted}"
        return f"{python} -m pip install {quoted}"
    return f"uv pip install --python {python} {quoted}"


def _root(folder: str) -> str:
    """Return the project's folder, which has a `pyproject.toml`, or this one."""
    place = folder
    while not os.path.isfile(os.path.join(place, "pyproject.toml")):
        above = os.path.dirname(place)
        if above == place:
            return folder
        place = above
    return place


def _is_tool() -> bool:
    """Whether uv or pipx has made our environment for devtui alone."""
    names = ("uv-receipt.toml", "pipx_metadata.json")
    return any(os.path.isfile(os.path.join(sys.prefix, name)) for name in names)


def _is_of_uv(folder: str) -> bool:
    return os.path.isfile(os.path.join(_root(folder), "uv.lock"))


def _is_of_poetry(folder: str) -> bool:
    from devtui import project_file  # takes time, and is seldom needed

    root = _root(folder)
    if os.path.isfile(os.path.join(root, "poetry.lock")):
        return True
    try:
        return b"poetry" in project_file.read(os.path.join(root, "pyproject.toml"), _MAX_BYTES)
    except OSError:
        return False


def _typed(arguments: list[str]) -> str:
    """Return our own command line as it was typed."""
    import shlex

    return shlex.join(["devtui", *arguments])


def _short(path: str, folder: str) -> str:
    inside = os.path.join(folder, "")
    if path.startswith(inside):
        return path.removeprefix(inside)
    home = os.path.join(os.path.expanduser("~"), "")
    return f"~/{path.removeprefix(home)}" if path.startswith(home) else path


def _words(kind: str) -> str:
    name = "PyPy" if kind.startswith("pypy") else "Python"
    version = kind.removeprefix("pypy").removeprefix("python")
    return f"{name} {version.removesuffix('t')}{' free-threaded' if version.endswith('t') else ''}"


def shown(environment: Environment, folder: str) -> str:
    """Return the environment's name for the header: its folder, or else its program."""
    if os.path.isfile(os.path.join(environment.prefix, "pyvenv.cfg")):
        return _short(environment.prefix, folder)
    return _short(environment.python, folder)
