"""The commands of `devtui ctl`, one for each verb."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from devtui.control.client import tables
from devtui.control.client.link import FAILED, living
from devtui.control.client.options import (
    Output,
    as_json_option,
    connected,
    example,
    filter_option,
    last_option,
    port_option,
    reports,
    reveal_option,
    timeout_option,
)

_DONE = frozenset({"served", "unchanged"})

_EPILOG = """\
Each verb prints JSON if its output is not a terminal. Exit status: 0 done; 1 the app failed, or
answered 5xx; 2 bad usage; 3 no devtui runs here. devtui ctl VERB --help has an example.
"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["--help"]})
def ctl() -> None:
    """Talk to a running devtui: the one of this folder, or of a folder above."""


@ctl.command(epilog=example("devtui ctl status --field generation"))
@click.option("--field", metavar="NAME", help="Print this field alone.")
@click.option("--all", "everywhere", is_flag=True, help="List each devtui of this user.")
@port_option
@as_json_option
@reports
def status(field: str | None, everywhere: bool, at_port: int | None, as_json: bool) -> int | None:
    """Say what runs: app, URL, state, generation, the last error."""
    output = Output(as_json)
    if everywhere:
        if field is not None:
            raise click.UsageError("--field and --all exclude each other: use one of them.")
        found = [one.record for one in living()]
        output.show(
            {"sessions": found},
            lambda shown: tables.sessions(shown["sessions"]),
        )
        return None
    result = connected(at_port).ask("status", {})
    if field is None:
        output.show(result, tables.pairs)
    elif field in result:
        value = result[field]
        click.echo(value if isinstance(value, str) else json.dumps(value))
    else:
        raise click.UsageError(f"There is no field {field}: {', '.join(result)}.")
    return None


@ctl.command(epilog=example("devtui ctl wait --since 4 --timeout 20"))
@click.option(
    "--since", type=int, metavar="GENERATION",
    help="The generation before your edit: status --field generation.",
)  # fmt: skip
@timeout_option(30.0)
@port_option
@as_json_option
@reports
def wait(since: int | None, timeout: float, at_port: int | None, as_json: bool) -> int:
    """Wait until the newest save is served, or has failed.

    It looks at the files itself, so it works at once after an edit. If nothing has changed it says
    so, and does not wait.
    """
    arguments = {"since": since, "timeout": timeout}
    return _outcome("wait", arguments, timeout, at_port, as_json)


def _outcome(
    verb: str, arguments: dict[str, Any], timeout: float, at_port: int | None, as_json: bool
) -> int:
    result = connected(at_port).ask(verb, arguments, timeout)
    Output(as_json).show(result, tables.outcome)
    return 0 if result["outcome"] in _DONE else FAILED


@ctl.command(epilog=example("devtui ctl requests --filter '5xx post' --last 5"))
@filter_option
@last_option(20)
@reveal_option
@port_option
@as_json_option
@reports
def requests(words: str, last: int, reveal: bool, at_port: int | None, as_json: bool) -> None:
    """List the newest requests."""
    arguments = {"filter": words, "last": last, "reveal": reveal}
    Output(as_json).show(connected(at_port).ask("requests", arguments), tables.requests)


@ctl.command(epilog=example("devtui ctl request last"))
@click.argument("request_id", metavar="ID")
@reveal_option
@port_option
@as_json_option
@reports
def request(request_id: str, reveal: bool, at_port: int | None, as_json: bool) -> None:
    """Show everything about one request; ID may be last."""
    arguments = {"id": request_id, "reveal": reveal}
    Output(as_json).show(connected(at_port).ask("request", arguments), tables.request)


@ctl.command(epilog=example("devtui ctl errors last"))
@click.argument("error_id", metavar="[ID]", required=False)
@filter_option
@last_option(20)
@reveal_option
@port_option
@as_json_option
@reports
def errors(
    error_id: str | None, words: str, last: int, reveal: bool, at_port: int | None, as_json: bool
) -> None:
    """List errors, or show one with its frames and variables; ID may be last."""
    arguments = {"id": error_id, "filter": words, "last": last, "reveal": reveal}
    found = connected(at_port).ask("errors", arguments, 15.0)
    Output(as_json).show(found, tables.errors)


