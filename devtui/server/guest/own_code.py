"""Tell the user's own code from that of libraries, Python and devtui."""

from __future__ import annotations

import os
import sys
from functools import cache, lru_cache

# Names of folders of installed packages. A virtual environment may be inside the project.
_INSTALLED = frozenset({"site-packages", "dist-packages"})

# Names of folders in which installers share packages between environments.
_CACHES = frozenset({".cache", "Caches"})

# Other people's modules that `own_sources` has seen, by name.
_others: dict[str, object] = {}

_US = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@lru_cache(maxsize=16_384)
def is_own(file: str) -> bool:
    """Whether a file, or a folder, is the user's own code.

    Accept any name that a frame or module calls its file: `<string>` and frozen modules are not the
    user's. Editable installs, links among the installed packages, and folders beside the project
    are. A relative name counts if the file exists. Cached, because every frame asks.
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


def is_ours(file: str) -> bool:
    """Whether a file is a part of devtui."""
    return file.startswith(_US + os.sep)


def own_sources() -> tuple[str, ...]:
    """Return the absolute, sorted files of all loaded modules of the user's.

    Skip modules that are known to be other people's: there may be thousands, and a reload waits.
    """
    own = set()
    for name, module in list(sys.modules.items()):
        if _others.get(name) is module:
            continue
        file = file_of(module)
        # Ask about the folder: hundreds of modules share a few, and the answer is cached.
        if file and is_own(_folder_to_ask_about(file)):
            own.add(os.path.abspath(file))
        else:
            _others[name] = module
    return tuple(sorted(own))


def _folder_to_ask_about(file: str) -> str:
    folder = os.path.dirname(file)
    alone = os.path.basename(folder) in _INSTALLED  # the module may be a link
    return folder if os.path.isabs(file) and not alone else file


def _linked_from_installed(path: str) -> str:
    """Return the target of a link among installed packages, empty if that is installed too.

    Some installers link each package to a cache.
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
    """Return the `__file__` of a module or namespace, empty if there is none.

    Run no code of other objects in sys.modules.
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
    """Return the folders of the standard library and devtui, also with links resolved."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # sysconfig's `stdlib` and `platstdlib`; importing it takes as long as ten modules.
    prefixes = (sys.base_prefix, sys.base_exec_prefix)
    folders = {os.path.join(prefix, sys.platlibdir, version) for prefix in prefixes}
    folders |= {os.path.dirname(os.__file__), _US}
    folders |= {os.path.realpath(folder) for folder in folders}
    return tuple(sorted(os.path.join(folder, "") for folder in folders))
