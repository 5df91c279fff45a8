"""Never run the user's modules from a .pyc that may be out of date.

A .pyc is valid for Python if it has its source's size and time of change in whole seconds. Two
saves of equal size within one second look the same, so Python may run the first one's bytecode for
ever. The solution is that of Git for its index: do not trust bytecode written in the second of the
change, and write none so early.

Python also misses a replacement of the same size and time, as made by `rsync -a`, `cp -p` and
builds with a fixed date. But no tool can set the time at which the file system noted the change
(ctime), so bytecode must be younger than that, too.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    BuiltinImporter,
    ExtensionFileLoader,
    FileFinder,
    FrozenImporter,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import cache_from_source
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from devtui.server.app.file_notes import notes
from devtui.server.guest import own_code
from devtui.server.guest.clocks import clock
from devtui.server.guest.unnoticed import leave_no_trace, unnoticed, untraced

if TYPE_CHECKING:
    from importlib.abc import PathEntryFinder

    from _typeshed import ReadableBuffer

# File systems stamp files with a clock that may lag behind time.time() by a tick of the kernel's
# timer, at most 10 ms on Linux.
_CLOCK_LAG_SECONDS = 0.05

# The head of a .pyc (PEP 552): magic number, flags, then time and size, or a hash of the source.
_FLAGS = slice(4, 8)
_HASH_BASED = 0b1
_MODIFIED = slice(8, 12)

Executing: TypeAlias = (
    "Callable[[ModuleType], AbstractContextManager[Iterable[CodeType | None] | None]]"
)

# PathFinder asks our path hook anyway, and the others find no source files.
_OF_PYTHON = {id(finder) for finder in (BuiltinImporter, FrozenImporter, PathFinder)}


class OwnSourceLoader(SourceFileLoader):
    """Load a module from its source, or from bytecode certainly made from it.

    Leave bytecode with a hash of the source to Python: it does not depend on times.
    """

    _source_second = 0  # when the source says that it was changed, and
    _read_at = 0.0  # when we began to read it, both in seconds since the epoch
    _noted = 0  # when the file system noted the change, in nanoseconds since the epoch

    def path_stats(self, path: str) -> Mapping[str, Any]:
        """Keep the source's times, and return what the base class does."""
        notes.reading(path)
        stats = os.stat(path)
        self._source_second = int(stats.st_mtime)
        self._noted = _noted(path, stats)
        return {"mtime": stats.st_mtime, "size": stats.st_size}

    @unnoticed
    def get_data(self, path: str) -> bytes:
        """Read a file. Treat bytecode that cannot be trusted as missing."""
        if path == self.path:
            self._read_at = clock.time()
            try:
                source = super().get_data(path)
            except OSError as error:
                leave_no_trace(error)
                raise
            notes.reading(path, source)
            return source
        data = super().get_data(path)
        if (
            self._is_our_bytecode(path)
            and not _is_hash_based(data)
            and not self._is_younger(os.stat(path))
        ):
            raise FileNotFoundError(errno.ENOENT, "bytecode as old as its source", path)
        return data

    def set_data(self, path: str, data: ReadableBuffer, *, _mode: int = 0o666) -> None:
        """Write bytecode, unless the source may still change unnoticed.

        What counts is the time at which the source was read, not that of its compilation.
        """
        head = bytes(memoryview(data)[:16])
        if self._is_our_bytecode(path) and not _is_hash_based(head):
            next_second = int.from_bytes(head[_MODIFIED], "little") + 1
            changed_at = max(next_second, self._noted / 1e9)
            if self._read_at < changed_at + _CLOCK_LAG_SECONDS or self._was_replaced():
                return
        super().set_data(path, data, _mode=_mode)

    def _is_younger(self, bytecode: os.stat_result) -> bool:
        """Whether bytecode was written after the last change of the source.

        In the same second it may belong to an earlier save.
        """
        written = min(bytecode.st_mtime_ns, bytecode.st_ctime_ns)
        return int(bytecode.st_mtime) > self._source_second and written > self._noted

    def _was_replaced(self) -> bool:
        """Whether the source has changed since it was read."""
        try:
            return _noted(self.path, os.stat(self.path)) != self._noted
        except OSError:
            return True

    def _is_our_bytecode(self, path: str) -> bool:
        try:
            return path == cache_from_source(self.path)
        except NotImplementedError:  # this Python keeps no bytecode
            return False


