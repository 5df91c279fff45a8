"""The names of a frame, as code that is run in it sees and changes them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, MutableMapping
from types import FrameType
from typing import Any

# PEP 667: a function's `f_locals` writes through to its variables.
_WRITES_THROUGH = sys.version_info >= (3, 13)


class FrameNamespace(dict[str, Any]):
    """Serves as globals and locals of `exec` at once, so that nested functions see all names too.

    A name is looked up among the variables that were set here, the frame's local ones and its
    global ones. An assignment to a local variable reaches the frame where Python can do that
    (3.13), else it lasts as long as this object; a new name always does. The items of the dict
    itself are what `global x` in the code stores; they reach the module with `store_globals`.

    It is a dict, since `exec` takes no other globals, and overrides the look-up, which all
    versions of CPython honour for a subclass.
    """

    def __init__(self, frame: FrameType) -> None:
        super().__init__()
        self._globals = frame.f_globals
        self._locals: MutableMapping[str, Any] = frame.f_locals
        self._at_module_level = frame.f_locals is frame.f_globals
        self._set: dict[str, Any] = {}
        self._deleted: set[str] = set()
        dict.__setitem__(self, "__builtins__", frame.f_builtins)

    @property
    def local_names(self) -> Mapping[str, Any]:
        """The frame's local variables as they are now, with what was set here."""
        found = {k: v for k, v in self._locals.items() if k not in self._deleted}
        return {**found, **self._set}

    def remember(self, value: Any) -> None:
        """Let `_` be the last value, as in the interactive Python, where nothing else is called so.

        A module's own `_`, such as gettext's, stays.
        """
        if "_" not in self._globals and "_" not in self._locals:
            self._set["_"] = value

    def store_globals(self) -> None:
        """Hand what `global` statements assigned on to the module."""
        for name in [name for name in dict.keys(self) if name != "__builtins__"]:
            self._globals[name] = dict.pop(self, name)

    def __getitem__(self, name: str) -> Any:
        if name in self._set:
            return self._set[name]
        if name not in self._deleted and name in self._locals:
            return self._locals[name]
        if dict.__contains__(self, name):
            return dict.__getitem__(self, name)
        return self._globals[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if self._at_module_level:
            self._globals[name] = value
        elif _WRITES_THROUGH and name in self._locals:
            self._locals[name] = value
        else:
            self._set[name] = value
        self._deleted.discard(name)

    def __delitem__(self, name: str) -> None:
        if self._at_module_level:
            del self._globals[name]
            return
        if name not in self:
            raise KeyError(name)
        self._set.pop(name, None)
        if name in self._locals:
            self._deleted.add(name)  # a function's variables cannot be unset from outside

    def __contains__(self, name: object) -> bool:
        if name in self._set or name in self._globals or dict.__contains__(self, name):
            return True
        return name in self._locals and name not in self._deleted

    def __iter__(self) -> Iterator[str]:
        return iter({**self._globals, **self.local_names})

    def __len__(self) -> int:
        return len({**self._globals, **self.local_names})

    def keys(self) -> Any:
        """The names, local and global; for `dir()` and the like."""
        return {**self._globals, **self.local_names}.keys()

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name, or the default."""
        try:
            return self[name]
        except KeyError:
            return default
