"""The commands of `devtui ctl`, one for each verb."""

from __future__ import annotations

import json
import os

import click

from devtui.control.client import acting, tables
from devtui.control.client.common_options import (
    Output,
    as_json_option,
    connected,
    example,
    filter_option,
    last_option,
    port_option,
    reports,
    reveal_option,
)
from devtui.control.client.link import link, living

_EPILOG = """\
Each verb prints JSON if its output is not a terminal. Exit status: 0 done; 1 the app failed, or
answered 5xx; 2 bad usage; 3 no devtui runs here. devtui ctl VERB --help has an example.
"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["--help"]})
@click.pass_context
def ctl(context: click.Context) -> None:
    """Talk to a running devtui: the one of this folder, or of a folder above."""
    if os.environ.get("NO_COLOR"):  # click does not look at it
        context.color = False


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
        raise click.UsageError(f"There is no field {field}: use one of {', '.join(result)}.")
    return None


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
@click.option("--follow", is_flag=True, help="Go on with new lines, until ctrl+c.")
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


@ctl.command(epilog=example("devtui ctl stack last"))
@click.argument("request_id", metavar="ID")
@port_option
@as_json_option
@reports
def stack(request_id: str, at_port: int | None, as_json: bool) -> None:
    """Show where a running request stands; ID may be last."""
    Output(as_json).show(connected(at_port).ask("stack", {"id": request_id}), tables.stack)


@ctl.command(epilog=example("devtui ctl routes"))
@port_option
@as_json_option
@reports
def routes(at_port: int | None, as_json: bool) -> None:
    """List the app's routes: Flask's and Django's, otherwise what was requested."""
    Output(as_json).show(connected(at_port).ask("routes", {}), tables.routes)


@ctl.command(epilog=example("devtui ctl calls --repeats"))
@click.option("--repeats", is_flag=True, help="List only the repeats (N+1), the worst first.")
@last_option(20)
@reveal_option
@port_option
@as_json_option
@reports
def calls(repeats: bool, last: int, reveal: bool, at_port: int | None, as_json: bool) -> None:
    """List what requests called (SQL, HTTP, ...), by text and line, the slowest first."""
    arguments = {"repeats": repeats, "last": last, "reveal": reveal}
    Output(as_json).show(connected(at_port).ask("calls", arguments), tables.calls)


@ctl.command(epilog=example("devtui ctl mcp --print-config"))
@click.option(
    "--print-config", is_flag=True, help="Print the lines that editors and agents need, and exit."
)
@port_option
@reports
def mcp(print_config: bool, at_port: int | None) -> None:
    """Serve the verbs as MCP tools on stdin and stdout."""
    if print_config:
        from devtui.control.client.mcp.setting_up import config

        click.echo(config(), nl=False)
        return
    from devtui.control.client.mcp.bridge import serve

    serve(lambda client: link(at_port, client))


@ctl.command(epilog=example("devtui ctl skill > .claude/skills/devtui/SKILL.md"))
@reports
def skill() -> None:
    """Print a short text that teaches an agent to use these verbs."""
    from devtui.control.client.mcp.setting_up import SKILL

    click.echo(SKILL, nl=False)


def main(arguments: list[str], *more: click.Command) -> None:
    """Run `devtui ctl` with these arguments; `more` commands need other parts of devtui."""
    for command in (*acting.COMMANDS, *more):
        ctl.add_command(command)
    ctl(arguments, prog_name="devtui ctl")
