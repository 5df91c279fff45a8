"""Make reprs that are bounded in length and time, with masked secrets in containers."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from devtui.server.guest.deadline import Overdue, within
from devtui.text.masked_repr import masked_repr
from devtui.text.secrets import MASK, is_secret, is_value, names_secret

MAX_REPR = 4_000
REPR_SECONDS = 0.2


class BoundedRepr(reprlib.Repr):
    """Like reprlib, with bounds that fit a screen, and without sorting containers.

    reprlib's sorting would run the comparisons of foreign objects and hide the order.
    """

    def __init__(self, reveal: bool) -> None:
        super().__init__()
        self._reveal = reveal
        self.maxlevel = 5
        self.maxtuple = self.maxlist = self.maxarray = self.maxdeque = 50
        self.maxdict = self.maxset = self.maxfrozenset = 50
        self.maxstring = self.maxlong = 1_000
        self.maxother = MAX_REPR

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """Return a dictionary's repr; mask values whose keys name secrets."""
        if level <= 0:
            return "{...}" if x else "{}"
        pieces = []
        named = not self._reveal and any(map(_is_name, islice(x.values(), self.maxdict)))
        for key, value in islice(x.items(), self.maxdict):
            masked = isinstance(key, str) and not self._reveal and is_secret(key)
            masked = masked or (named and type(key) is str and is_value(key))
            text = MASK if masked else self.repr1(value, level - 1)
            pieces.append(f"{self.repr1(key, level - 1)}: {text}")
        return _enclosed("{", pieces, "}", len(x) - len(pieces))

    def repr_list(self, x: list[Any], level: int) -> str:
        """Return a list's repr; mask the value in each pair that begins with a secret's name."""
        return super().repr_list(list(self._members(x, self.maxlist)), level)

    def repr_tuple(self, x: tuple[Any, ...], level: int) -> str:
        """Return a tuple's repr, masked like that of a list."""
        return super().repr_tuple(tuple(self._members(x, self.maxtuple)), level)

    def repr_set(self, x: set[Any], level: int) -> str:
        return self._of_set("{", x, "}", level) if x else "set()"

    def repr_frozenset(self, x: frozenset[Any], level: int) -> str:
        return self._of_set("frozenset({", x, "})", level) if x else "frozenset()"

    def repr_int(self, x: int, level: int) -> str:
        """Return a number's repr, or its size if Python refuses to print it (4,300 digits)."""
        return repr(x) if x.bit_length() < 4_000 else f"<int of {x.bit_length():,} bits>"

    def repr_bytes(self, x: bytes, level: int) -> str:
        """Return the repr of the beginning of bytes."""
        more = "" if len(x) <= self.maxstring else f"... ({len(x):,} bytes)"
        return repr(x[: self.maxstring]) + more

    def repr_str(self, x: str, level: int) -> str:
        """Return the repr of the beginning of a text."""
        more = "" if len(x) <= self.maxstring else f"... ({len(x):,} characters)"
        return repr(x[: self.maxstring]) + more

    def repr_instance(self, x: object, level: int) -> str:
        """Return any other object's own repr; mask what it writes beside names of secrets."""
        try:
            text = repr(x)
        except Exception as error:
            return f"<{type(x).__name__}: its repr raised {type(error).__name__}>"
        text = str.__str__(text)
        if self._reveal:
            return cut(text, self.maxother)
        head = masked_repr(text[: self.maxother])
        return head if len(text) <= self.maxother else f"{head}... ({len(text):,} characters)"

    def _members(self, x: Iterable[Any], most: int) -> Iterator[Any]:
        for member in islice(x, most + 1):  # the last one shows that there are more
            kind = type(member)
            is_pair = kind in (tuple, list) and len(member) > 1 and _is_name(member[0])
            yield (
                kind((member[0], _Mask(), *member[2:])) if is_pair and not self._reveal else member
            )

    def _of_set(self, left: str, x: Iterable[Any], right: str, level: int) -> str:
        if level <= 0:
            return f"{left}...{right}"
        members = list(x)
        pieces = [self.repr1(member, level - 1) for member in members[: self.maxset]]
        return _enclosed(left, pieces, right, len(members) - len(pieces))


class _Mask:
    def __repr__(self) -> str:
        return MASK


def _is_name(value: Any) -> bool:
    if type(value) is bytes:
        value = value[:201].decode("latin-1")
    return type(value) is str and names_secret(value)


def cut(text: str, size: int = MAX_REPR) -> str:
    """Cut the text, and say how long it was."""
    return text if len(text) <= size else f"{text[:size]}... ({len(text):,} characters)"


def bounded(value: object, seconds: float = REPR_SECONDS, *, reveal: bool = True) -> str:
    """Return a value's repr within `seconds`, cut to `MAX_REPR` characters. Never raise."""
    try:
        return cut(within(seconds, lambda: BoundedRepr(reveal).repr(value)))
    except Overdue:
        took = f"{seconds * 1000:.0f} ms"
        return f"<{type(value).__name__}: its repr takes longer than {took}>"
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: it is foreign code
        return f"<{type(value).__name__}: its repr raised {type(error).__name__}>"


def _enclosed(left: str, pieces: list[str], right: str, missing: int) -> str:
    more = [f"... ({missing:,} more)"] if missing > 0 else []
    return f"{left}{', '.join(pieces + more)}{right}"
