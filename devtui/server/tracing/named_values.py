"""Mask values that another parameter names: `'token'` beside its value in a table of settings."""

from __future__ import annotations

from typing import Any

from devtui.server.tracing.secret_places import value_places
from devtui.server.tracing.shown_values import Told
from devtui.text.secrets import MASK, names_secret


def masked(parameters: Any, statement: str) -> Any:
    """Mask the values in each row in which another parameter is the name of a secret."""
    places = value_places(statement)
    return _masked(parameters, places) if places else parameters


def _masked(parameters: Any, places: frozenset[str | int]) -> Any:
    kind = type(parameters)
    if kind is dict:
        if not any(_is_name(member) for key, member in parameters.items() if key not in places):
            return parameters
        return {key: _hidden(each) if key in places else each for key, each in parameters.items()}
    members = [_masked(one, places) if type(one) in _ROWS else one for one in parameters]
    if any(_is_name(member) for at, member in enumerate(members) if at not in places):
        members = [_hidden(each) if at in places else each for at, each in enumerate(members)]
    return kind(members)


_ROWS = frozenset({tuple, list, dict})


def _hidden(value: Any) -> Any:
    return value if value is None or type(value) is Told else Told(MASK)


def _is_name(value: Any) -> bool:
    return type(value) is str and names_secret(value)
