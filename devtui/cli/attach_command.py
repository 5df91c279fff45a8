"""The command `devtui ctl attach`: a second dashboard, in another terminal."""

from __future__ import annotations

import os
import warnings

import click

from devtui.control.client.common_options import connected, example, port_option, reports
from devtui.control.client.link import BAD_USAGE, FAILED, CtlError


@click.command(epilog=example("ssh box -t 'cd shop && devtui ctl attach'"))
@port_option
@reports
def attach(at_port: int | None) -> int:
    """Open a second dashboard on a running devtui, also on one with --plain or --json.

    The key q closes this dashboard alone. It stays when devtui ends, and goes on with the next one
    of the folder.
    """
    connection = connected(at_port)
    # No other verb waits for these modules.
    import msgspec

    from devtui.cli.command import has_screen
    from devtui.control.attached.session_facts import Greeting, differing_version
    from devtui.version import __version__

    if why := differing_version(__version__, connection.record["version"]):
        raise CtlError(why, FAILED)
    if not has_screen():
        raise CtlError(
            "attach shows a dashboard, and needs a terminal for its input and output: "
            "devtui ctl logs --follow does not.",
            BAD_USAGE,
        )
    greeting = connection.ask("greet", {"version": __version__})
    found = connection.found
    connection.close()
    # Custom commands and the editor work where the project is.
    os.chdir(found.record["folder"])
    warnings.simplefilter("ignore")  # they would be written over the screen
    from devtui.control.remote.remote_session import RemoteSession
    from devtui.dashboard.attached.attached_app import run_attached

    return run_attached(RemoteSession(found, msgspec.convert(greeting, Greeting)))
