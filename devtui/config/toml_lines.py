"""Find the line of each key in a TOML file, which `tomllib` does not tell.

The file was parsed before, so this reads only as much of TOML as it needs, and ignores mistakes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a value stands: names of keys, and numbers in arrays."""

_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|(?P<skipped>\#[^\n]*|[^\S\n]+)"
    r"|[\[\]{},=.\n]"
    r"|[^\s\[\]{},=.\"'#]+"
    r"|.",
    re.S,
)


@lru_cache(maxsize=4)  # each setting asks for its line
def lines_of(text: str) -> Mapping[KeyPath, int]:
    """Return the line of each key, table and item of an array, counted from 1."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, int]] = []
        line = 1
        for token in _TOKEN.finditer(text):
            if not token["skipped"]:
                self._tokens.append((token[0], line))
            line += token[0].count("\n")
        self._at = 0
        self._last = line
        self._found: dict[KeyPath, int] = {}
        self._counts: dict[KeyPath, int] = {}

    def read(self) -> Mapping[KeyPath, int]:
        table: KeyPath = ()
        while self._next:
            if self._next == "\n":
                self._step()
            elif self._next == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    @property
    def _next(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    @property
    def _line(self) -> int:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else self._last

    def _step(self) -> str:
        token = self._next
        self._at += 1
        return token

    def _header(self) -> KeyPath:
        line = self._line
        self._step()
        is_array = self._next == "["
        if is_array:
            self._step()
        key_path = self._within(self._key())
        while self._next not in ("\n", ""):
            self._step()
        if is_array:
            number = self._counts.get(key_path, 0)
            self._counts[key_path] = number + 1
            self._note(key_path, line)
            key_path = (*key_path, number)
        self._note(key_path, line)
        return key_path

    def _within(self, key_path: KeyPath) -> KeyPath:
        """Return the path with the number of the newest table in each array of tables above."""
        found: KeyPath = ()
        for name in key_path[:-1]:
            found = (*found, name)
            if found in self._counts:
                found = (*found, self._counts[found] - 1)
        return (*found, *key_path[-1:])

    def _key(self) -> KeyPath:
        parts: list[str] = []
        while self._next not in ("=", "]", "\n", ""):
            if (word := self._step()) != ".":
                parts.append(_name(word))
        return tuple(parts)

    def _pair(self, table: KeyPath) -> None:
        line = self._line
        key_path = (*table, *self._key())
        self._note(key_path, line)
        if self._next == "=":
            self._step()
            self._value(key_path)
        else:
            self._step()

    def _value(self, key_path: KeyPath) -> None:
        if self._next == "[":
            self._items(key_path)
        elif self._next == "{":
            self._step()
            while self._next not in ("}", ""):
                if self._next in (",", "\n"):
                    self._step()
                else:
                    self._pair(key_path)
            self._step()
        else:
            while self._next not in (",", "]", "}", "\n", ""):
                self._step()

    def _items(self, key_path: KeyPath) -> None:
        self._step()
        number = 0
        while self._next not in ("]", ""):
            if self._next in (",", "\n"):
                self._step()
                continue
            item = (*key_path, number)
            self._note(item, self._line)
            before = self._at
            self._value(item)
            if self._at == before:  # nothing that belongs into a list
                self._step()
            number += 1
        self._step()

    def _note(self, key_path: KeyPath, line: int) -> None:
        for end in range(1, len(key_path) + 1):
            self._found.setdefault(key_path[:end], line)


def _name(token: str) -> str:
    if token[:1] == '"':
        try:
            return str(json.loads(token))
        except ValueError:  # one of the few escapes that JSON does not have
            return token[1:-1]
    return token[1:-1] if token[:1] == "'" else token
