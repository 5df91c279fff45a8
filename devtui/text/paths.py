"""Shorten paths for people."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import PurePath

_PACKAGES_FOLDER = re.compile(r".*[/\\](?:site|dist)-packages[/\\](.+)", re.S)
_PYTHON_FOLDER = re.compile(r".*[/\\](?:python3[^/\\]*|Python3\d+[/\\]Lib)[/\\](.+)", re.S)

_LIBRARY = re.compile(r"[/\\](?:site|dist)-packages[/\\]|[/\\]lib(?:64)?[/\\]python3\.\d+t?[/\\]")

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def is_library(path: str) -> bool:
    """Whether a path in a printed traceback is not the user's own: installed, ours, or no file."""
    return path.startswith(("<", _OURS)) or _LIBRARY.search(path) is not None


def short_path(path: str) -> str:
    """Shorten a path: relative to the working folder, site-packages or the home folder."""
    packages = _PACKAGES_FOLDER.match(path)
    if packages is not None:
        return packages[1]
    with suppress(OSError):  # the folder was deleted
        here = os.getcwd() + os.sep
        if path.startswith(here):
            return path.removeprefix(here)
    home = os.path.expanduser("~") + os.sep
    return "~" + os.sep + path.removeprefix(home) if path.startswith(home) else path


def package(file: str) -> str:
    """Name the package of a library's file: `flask`, `json`."""
    within = _PACKAGES_FOLDER.match(file) or _PYTHON_FOLDER.match(file)
    if within is None:
        return PurePath(file).stem
    return re.split(r"[/\\]", within[1])[0].removesuffix(".py")
