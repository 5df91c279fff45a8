"""Generate events and orders with any values that their fields allow, for property tests."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

# Without arguments this has lone surrogates too, which `text()` leaves out.
ANY_TEXT = st.text(st.characters(), max_size=20)


@cache
def structs(cls: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Instances of the class with any values that its annotations allow."""
    hints = get_type_hints(cls)
    return st.builds(cls, **{name: _deferred(hints[name]) for name in cls.__struct_fields__})


def _deferred(hint: Any) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: values(hint))


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation, as events have them."""
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: ANY_TEXT,
        bytes: st.binary(max_size=20),
        bool: st.booleans(),
        int: st.integers(-(2**53), 2**53),
        float: st.floats(allow_nan=False, allow_infinity=False),
        type(None): st.none(),
        datetime: st.datetimes(datetime(1970, 1, 1), timezones=st.just(timezone.utc)),
    }
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in simple:
        return simple[hint]
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of(*map(values, arguments))
    if origin is tuple and arguments[-1] is Ellipsis:
        # An exception may have exceptions: more than one each would grow without end.
        return st.lists(values(arguments[0]), max_size=1).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, arguments))
    return structs(hint)
