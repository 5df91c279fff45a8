"""Mask secrets in parameters that are JSON: apps store sessions and events as such texts."""

from __future__ import annotations

from typing import Any

from devtui.server.tracing.shown_values import Adapted, Cut, Told
from devtui.text import masking


def masked(value: Any) -> Any:
    """Mask the secrets in each text that is JSON. `value` is a result of `parameters.kept`."""
    kind = type(value)
    if kind is str:
        return _masked(value)
    if kind is bytes:
        text = value.decode("utf-8", "replace")
        changed = _masked(text)
        return value if changed == text else Told(f"b{changed!r}")
    if kind is Cut:
        return Cut(masked(value.head), value.size, value.unit)
    if kind is Adapted:
        return Adapted(value.name, masked(value.value))
    if kind is dict:
        return {key: masked(member) for key, member in value.items()}
    if kind is tuple or kind is list:
        return kind(map(masked, value))
    return value


def _masked(text: str) -> str:
    return masking.body(text, "") if masking.may_be_json(text) else text
