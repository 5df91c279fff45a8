"""The command palette: every command that can work now, by its description."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.app import App, SystemCommand
from textual.markup import escape
from textual.screen import Screen

from devtui.dashboard.keys.commands import Command, in_force
from devtui.dashboard.lists.sorting import ORDERS

_NOT_OFFERED = (
    "palette",
    "interrupt",
    "opened-interrupt",
    "stop-evaluation",
    "back",
    "error-back",
    "stack-back",
    "profile-back",
)


def offered(app: App[int], screen: Screen[object]) -> Iterator[SystemCommand]:
    """List the commands of this screen and of the app, and the sort orders."""
    scopes = getattr(screen, "key_scopes", ())
    for command in in_force:
        if (
            not command.action
            or command.scope not in ("app", *scopes)
            or command.name in _NOT_OFFERED
        ):
            continue
        owner = app if command.scope == "app" else screen
        if owner.check_action(*_name_and_parameters(command)):
            title = command.help if command.name != "help" else "All keys"
            run = _runner(app, command.action, owner)
            # The name of a custom command may contain brackets, which Textual takes for markup.
            yield SystemCommand(escape(title), _key(command), run)
    if "main" in scopes and screen.check_action("sort", ()):
        for order, words in ORDERS.items():
            title = f"Sort: {words or 'newest last'}"
            yield SystemCommand(
                title, _key(in_force["sort"]), _runner(app, f"sort({order!r})", screen)
            )


def _key(command: Command) -> str:
    return f"key: {command.shown}" if command.shown else command.label or "no key"


def _name_and_parameters(command: Command) -> tuple[str, tuple[object, ...]]:
    name, _, parameter = command.action.partition("(")
    return name, (int(parameter.rstrip(")")),) if parameter else ()


def _runner(app: App[int], action: str, owner: App[int] | Screen[object]) -> Callable[[], None]:
    def run() -> None:
        app.call_later(app.run_action, action, owner)

    return run
