"""The base class of all events, and the names of types."""

import re
from datetime import datetime, timezone
from functools import partial
from typing import Annotated

import msgspec


def snake_case(class_name: str) -> str:
    """Convert a class name to the `type` of a line: `RequestStarted` to `request_started`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", class_name).lower()


utc_now = partial(datetime.now, timezone.utc)
"""The time of day as every event carries it: UTC, to the microsecond."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=snake_case, gc=False):
    """An event: when it happened, and in which server process.

    A generation is one server process, numbered from 1; 0 stands for the time before the first. The
    session fills it in when it decodes an event; server processes leave it out.

    Events hold no references to one another, so the garbage collector can skip them (`gc=False`).
    Thousands come each second, and it would take longer and longer to scan all that are kept.
    """

    # A time without a time zone could not be compared with the others.
    at: Annotated[datetime, msgspec.Meta(tz=True)] = msgspec.field(default_factory=utc_now)
    generation: int = 0
