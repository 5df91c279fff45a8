"""Find what a folder offers as a WSGI application, without importing anything."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator

from devtui import project_file

MAX_FILES = 200
"""The most files to look at."""

MAX_BYTES = 256 * 1024
"""The largest file to look at."""

MAX_FOUND = 9
"""The most names to offer."""

# Classes and functions that make an application, by the end of their names.
_MAKERS = ("Flask", "Bottle", "Falcon", "App", "Dash", "get_wsgi_application", "make_wsgi_app")
_FACTORIES = ("create_app", "make_app")
# Flask tries these itself, so the module's name is enough.
_USUAL = ("app", "application", *_FACTORIES)


def find(folder: str) -> list[str]:
    """Return names for `devtui NAME`, those in the folder itself first. It reads files."""
    found: list[str] = []
    for module, path in _modules(folder):
        found += _names(module, path)
        if len(found) >= MAX_FOUND:
            break
    return found[:MAX_FOUND]


def _modules(folder: str) -> Iterator[tuple[str, str]]:
    """Yield modules of the folder, then those of its packages, with their files."""
    packages = []
    left = MAX_FILES
    for entry in _entries(folder):
        if left <= 0:
            return
        module, suffix = os.path.splitext(entry.name)
        if suffix == ".py" and module.isidentifier() and entry.is_file():
            left -= 1
            yield module, entry.path
        elif entry.name.isidentifier() and entry.is_dir():
            packages.append(entry)
    for package in packages:
        for file in ("__init__.py", "wsgi.py", "app.py"):
            path = os.path.join(package.path, file)
            if left > 0 and os.path.isfile(path):
                left -= 1
                yield package.name + ("" if file == "__init__.py" else f".{file[:-3]}"), path


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _names(module: str, path: str) -> Iterator[str]:
    """Yield names for the applications that a file makes at its top level."""
    try:
        source = project_file.read(path, MAX_BYTES + 1)
        if len(source) > MAX_BYTES:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the user wrote
            tree = ast.parse(source)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    names = list(_made(tree))
    if any(name in _USUAL for name in names):
        yield module
        return
    yield from (f"{module}:{name}" for name in names)


def _made(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in _FACTORIES:
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            maker = ast.unparse(node.value.func).rpartition(".")[2]
            if maker in _MAKERS:
                yield from (each.id for each in node.targets if isinstance(each, ast.Name))
