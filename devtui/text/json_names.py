"""Find JSON values that another value names: `{"name": "password", "value": "hunter2"}`."""

from __future__ import annotations

import json

from devtui.text.secrets import is_value, names_secret

_DECODER = json.JSONDecoder(strict=False)


class JsonNames:
    """The strings in the lists and objects that are still open, while JSON is read in pieces."""

    def __init__(self) -> None:
        self._open: list[tuple[str, list[str]]] = [("", [])]

    def open(self, bracket: str) -> None:
        """Note that a list or an object begins."""
        self.hear("")
        self._open.append((bracket, []))

    def close(self) -> None:
        """Note that it ends."""
        if len(self._open) > 1:
            self._open.pop()

    def hear(self, piece: str) -> None:
        """Note a value. In a list only the first one can be a name."""
        bracket, heard = self._open[-1]
        if bracket == "{" or not heard:
            heard.append(piece)

    def name_next(self) -> bool:
        """Whether the next member of a list is a secret: its pair begins with a secret's name."""
        bracket, heard = self._open[-1]
        if bracket != "[" or self._open[-2][0] != "[":
            return False
        named = any(map(_names_secret, heard))
        heard[:] = [""]
        return named

    def name_value(self, key: str) -> bool:
        """Whether the value of this key is a secret, because another member names it as one."""
        bracket, heard = self._open[-1]
        if bracket != "{" or not is_value(key):
            return False
        heard[:] = [piece for piece in heard if _names_secret(piece)][:1]
        return bool(heard)


def decoded(piece: str) -> str:
    """Return the text of a JSON string."""
    try:
        return str(_DECODER.decode(piece))
    except ValueError:
        return piece


def _names_secret(piece: str) -> bool:
    return piece[:1] == '"' and names_secret(decoded(piece))