@ctl.command(epilog=example("devtui ctl logs --filter level:error --follow"))
@filter_option
@last_option(50)
@click.option("--follow", is_flag=True, help="Go on with what comes, until ctrl+c.")
@reveal_option
@port_option
@as_json_option
@reports
def logs(
    words: str, last: int, follow: bool, reveal: bool, at_port: int | None, as_json: bool
) -> None:
    """Print the newest lines of the log."""
    output, connection = Output(as_json), connected(at_port)
    arguments = {"filter": words, "last": last, "reveal": reveal, "follow": follow}
    if not follow:
        output.show(connection.ask("logs", arguments), tables.log)
        return
    try:
        for item in connection.follow("logs", arguments):
            output.show(item, tables.line)
    except KeyboardInterrupt:
        return


@ctl.command("eval", epilog=example("echo 'user.name' | devtui ctl eval last"))
@click.argument("error_id", metavar="ERROR")
@click.argument("frame", type=int, required=False, metavar="[FRAME]")
@timeout_option(10.0, 60.0)
@port_option
@as_json_option
@reports
def evaluate(
    error_id: str, frame: int | None, timeout: float, at_port: int | None, as_json: bool
) -> int:
    """Run code from stdin in a frame of an error.

    ERROR may be last. Without FRAME it runs in the innermost frame of your own code.
    """
    code = sys.stdin.read()
    arguments = {"id": error_id, "frame": frame, "code": code, "timeout": timeout}
    result = connected(at_port).ask("eval", arguments, timeout)
    Output(as_json).show(result, tables.evaluated)
    return FAILED if result["traceback"] or result["interrupted"] else 0


@ctl.command(epilog=example("devtui ctl stack last"))
@click.argument("request_id", metavar="ID")
@port_option
@as_json_option
@reports
def stack(request_id: str, at_port: int | None, as_json: bool) -> None:
    """Show where a running request stands; ID may be last."""
    Output(as_json).show(connected(at_port).ask("stack", {"id": request_id}), tables.stack)


@ctl.command(epilog=example("devtui ctl restart --fresh"))
@click.option("--fresh", is_flag=True, help="Import everything again, without the standby.")
@timeout_option(30.0)
@port_option
@as_json_option
@reports
def restart(fresh: bool, timeout: float, at_port: int | None, as_json: bool) -> int:
    """Restart the server, and wait until it serves."""
    arguments = {"fresh": fresh, "timeout": timeout}
    return _outcome("restart", arguments, timeout, at_port, as_json)


@ctl.command(epilog=example("devtui ctl port 5001"))
@click.argument("port", type=click.IntRange(0, 65_535), metavar="N")
@timeout_option(30.0)
@port_option
@as_json_option
@reports
def port(port: int, timeout: float, at_port: int | None, as_json: bool) -> int:
    """Serve on another port."""
    arguments = {"port": port, "timeout": timeout}
    return _outcome("port", arguments, timeout, at_port, as_json)


@ctl.command(epilog=example("devtui ctl debug off"))
@click.argument("on", type=click.Choice(["on", "off"]), metavar="on|off")
@timeout_option(30.0)
@port_option
@as_json_option
@reports
def debug(on: str, timeout: float, at_port: int | None, as_json: bool) -> int:
    """Turn debug mode on or off."""
    arguments = {"on": on == "on", "timeout": timeout}
    return _outcome("debug", arguments, timeout, at_port, as_json)


@ctl.command(epilog=example("devtui ctl hold --seconds 120"))
@click.option(
    "--seconds", type=click.FloatRange(1, 600), default=60.0, show_default=True, metavar="N",
    help="The hold ends by itself after this time.",
)  # fmt: skip
@port_option
@as_json_option
@reports
def hold(seconds: float, at_port: int | None, as_json: bool) -> None:
    """Let saves wait, so that several become one reload. The key r ends it too."""
    Output(as_json).show(connected(at_port).ask("hold", {"seconds": seconds}), tables.pairs)


@ctl.command(epilog=example("devtui ctl release"))
@timeout_option(30.0)
@port_option
@as_json_option
@reports
def release(timeout: float, at_port: int | None, as_json: bool) -> int:
    """End a hold, and wait until what was saved is served."""
    return _outcome("release", {"timeout": timeout}, timeout, at_port, as_json)


def main(arguments: list[str]) -> None:
    """Run `devtui ctl` with these arguments."""
    ctl(arguments, prog_name="devtui ctl")
