"""The state of a port, and the choices: each may have a reason why it cannot work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from devtui.events import Holder
from devtui.ports import holder_text

if TYPE_CHECKING:
    from devtui.ports.bind import PortRefused
    from devtui.ports.survey import Survey

TAKING_BACK = "have"
NEXT_PORT = "next_port"


class Sight(msgspec.Struct, frozen=True):
    """The result of a look at a port.

    `why_not_stop` is a sentence if the holders must not be stopped. `ours` is a sentence if this
    devtui has the port.
    """

    survey: Survey
    why_not_stop: str = ""
    ours: str = ""

    @property
    def message(self) -> str:
        """The port's state, in a sentence."""
        refusal = self.survey.refusal
        if self.ours:
            return self.ours
        if refusal is None:
            return f"Port {self.survey.port} on {self.survey.host} is free."
        return str(refusal)


class PortChoice(msgspec.Struct, frozen=True):
    """One key with its action in Textual's words, and the reason if it cannot work."""

    key: str
    text: str
    action: str
    why_not: str = ""


def judge(found: Survey) -> Sight:
    """Decide whether the holders may be stopped. Looks at processes: run it in a thread."""
    if not found.blocking:
        return Sight(found)
    from devtui.ports import stopping  # psutil comes with it: the screen shows itself first

    refusals = (stopping.refusal(holder) for holder in found.blocking)
    return Sight(found, next(filter(None, refusals), ""))


def choices(port: int, sight: Sight | None, *, serving: bool) -> tuple[PortChoice, ...]:
    """Return the choices; `sight` is None until the port has been looked at.

    `serving` is whether the app is served now, on any port.
    """
    here = "move here" if serving else "start here"
    again = "look again" if sight is not None and (sight.ours or serving) else "try again"
    return (
        _have(port, sight, here),
        _next_port(sight),
        PortChoice("p", "another port …", "change_port"),
        PortChoice("k", "see who holds another port …", "see_another"),
        PortChoice("t", again, "again"),
    )


def _have(port: int, sight: Sight | None, here: str) -> PortChoice:
    if sight is None:
        return PortChoice("s", f"stop it and {here}", TAKING_BACK, "finding out who it is …")
    refusal = sight.survey.refusal
    if sight.ours:
        return PortChoice("s", f"stop it and {here}", TAKING_BACK, "this devtui has it")
    if refusal is None:
        return PortChoice("s", f"{here}, on port {port}", TAKING_BACK)
    return PortChoice(
        "s", f"stop {_names(sight) or 'it'} and {here}", TAKING_BACK, _why_not(sight, refusal)
    )


def _why_not(sight: Sight, refusal: PortRefused) -> str:
    if not refusal.busy:
        return "there is no process to stop, see above"
    if not sight.survey.blocking:
        return "no process was found that could be stopped"
    return sight.why_not_stop


def _names(sight: Sight) -> str:
    return names(sight.survey.blocking)


def names(holders: Sequence[Holder]) -> str:
    """Name the holders with their pids; only the first two if there are many."""
    titles = [holder_text.title(holder) for holder in holders]
    more = f" and {len(titles) - 2} more" if len(titles) > 3 else ""
    return ", ".join(titles[:2] if more else titles) + more


def _next_port(sight: Sight | None) -> PortChoice:
    text, action = "take the next free port", NEXT_PORT
    if sight is None:
        return PortChoice("n", text, action, "looking for it …")
    if sight.survey.refusal is None:
        return PortChoice("n", text, action, "this one is free")
    if sight.survey.next_free_port is None:
        return PortChoice("n", text, action, "no port near it is free")
    return PortChoice("n", f"{text}: {sight.survey.next_free_port}", action)
