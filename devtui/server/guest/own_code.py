"""Which code is the user's own, and not a library's, Python's or ours."""

from __future__ import annotations

import os
import sys
from functools import cache, lru_cache

# What a tree of installed packages is called; a virtual environment may lie inside the project.
_INSTALLED = frozenset({"site-packages", "dist-packages"})

# What a tree is called that installers keep packages in, for several environments.
_CACHES = frozenset({".cache", "Caches"})

# The modules that are not the user's, by name, of those that `own_sources` has seen.
_others: dict[str, object] = {}

_US = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@lru_cache(maxsize=16_384)
def is_own(file: str) -> bool:
    """Whether a file, or a folder, is the user's own code.

    Takes what frames and modules call their file: `<string>` and frozen modules are nobody's.
    What is installed in editable mode, also by a link among the installed packages, or lies in a
    folder beside the project, is the user's.
    A relative name counts where such a file exists. Cached, as it is asked for every frame.
    """
    if not file or file.startswith("<"):
        return False
    if not os.path.isabs(file):
        if not os.path.exists(file):
            return False
        file = os.path.abspath(file)
    path = os.path.normpath(file)
    if not _INSTALLED.isdisjoint(path.split(os.sep)):
        path = _linked_from_installed(path)
        if not path:
            return False
    return not f"{path}{os.sep}".startswith(_foreign_folders())


def own_sources() -> tuple[str, ...]:
    """The files of all loaded modules that are the user's own: absolute and sorted.

    What is known to be another's is not looked at again: there may be thousands, and a reload
    waits for this.
    """
    own = set()
    for name, module in list(sys.modules.items()):
        if _others.get(name) is module:
            continue
        file = file_of(module)
        # Hundreds of modules lie in a few folders, and what is true of one is kept.
        if file and is_own(_folder_to_ask_about(file)):
            own.add(os.path.abspath(file))
        else:
            _others[name] = module
    return tuple(sorted(own))


def _folder_to_ask_about(file: str) -> str:
    folder = os.path.dirname(file)
    alone = os.path.basename(folder) in _INSTALLED  # a module that may be a link by itself
    return folder if os.path.isabs(file) and not alone else file


def _linked_from_installed(path: str) -> str:
    """Where a link among the installed packages leads to; empty if it stays among such.

    Some installers link each package to a cache of theirs.
    """
    parts = path.split(os.sep)
    last = max(number for number, part in enumerate(parts) if part in _INSTALLED)
    top = os.sep.join(parts[: last + 2])
    if not _is_link(top):
        return ""
    real = os.path.join(os.path.realpath(top), *parts[last + 2 :])
    return real if _INSTALLED.union(_CACHES).isdisjoint(real.split(os.sep)) else ""


@cache
def _is_link(path: str) -> bool:
    return os.path.islink(path)


def file_of(module: object) -> str:
    """The `__file__` of a module or of its namespace, empty where there is none.

    Runs no code of what else may stand in sys.modules.
    """
    if isinstance(module, dict):
        namespace: object = module
    else:
        try:
            namespace = object.__getattribute__(module, "__dict__")
        except AttributeError:
            return ""
    file = namespace.get("__file__") if isinstance(namespace, dict) else None
    return file if isinstance(file, str) else ""


@cache
def _foreign_folders() -> tuple[str, ...]:
    """The standard library and devtui itself, under the names by which they may be known."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # What sysconfig calls `stdlib` and `platstdlib`; to ask it takes as long as ten modules.
    prefixes = (sys.base_prefix, sys.base_exec_prefix)
    folders = {os.path.join(prefix, sys.platlibdir, version) for prefix in prefixes}
    folders |= {os.path.dirname(os.__file__), _US}
    folders |= {os.path.realpath(folder) for folder in folders}
    return tuple(sorted(os.path.join(folder, "") for folder in folders))
