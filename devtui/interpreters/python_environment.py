"""Learn about a Python environment, from its files if possible."""

from __future__ import annotations

import os
import sys

_FREE_THREADED = "t" if "t" in getattr(sys, "abiflags", "") else ""
_IMPLEMENTATION = "python" if sys.implementation.name == "cpython" else "pypy"

OWN_KIND = f"{_IMPLEMENTATION}{sys.version_info.major}.{sys.version_info.minor}{_FREE_THREADED}"
"""The implementation and version of our Python, in the form of the folder's name in `lib`."""

_ASK = """\
import site, sys, sysconfig
folder = sysconfig.get_path("stdlib").replace("\\\\", "/").rpartition("/")[2]
print(sys.prefix, folder, *{sysconfig.get_path(name) for name in ("purelib", "platlib")}, sep="\\n")
"""
_ASK_SECONDS = 20


class NoSuchPython(Exception):
    """The interpreter cannot be used; the text is a sentence for the user."""


class Environment:
    """A Python with its packages.

    `python` is its program and `prefix` its folder. `kind` is like `OWN_KIND`. `packages` are the
    folders of its packages, and `names` what is in them.
    """

    def __init__(self, python: str, prefix: str, kind: str, packages: list[str]) -> None:
        self.python = python
        self.prefix = prefix
        self.kind = kind
        self.packages = packages
        self.names = [name for folder in packages for name in _names_in(folder)]

    @property
    def has_devtui(self) -> bool:
        """Whether devtui is installed in it."""
        return self.version_of("devtui") is not None

    def version_of(self, package: str) -> tuple[int, ...] | None:
        """Return the version of an installed package in numbers, None if it is not installed."""
        for name in self.names:
            stem, dash, version = name.removesuffix(".dist-info").partition("-")
            if dash and name.endswith(".dist-info") and stem.lower() == package:
                return tuple(int(part) for part in version.split(".") if part.isdecimal())
        return None


def in_folder(prefix: str) -> Environment | None:
    """Return the environment in a folder, None if there is none.

    Raises `NoSuchPython` if its Python is gone.
    """
    is_conda = os.path.isdir(os.path.join(prefix, "conda-meta"))
    if not (is_conda or os.path.isfile(os.path.join(prefix, "pyvenv.cfg"))):
        return None
    for name in ("python", "python3", "pypy3"):
        python = os.path.join(prefix, "bin", name)
        if os.access(python, os.X_OK):
            break
        if os.path.islink(python):
            raise NoSuchPython(
                f"The Python of {prefix} is gone: {python} points to {os.readlink(python)}, which "
                "cannot be run. Create the environment again, or name another Python with --python."
            )
    else:
        return None
    found = [
        (name, packages)
        for name in _names_in(os.path.join(prefix, "lib"))
        if name.startswith(("python3.", "pypy3."))
        and not os.path.islink(os.path.join(prefix, "lib", name))
        and os.path.isdir(packages := os.path.join(prefix, "lib", name, "site-packages"))
    ]
    if len(found) != 1:
        return of_program(python)
    return Environment(python, prefix, found[0][0], [found[0][1]])


def of_program(python: str) -> Environment:
    """Run an interpreter to learn its environment. Raises `NoSuchPython`."""
    import subprocess  # seldom needed, and it takes time

    try:
        done = subprocess.run(  # noqa: S603 - the user has named it, or made the environment
            [python, "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ASK_SECONDS,
            check=True,
        )
        prefix, kind, *packages = done.stdout.splitlines()
    except (OSError, ValueError, subprocess.SubprocessError):
        raise NoSuchPython(
            f"{python!r} is not a Python that can be run: name another one."
        ) from None
    return Environment(python, prefix, kind, packages)


def is_own(prefix: str) -> bool:
    """Whether the folder is the environment that devtui runs in."""
    return os.path.realpath(prefix) == os.path.realpath(sys.prefix)


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
