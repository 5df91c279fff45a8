"""Implement `devtui --who`: say what holds a port, and stop it if the user asks for that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import click
import msgspec

from devtui.config.settings import Settings
from devtui.events import Holder, RefusalReason, encode_printable
from devtui.ports import holder_text, stopping
from devtui.ports.survey import PendingSurvey, Survey

HELD = 1
"""The exit status if the port is held, or could not be freed."""

WATCH_SECONDS = 1.5
"""How long to watch a freed port for a program that restarts."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step of stopping. `seconds` count from the start of the first step."""

    seconds: float
    text: str


class PortReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="port"):
    """The output of `devtui --who --json`: the port as it was, and what devtui did.

    `free` tells whether the port is free at the end. `reason` and `message` say why it was not at
    first (None and empty if it was). `stopped` is None if there was nothing to stop; `outcome`
    describes how stopping went.
    """

    host: str
    port: int
    free: bool
    reason: RefusalReason | None
    message: str
    holders: tuple[Holder, ...]
    warnings: tuple[str, ...]
    next_free_port: int | None
    stopped: bool | None = None
    outcome: str = ""
    steps: tuple[Step, ...] = ()


def run(settings: Settings, *, stop: bool, yes: bool, as_json: bool) -> int:
    """Run `--who`; return 0 if the port is free at the end, else 1."""
    found = asyncio.run(PendingSurvey(settings).result())
    if not as_json:
        _show(found, advise=not stop)
    steps: list[Step] = []
    outcome: stopping.Outcome | None = None
    if stop and found.refusal is not None:
        outcome = _stop(settings, found, yes, _reporter(steps, as_json))
    free = found.refusal is None or (outcome is not None and outcome.freed)
    if as_json:
        click.echo(_encoded(found, free, outcome, steps), nl=False)
    elif outcome is not None:
        click.echo(holder_text.shown(outcome.text))
        if free:
            click.echo(f"Port {settings.port} on {settings.host} is free.")
    return 0 if free else HELD


def _show(found: Survey, *, advise: bool) -> None:
    where = f"Port {found.port} on {holder_text.shown(found.host)}"
    refusal = found.refusal
    click.echo(f"{where} is free." if refusal is None else holder_text.shown(str(refusal)))
    for holder in found.holders:
        click.echo(f"\n  {holder_text.title(holder)}")
        for label, text in holder_text.details(holder):
            click.echo(f"    {label:<14}  {text}")
    if found.holders:
        click.echo()
    for warning in found.warnings:
        click.echo(holder_text.shown(warning))
    if advise and found.refusal is not None:
        for advice in holder_text.advice(
            found.host, found.port, found.refusal.reason, found.holders, found.next_free_port
        ):
            click.echo(f"{advice[0].upper()}{advice[1:]}")


def _stop(
    settings: Settings, found: Survey, yes: bool, report: stopping.Report
) -> stopping.Outcome:
    assert found.refusal is not None
    if not found.refusal.busy:
        return stopping.Outcome(False, "No program holds the port, so there is nothing to stop.")
    wanted = found.blocking
    if not wanted:
        return stopping.Outcome(
            False, "devtui cannot see the program that holds the port, so it cannot stop it."
        )
    for holder in wanted:
        why_not = stopping.refusal(holder)
        if why_not is not None:
            return stopping.Outcome(False, why_not)
    if not yes and not _confirmed(wanted):
        return stopping.Outcome(False, "Nothing was stopped.")
    return stopping.stop(settings, wanted, report, WATCH_SECONDS)


def _confirmed(wanted: tuple[Holder, ...]) -> bool:
    """Ask on stderr, because a program may read stdout. No answer means no."""
    names = ", ".join(map(holder_text.title, wanted))
    try:
        return click.confirm(f"Stop {names}?", err=True)
    except click.Abort:
        click.echo(err=True)
        return False


def _reporter(steps: list[Step], as_json: bool) -> Callable[[float, str], None]:
    def report(seconds: float, text: str) -> None:
        steps.append(Step(seconds=round(seconds, 3), text=text))
        if not as_json:
            click.echo(f"  {seconds:4.1f} s  {holder_text.shown(text)}")

    return report


def _encoded(
    found: Survey, free: bool, outcome: stopping.Outcome | None, steps: list[Step]
) -> bytes:
    report = PortReport(
        host=found.host,
        port=found.port,
        free=free,
        reason=found.refusal.reason if found.refusal is not None else None,
        message=str(found.refusal) if found.refusal is not None else "",
        holders=found.holders,
        warnings=found.warnings,
        next_free_port=found.next_free_port,
        stopped=outcome.freed if outcome is not None else None,
        outcome=outcome.text if outcome is not None else "",
        steps=tuple(steps),
    )
    return encode_printable(report)
