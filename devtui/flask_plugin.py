"""The command `flask tui`, for Flask's command line."""

from __future__ import annotations

from typing import Any

import click


class Tui(click.Command):
    """A placeholder that loads the real command when the user runs it.

    Flask imports every plugin for every command, so this module imports only click, which Flask
    has already imported.
    """

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Return the context of the real command, which click then invokes."""
        from devtui.cli.command import flask_command

        return flask_command.make_context(info_name, args, parent, **extra)


tui = Tui("tui", help="Run the development server in devtui, the terminal dashboard.")
