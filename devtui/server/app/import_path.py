"""Import the module that the user's path means, by Flask's rules."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import sys
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import msgspec

from devtui.server.app.spec import AppNotFound
from devtui.server.guest.own_code import is_own

_MAX_LISTED = 5

# The packages that `import flask` imports from outside the standard library.
_FLASK_S = frozenset(
    {"flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "click", "blinker", "dotenv"}
)


class Target(msgspec.Struct, frozen=True):
    """Which module to import, and from where.

    `base` is the folder that goes to the front of `sys.path`, `parts` the module's dotted name.
    `file` is the file that the user named, if it was a file and not a module's name. `added` is
    true if folders with an `__init__.py` were added to the name as packages.
    """

    base: str
    parts: tuple[str, ...]
    file: str | None = None
    added: bool = False

    @property
    def name(self) -> str:
        """The module's full dotted name."""
        return ".".join(self.parts)


def locate(path: str, folder: str) -> Target:
    """Return the module that `path` means, seen from `folder`. Import nothing.

    Folders with an `__init__.py` above a file are its packages, so it is imported under its full
    name. Links are resolved. Raise `AppNotFound` if `path` names a missing file.
    """
    full = os.path.realpath(os.path.join(folder, path))
    is_file = full.endswith(".py") and os.path.isfile(full)
    location = full.removesuffix(".py") if is_file else full
    if is_file:
        _check_name(full)
    elif os.path.basename(path) != path or path.endswith(".py"):
        _check_there(full)
    if os.path.basename(location) == "__init__":
        location = os.path.dirname(location)
    base, name = os.path.split(location)
    names = name.split(".")
    typed = len(names)
    if _is_there(os.path.join(base, names[0])):
        while os.path.isfile(os.path.join(base, "__init__.py")) and os.path.dirname(base) != base:
            base, name = os.path.split(base)
            names.insert(0, name)
    return Target(base, tuple(names), full if is_file else None, added=len(names) > typed)


def import_target(target: Target) -> ModuleType:
    """Import the module, its packages first.

    Raise `AppNotFound` if there is no such module, or if another one hides it. Pass on what the
    user's code raises at import, an ImportError too.
    """
    look_first_in(target.base)
    for length in range(1, len(target.parts) + 1):
        name = ".".join(target.parts[:length])
        spec = _find(name, target)
        if spec is None:
            raise AppNotFound(_missing(target, length))
        _check_not_hidden(spec, target, length)
        try:
            # Unlike importlib.import_module, this leaves no frames of importlib in tracebacks.
            # With our namespace it asks for an installed app as if the user's code had.
            __import__(name, None if is_own(spec.origin or "") else globals())
        except ImportError as error:
            _tell_name(error, target)
            raise
    return sys.modules[target.name]


def look_first_in(base: str) -> None:
    """Put the folder in front of `sys.path`, as the app's modules are found in it."""
    import_what_flask_has(base)
    if not sys.path or sys.path[0] != base:
        sys.path.insert(0, base)
    importlib.invalidate_caches()


def import_from_outside(name: str) -> Any:
    """Import an installed module as if the user's code had; the next reload imports it ahead."""
    __import__(name, globals())
    return sys.modules[name]


def import_what_flask_has(base: str) -> None:
    """Import Flask's own libraries, if modules in the folder have the names of some of them.

    `flask run` has imported them before the project's folder comes first in the search path. So a
    project with a `click.py` works there, although nobody can import that file by its name.
    """
    if _FLASK_S.isdisjoint(_modules_in(base)) or importlib.util.find_spec("flask") is None:
        return
    with suppress(ImportError):  # leave a broken one to the app, if it imports it at all
        importlib.import_module("flask.cli")


def _tell_name(error: ImportError, target: Target) -> None:
    """Add to an error the name under which the file was imported, if that may surprise."""
    if not target.added:
        return
    package = os.path.join(target.base, target.parts[0], "__init__.py")
    note = (
        f"It was raised while importing {target.name!r}: because of {package!r} the module is part "
        f"of the package {target.parts[0]!r}, and Python looks for its imports in {target.base!r}."
    )
    _add_note(error, note)


def advise(error: BaseException, advice: str, folder: str) -> str:
    """Add to an error what to type if a module is not installed; return that text.

    `advice` has a placeholder for the module. A module in the project's folder is not installed.
    """
    if not advice or not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    name = error.name.partition(".")[0]
    if _is_there(os.path.join(folder, name)):
        return ""
    try:
        if importlib.util.find_spec(name) is not None:
            return ""  # it is there, but a submodule is missing
    except (ImportError, ValueError):
        return ""
    note = advice.replace("{module}", name)
    _add_note(error, note)
    return note


