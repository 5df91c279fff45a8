"""Set environment variables that the app sees but its child processes do not inherit."""

from __future__ import annotations

import os
from typing import Any, cast


class _Variables(dict[Any, Any]):
    """The data of `os.environ`, with variables that can be read but are not listed.

    Child processes inherit what is listed here or in the C library's environment.
    """

    def __init__(self, listed: dict[Any, Any], unlisted: dict[Any, Any]) -> None:
        super().__init__(listed)
        self._unlisted = unlisted

    def __missing__(self, key: Any) -> Any:
        return self._unlisted[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._unlisted.pop(key, None)
        super().__setitem__(key, value)

    def __delitem__(self, key: Any) -> None:
        if self._unlisted.pop(key, None) is None:
            super().__delitem__(key)


def show(name: str, value: str) -> None:
    """Make a variable readable by name in this process only."""
    environ = cast("Any", os.environ)
    key, encoded = environ.encodekey(name), environ.encodevalue(value)
    unlisted = {key: encoded}
    if isinstance(environ._data, _Variables):
        environ._data._unlisted.update(unlisted)
        return
    environ._data = _Variables(environ._data, unlisted)
    if os.supports_bytes_environ:  # the same variables, as bytes
        cast("Any", os.environb)._data = environ._data
