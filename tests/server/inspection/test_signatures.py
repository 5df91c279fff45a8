"""How an object is called is described from its code, and nothing of it runs."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from devtui.server.inspection.signatures import MAX_SIGNATURE, signature


class Touchy:
    def __repr__(self) -> str:
        raise AssertionError("a default's repr was called")


TOUCHY = Touchy()


def plain(a: int, b: str = "x", *rest: int, key: int, other: float = 1.5, **more: int) -> None: ...
def positional(a: int, /, b: int = 2) -> None: ...
def only_keys(*, key: Any = TOUCHY) -> None: ...
def long_text(text: str = "x" * 1_000, number: int = 10**400) -> None: ...
def many(**parameters: int) -> None: ...


@functools.wraps(plain)
def wrapped(*arguments: Any, **options: Any) -> None: ...


class Cart:
    def __init__(self, owner: str, size: int = 3) -> None: ...

    def add(self, item: str, count: int = 1) -> None: ...

    def __call__(self, now: bool) -> None: ...


def in_class(kind: type, name: str) -> Any:
    return next((vars(each)[name] for each in kind.__mro__ if name in vars(each)), None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (plain, "(a, b='x', *rest, key, other=1.5, **more)"),
        (positional, "(a, /, b=2)"),
        (only_keys, "(*, key=…)"),
        (long_text, "(text=…, number=…)"),
        (wrapped, "(a, b='x', *rest, key, other=1.5, **more)"),
        (Cart, "(owner, size=3)"),
        (Cart("me").add, "(item, count=1)"),
        (Cart.add, "(self, item, count=1)"),
        (Cart("me"), "(now)"),
        (len, "(obj, /)"),
        (5, ""),
        (Touchy(), ""),
    ],
)
def test_parameters(value: object, expected: str) -> None:
    assert signature(value, in_class, isinstance(value, type)) == expected


def test_a_signature_is_bounded() -> None:
    names = ", ".join(f"parameter_{number}" for number in range(200))
    namespace: dict[str, Any] = {}
    exec(f"def endless({names}): ...", namespace)
    text = signature(namespace["endless"], in_class, False)
    assert len(text) == MAX_SIGNATURE
    assert text.endswith("…")
