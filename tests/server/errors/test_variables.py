"""Variables are shown with their members and attributes, and unfolding runs nothing of the app."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any

import pytest

from devtui.events import Variable
from devtui.server.errors import variables
from devtui.server.errors.variables import MAX_DEPTH, MAX_MEMBERS, MAX_PART, MAX_PARTS
from devtui.text.secrets import MASK

LONG = "a text that makes the repr of its container long"


def shown(value: object, *, reveal: bool = False) -> Variable:
    (variable,) = variables.shown({"value": value}, reveal)
    return variable


def names(variable: Variable) -> list[str]:
    return [part.name for part in variable.parts]


class Plain:
    def __init__(self) -> None:
        self.size = 3
        self.password = "tiger"


class Config(dict[str, object]):
    def __repr__(self) -> str:
        return f"<Config {dict.__repr__(self)}>"


@dataclass
class Account:
    name: str
    password: str


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ({"a": 1, "b": LONG}, ["a", "b"]),
        ({1: LONG, (2, "x"): 2, None: 3}, ["1", "(2, 'x')", "None"]),
        ([1, LONG], ["0", "1"]),
        ((1, LONG), ["0", "1"]),
        (deque([1, LONG]), ["0", "1"]),
        ({LONG}, ["0"]),
        (OrderedDict(a=LONG), ["a"]),
        (Plain(), ["size", "password"]),
        ([1, 2], []),  # short enough
        (LONG * 10, []),
        (5, []),
        (Plain, []),
    ],
)
def test_what_a_value_is_made_of(value: object, parts: list[str]) -> None:
    assert names(shown(value)) == parts


def test_structures_are_nested() -> None:
    value = {"orders": [{"owner": Plain(), "note": LONG}]}
    (orders,) = shown(value).parts
    (first,) = orders.parts
    assert names(first) == ["owner", "note"]
    assert names(first.parts[0]) == ["size", "password"]


def test_secrets_in_them_are_masked() -> None:
    value = [{"api_key": "abc", "text": LONG}, Plain()]
    masked = shown(value)
    assert masked.parts[0].parts[0] == Variable(name="api_key", type="str", value=MASK, masked=True)
    assert masked.parts[1].parts[1].value == MASK
    assert "tiger" not in str(masked)
    assert shown(value, reveal=True).parts[1].parts[1].value == "'tiger'"


def test_secrets_in_the_repr_of_a_class_are_masked() -> None:
    """As in Flask's `config`, which each of its templates has."""
    config = Config(DEBUG=True, SECRET_KEY="tiger", **{"NOTE": LONG})
    masked = shown([config, Account("ann", "tiger")])
    assert "tiger" not in str(masked)
    assert f"<Config {{'DEBUG': True, 'SECRET_KEY': {MASK}, 'NOTE': " in masked.value
    assert f"Account(name='ann', password={MASK})" in masked.value
    assert "tiger" in shown(config, reveal=True).value
    cut = shown(Config(SECRET_KEY="tiger" * 2_000)).value
    assert "tiger" not in cut
    assert cut.endswith("characters)")


def test_they_are_bounded() -> None:
    wide = shown({"list": list(range(10_000)), "text": "x" * 10_000})
    assert len(wide.parts[0].parts) == MAX_MEMBERS
    assert len(wide.parts[1].value) < MAX_PART + 100
    many = variables.shown({str(number): list(range(100)) for number in range(100)}, False)
    assert sum(len(variable.parts) for variable in many) == MAX_PARTS
    assert len(many) == 100
    endless: list[Any] = [LONG]
    endless.append(endless)
    depth, part = 0, shown(endless)
    while part.parts:
        depth, part = depth + 1, part.parts[-1]
    assert depth == MAX_DEPTH


class Meta(type):
    def __getattribute__(cls, name: str) -> Any:
        if name == "__qualname__":
            raise AssertionError("the class's name was computed")
        return super().__getattribute__(name)


class Hostile(dict[Any, Any], metaclass=Meta):
    def __iter__(self) -> Any:
        raise AssertionError("it was iterated")

    items = keys = values = __len__ = __getitem__ = __iter__  # type: ignore[assignment]

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"{name} was read")

    def __repr__(self) -> str:
        return "<" + LONG + ">"


def test_unfolding_runs_no_code_of_the_app() -> None:
    value = Hostile()
    dict.__setitem__(value, "key", 5)
    assert names(shown(value)) == ["key"]
