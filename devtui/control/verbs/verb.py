"""What all verbs share: the call, and the definition of a verb."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec

from devtui.control.attached.dashboards import Dashboards
from devtui.control.news import News
from devtui.session.session import Session

Tell: TypeAlias = Callable[[object], Awaitable[None]]


class VerbCall(msgspec.Struct, frozen=True):
    """One request: the session that it is for, its arguments, and who makes it.

    `tell` sends an item to the client, for verbs that follow something.
    """

    session: Session
    news: News
    arguments: Any
    client: str
    tell: Tell
    dashboards: Dashboards
    may_evaluate: bool = True


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of the arguments of all verbs."""


class Verb(msgspec.Struct, frozen=True):
    """A verb. `acts` describes a call for the log; empty if the call only reads."""

    answer: Callable[[VerbCall], Awaitable[object]]
    arguments: type[Arguments] = Arguments
    acts: Callable[[Any], str] = lambda arguments: ""
