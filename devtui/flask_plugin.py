"""`flask tui`, as Flask's command line finds it."""

from __future__ import annotations

from typing import Any

import click


class Tui(click.Command):
    """Stands for the command until it is typed.

    Flask imports every plugin for whatever command is typed, so this takes click alone, which
    Flask has imported.
    """

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """The context of the command itself, which click then invokes."""
        from devtui.cli.command import flask_command

        return flask_command.make_context(info_name, args, parent, **extra)


tui = Tui("tui", help="Run the development server in devtui, the terminal dashboard.")
