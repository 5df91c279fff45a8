"""No stale bytecode: the user's modules are never run from a .pyc that may be out of date.

Python takes a .pyc for valid when it names its source's size and whole-second time of change.
Two saves of equal size within one second look the same to it, so that the first one's bytecode
may be run for ever. Git knows this trouble with its index, and the remedy is the same: what was
written within the second of the change is not trusted, and nothing is written so early.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Mapping
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import cache_from_source
from typing import TYPE_CHECKING, Any

from devtui.server import own_code

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


class OwnSourceLoader(SourceFileLoader):
    """Loads a module from its source, or from bytecode that is certainly made of this source.

    Bytecode that is checked by the source's hash is left to Python: time plays no part in it.
    """

    _source_second = 0  # when the source was changed, and
    _read_at = 0.0  # when we began to read it, both in seconds since the epoch

    def path_stats(self, path: str) -> Mapping[str, Any]:
        """As in the base class; what the source's time is, is kept."""
        stats = super().path_stats(path)
        self._source_second = int(stats["mtime"])
        return stats

    def get_data(self, path: str) -> bytes:
        """As in the base class, but bytecode that cannot be trusted is as good as not there."""
        if path == self.path:
            self._read_at = time.time()
            return super().get_data(path)
        data = super().get_data(path)
        if (
            self._is_our_bytecode(path)
            and not _is_hash_based(data)
            # The .pyc's own time: in the source's second it may be of an earlier save.
            and int(os.stat(path).st_mtime) <= self._source_second
        ):
            raise FileNotFoundError(errno.ENOENT, "bytecode as old as its source", path)
        return data

    def set_data(self, path: str, data: ReadableBuffer, *, _mode: int = 0o666) -> None:
        """As in the base class, but nothing is written while the source may still change unseen.

        What counts is when the source was read, and not when its compilation was done.
        """
        head = bytes(memoryview(data)[:16])
        if self._is_our_bytecode(path) and not _is_hash_based(head):
            next_second = int.from_bytes(head[_MODIFIED], "little") + 1
            if self._read_at < next_second + _CLOCK_LAG_SECONDS:
                return
        super().set_data(path, data, _mode=_mode)

    def _is_our_bytecode(self, path: str) -> bool:
        try:
            return path == cache_from_source(self.path)
        except NotImplementedError:  # this Python keeps no bytecode
            return False


def install(is_own: Callable[[str], bool] = own_code.is_own) -> None:
    """Load source files in folders that are `is_own` by the rule above, from now on.

    Modules that are loaded already stay as they are. Everything else that Python finds in such
    folders (extension modules, lone .pyc files, namespace packages) is found as before, and so is
    what other path hooks know, such as zip files.
    """
    finder_for = FileFinder.path_hook(
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (OwnSourceLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )

    def hook(path: str) -> PathEntryFinder:
        if not is_own(path):
            raise ImportError("only for the user's own code", path=path)
        return finder_for(path)

    sys.path_hooks.insert(0, hook)
    for path in [path for path in sys.path_importer_cache if is_own(path)]:
        # Finders of our folders that are there already would never ask the hook.
        del sys.path_importer_cache[path]


def _is_hash_based(data: bytes) -> bool:
    return bool(int.from_bytes(data[_FLAGS], "little") & _HASH_BASED)
