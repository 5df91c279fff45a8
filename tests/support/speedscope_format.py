"""Read a file for speedscope strictly by its documented format (src/lib/file-format-spec.ts)."""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Literal

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]
Weight = Annotated[float, msgspec.Meta(ge=0)]


class Frame(msgspec.Struct, forbid_unknown_fields=True):
    """A place in the code."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    file: str | msgspec.UnsetType = msgspec.UNSET
    line: Annotated[int, msgspec.Meta(ge=1)] | msgspec.UnsetType = msgspec.UNSET
    col: int | msgspec.UnsetType = msgspec.UNSET


class Shared(msgspec.Struct, forbid_unknown_fields=True):
    """The frames that profiles refer to by number."""

    frames: list[Frame]


class Sampled(msgspec.Struct, forbid_unknown_fields=True, tag="sampled", tag_field="type"):
    """A profile: stacks, the outermost frame first, each with its weight."""

    name: str
    unit: Literal["none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"]
    start_value: float = msgspec.field(name="startValue")
    end_value: float = msgspec.field(name="endValue")
    samples: list[list[Count]]
    weights: list[Weight]


class File(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file."""

    schema: Literal["https://www.speedscope.app/file-format-schema.json"] = msgspec.field(
        name="$schema"
    )
    shared: Shared
    profiles: Annotated[list[Sampled], msgspec.Meta(min_length=1)]
    name: str | msgspec.UnsetType = msgspec.UNSET
    active_profile_index: Count = msgspec.field(name="activeProfileIndex", default=0)
    exporter: str | msgspec.UnsetType = msgspec.UNSET

    def stacks(self, number: int = 0) -> dict[tuple[str, ...], float]:
        """The names of each stack, with its weight."""
        profile, frames = self.profiles[number], self.shared.frames
        stacks = [tuple(frames[at].name for at in sample) for sample in profile.samples]
        return dict(zip(stacks, profile.weights, strict=True))


def read(text: str) -> File:
    """Read the file, and also check what the types do not express."""
    file = msgspec.json.decode(text, type=File)
    assert file.active_profile_index < len(file.profiles)
    for profile in file.profiles:
        assert profile.end_value >= profile.start_value
        assert len(profile.samples) == len(profile.weights)
        assert all(at < len(file.shared.frames) for at in chain.from_iterable(profile.samples))
    return file
