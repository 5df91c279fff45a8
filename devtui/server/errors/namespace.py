"""The names of a frame, for code evaluated in it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, MutableMapping
from types import FrameType
from typing import Any

# PEP 667: writing to `f_locals` changes the function's variables.
_WRITES_THROUGH = sys.version_info >= (3, 13)


class FrameNamespace(dict[str, Any]):
    """One namespace for the globals and the locals of `exec`: nested functions see all names.

    Look a name up among the variables set here, the frame's locals and its globals. An assignment
    to a local reaches the frame since Python 3.13; before, and for a new name, it lasts as long as
    this object. The items of the dict itself come from `global x` in the code; `store_globals`
    passes them to the module.

    It is a dict because `exec` accepts no other globals. All versions of CPython honour a subclass
    that overrides the look-up.
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
        """Return the frame's current locals and the variables set here."""
        found = {k: v for k, v in self._locals.items() if k not in self._deleted}
        return {**found, **self._set}

    def remember(self, value: Any) -> None:
        """Set `_` to the last value, as in interactive Python.

        A `_` of the module, such as gettext's, stays.
        """
        if "_" not in self._globals and "_" not in self._locals:
            self._set["_"] = value

    def store_globals(self) -> None:
        """Pass to the module what `global` statements assigned."""
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
        """Return all names, for `dir()` and the like."""
        return {**self._globals, **self.local_names}.keys()

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default