def _add_note(error: BaseException, note: str) -> None:
    notes = getattr(error, "__notes__", None)
    if not isinstance(notes, list):
        notes = error.__notes__ = []
    if note not in notes:
        notes.append(note)


def _is_there(location: str) -> bool:
    return os.path.isfile(f"{location}.py") or os.path.isdir(location)


def _check_name(file: str) -> None:
    stem = os.path.basename(file).removesuffix(".py")
    if "." in stem:
        raise AppNotFound(
            f"{file!r} cannot be imported, because of the dot in {stem!r}; "
            f"rename it, to {stem.replace('.', '_') + '.py'!r} for example."
        )


def _check_there(location: str) -> None:
    """Check that a typed path exists. A dotted name may follow the folder."""
    parent, name = os.path.split(location)
    if not os.path.isdir(parent):
        raise AppNotFound(f"There is no folder {parent!r} to look for {name!r} in.")
    if not name.endswith(".py") and _is_there(os.path.join(parent, name.partition(".")[0])):
        return
    wanted = f"{name.removesuffix('.py')}.py"
    if os.path.isfile(location):
        raise AppNotFound(
            f"The file {location!r} is not a Python module: its name does not end in .py."
        )
    files = [f"{module}.py" for module in _modules_in(parent, packages=False)]
    raise AppNotFound(
        f"There is no file {os.path.join(parent, wanted)!r}{_suggestion(wanted, files)}"
    )


def _find(name: str, target: Target) -> ModuleSpec | None:
    """Return the spec of a module whose parents are imported."""
    parent = name.rpartition(".")[0]
    if parent and not hasattr(sys.modules[parent], "__path__"):
        child = name[len(parent) + 1 :]
        raise AppNotFound(
            f"{parent!r} is a module, not a package, so there is no module {target.name!r} in it; "
            f"for its attribute type {parent}:{child}."
        )
    if not name.rpartition(".")[2]:
        raise AppNotFound(
            f"{target.name!r} is not a module's name; type it without dots at its ends."
        )
    try:
        return importlib.util.find_spec(name)
    except ValueError:  # it was imported without a spec
        module = sys.modules[name]
        return ModuleSpec(name, None, origin=getattr(module, "__file__", None))


def _check_not_hidden(spec: ModuleSpec, target: Target, length: int) -> None:
    """Check that Python found the module in the folder, and not a namesake."""
    location = os.path.join(target.base, *target.parts[:length])
    files = [os.path.join(location, "__init__.py"), f"{location}.py"]
    wanted = next((file for file in files if os.path.isfile(file)), None)
    if length == len(target.parts) and target.file is not None:
        wanted = target.file
    if wanted is None:
        return
    wanted, found = os.path.realpath(wanted), spec.origin
    if found is not None and os.path.isabs(found):
        found = os.path.realpath(found)
        # An extension module or a lone .pyc beside the source is fine.
        beside = os.path.dirname(found) == os.path.dirname(wanted)
        if found == wanted or (beside and not found.endswith(".py")):
            return
    where = "is built into Python" if found in (None, "built-in", "frozen") else f"is {found!r}"
    raise AppNotFound(
        f"{wanted!r} cannot be imported: another module of the same name, {spec.name!r}, hides it, "
        f"and that one {where}. Rename yours."
    )


def _missing(target: Target, length: int) -> str:
    name = ".".join(target.parts[:length])
    folder = os.path.join(target.base, *target.parts[: length - 1])
    prefix = "".join(f"{part}." for part in target.parts[: length - 1])
    siblings = [prefix + module for module in _modules_in(folder)]
    installed = ", nor is one installed" if length == 1 else ""
    return f"There is no module {name!r} in {folder!r}{installed}{_suggestion(name, siblings)}"


def _modules_in(folder: str, *, packages: bool = True) -> list[str]:
    """Return the modules and packages in a folder, none if it cannot be read."""
    try:
        entries = sorted(os.listdir(folder))
    except OSError:
        return []
    modules = [entry[:-3] for entry in entries if entry.endswith(".py") and entry != "__init__.py"]
    if packages:
        inits = ((entry, os.path.join(folder, entry, "__init__.py")) for entry in entries)
        modules += [entry for entry, init in inits if os.path.isfile(init)]
    return modules


def _suggestion(wanted: str, existing: list[str]) -> str:
    """End a sentence about a missing name: with a similar one, or with those that exist."""
    close = difflib.get_close_matches(wanted, existing, n=3)
    if close:
        return f"; did you mean {' or '.join(map(repr, close))}?"
    if existing:
        more = " and others" if len(existing) > _MAX_LISTED else ""
        return f"; found: {', '.join(map(repr, existing[:_MAX_LISTED]))}{more}."
    return "; there is no Python module there at all."