def install(
    is_own: Callable[[str], bool] = own_code.is_own,
    executing: Executing | None = None,
) -> None:
    """From now on load source files in `is_own` folders by this module's rule.

    Execute each module within `executing(module)`, until `follow_no_more`. The block may yield
    code objects to run one after the other instead of the whole file; None means the whole file.

    Loaded modules stay. Python finds everything else in such folders as before: extension modules,
    lone .pyc files, namespace packages, and what other path hooks know, such as zip files.
    """
    if executing is not None:
        type.__setattr__(OwnSourceLoader, "exec_module", _within(executing))
    if any(isinstance(hook, _PathHook) and hook.is_own is is_own for hook in sys.path_hooks):
        return
    sys.path_hooks.insert(0, _PathHook(is_own))
    for path in filter(is_own, list(sys.path_importer_cache)):
        # Cached finders of these folders would never ask the hook.
        sys.path_importer_cache.pop(path, None)
    if not _OF_PYTHON.issuperset(map(id, sys.meta_path)):
        sys.meta_path.insert(0, _OtherFinders(is_own))


def follow_no_more() -> None:
    """From now on execute modules like Python."""
    if "exec_module" in vars(OwnSourceLoader):
        del OwnSourceLoader.exec_module


def _within(executing: Executing) -> property:
    """Wrap `exec_module` in `executing`."""

    @unnoticed
    def exec_module(self: OwnSourceLoader, module: ModuleType) -> None:
        try:
            with executing(module) as parts:
                for part in parts or (None,):
                    if part is not None:  # a method of ours would be a line in tracebacks
                        vars(self)["get_code"] = {module.__name__: part}.get
                    try:
                        SourceFileLoader.exec_module(self, module)
                    finally:
                        vars(self).pop("get_code", None)
        except BaseException as error:
            leave_no_trace(error)
            raise

    function = untraced(exec_module)
    return property(lambda self: partial(function, self))


class _PathHook:
    """Find modules in the user's own folders only."""

    def __init__(self, is_own: Callable[[str], bool]) -> None:
        self.is_own = is_own
        self._finder_for = FileFinder.path_hook(
            (ExtensionFileLoader, EXTENSION_SUFFIXES),
            (OwnSourceLoader, SOURCE_SUFFIXES),
            (SourcelessFileLoader, BYTECODE_SUFFIXES),
        )

    def __call__(self, path: str) -> PathEntryFinder:
        if not self.is_own(path):
            raise ImportError("only for the user's own code", path=path)
        return self._finder_for(path)


class _OtherFinders:
    """Use our loader for the user's modules that other finders know, too.

    Editable installs bring finders that ask no path hook. This one asks all finders, like
    Python.
    """

    def __init__(self, is_own: Callable[[str], bool]) -> None:
        self._is_own = is_own

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            find_spec = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find_spec and find_spec(name, path, target)
            if spec is not None:
                loader = spec.loader
                if type(loader) is SourceFileLoader and self._is_own(loader.path):
                    spec.loader = OwnSourceLoader(loader.name, loader.path)
                return spec
        return None


def _noted(path: str, stats: os.stat_result) -> int:
    """Return the newest ctime of the file and the link that leads to it."""
    return max(stats.st_ctime_ns, os.lstat(path).st_ctime_ns)


def _is_hash_based(data: bytes) -> bool:
    return bool(int.from_bytes(data[_FLAGS], "little") & _HASH_BASED)
