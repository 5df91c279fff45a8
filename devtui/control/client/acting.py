"""The commands of `devtui ctl` that do something, and those that wait for a reload."""

from __future__ import annotations

import base64
import sys
from typing import Any

import click

from devtui.control.client import tables
from devtui.control.client.common_options import (
    Output,
    as_json_option,
    connected,
    example,
    port_option,
    reports,
    reveal_option,
    timeout_option,
)
from devtui.control.client.link import FAILED
from devtui.control.client.long_texts import with_files
from devtui.control.client.mcp.tools import content_type

_DONE = frozenset({"served", "unchanged"})


@click.command(epilog=example("devtui ctl wait --since 4 --timeout 20"))
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

    It looks at the files itself, so it works right after an edit. If nothing has changed, it says
    so and does not wait.
    """
    arguments = {"since": since, "timeout": timeout}
    return _outcome("wait", arguments, timeout, at_port, as_json)


def _outcome(
    verb: str, arguments: dict[str, Any], timeout: float, at_port: int | None, as_json: bool
) -> int:
    result = connected(at_port).ask(verb, arguments, timeout)
    Output(as_json).show(result, tables.outcome)
    return 0 if result["outcome"] in _DONE else FAILED


class SendCommand(click.Command):
    """Explain `--json` to people who know it from other programs as the body."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError:
            at = given.index("--json") + 1 if "--json" in given else len(given)
            if at < len(given) and given[at][:1] in ("{", "[", '"', "'"):
                raise click.UsageError(
                    "--json is the format of the output, and takes no value: "
                    "use --data for a body, also for JSON.",
                    ctx,
                ) from None
            raise


@click.command(
    cls=SendCommand,
    epilog=example("devtui ctl send POST /login --data 'name=ada' --header 'Accept: text/html'"),
)
@click.argument("method")
@click.argument("target")
@click.option(
    "--header", "headers", multiple=True, metavar="'NAME: VALUE'",
    help="A header; may be given several times.",
)  # fmt: skip
@click.option(
    "--data", default="", metavar="TEXT|-",
    help="The body; - reads it from stdin. A form, unless a Content-Type is given.",
)  # fmt: skip
@timeout_option(30.0)
@reveal_option
@port_option
@as_json_option
@reports
def send(
    method: str,
    target: str,
    headers: tuple[str, ...],
    data: str,
    timeout: float,
    reveal: bool,
    at_port: int | None,
    as_json: bool,
) -> int:
    """Send a request to the app: the response and everything that happened.

    TARGET begins with /. A long body is written to a file, whose path is printed.
    """
    pairs = []
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon:
            raise click.BadParameter(f"{header!r} has no colon: --header 'Accept: text/html'")
        pairs.append([name.strip(), value.strip()])
    body = sys.stdin.buffer.read() if data == "-" else data.encode()
    if body and not any(name.lower() == "content-type" for name, _ in pairs):
        pairs.append(["Content-Type", content_type(body)])
    arguments = {
        "method": method,
        "target": target,
        "headers": pairs,
        "data_base64": base64.b64encode(body).decode(),
        "timeout": max(timeout, 0.1),
        "reveal": reveal,
    }
    return _sent("send", arguments, timeout, at_port, as_json)


@click.command(epilog=example("devtui ctl replay last"))
@click.argument("request_id", metavar="ID")
@timeout_option(30.0)
@reveal_option
@port_option
@as_json_option
@reports
def replay(
    request_id: str, timeout: float, reveal: bool, at_port: int | None, as_json: bool
) -> int:
    """Send a request again, and say what differs from the first time; ID may be last."""
    arguments = {"id": request_id, "timeout": max(timeout, 0.1), "reveal": reveal}
    return _sent("replay", arguments, timeout, at_port, as_json)


def _sent(
    verb: str, arguments: dict[str, Any], timeout: float, at_port: int | None, as_json: bool
) -> int:
    result = connected(at_port).ask(verb, arguments, timeout + 20.0)
    Output(as_json).show(with_files(result), tables.exchange)
    response = result["response"]
    return FAILED if response is None or response["status"] >= 500 else 0


@click.command("eval", epilog=example("echo 'user.name' | devtui ctl eval last"))
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


@click.command(epilog=example("devtui ctl restart --fresh"))
@click.option("--fresh", is_flag=True, help="Import everything again, without the standby.")
@timeout_option(30.0)
@port_option
@as_json_option
@reports
def restart(fresh: bool, timeout: float, at_port: int | None, as_json: bool) -> int:
    """Restart the server, and wait until it serves."""
    arguments = {"fresh": fresh, "timeout": timeout}
    return _outcome("restart", arguments, timeout, at_port, as_json)


@click.command(epilog=example("devtui ctl port 5001"))
@click.argument("port", type=click.IntRange(0, 65_535), metavar="N")
@timeout_option(30.0)
@port_option
@as_json_option
@reports
def port(port: int, timeout: float, at_port: int | None, as_json: bool) -> int:
    """Serve on another port."""
    arguments = {"port": port, "timeout": timeout}
    return _outcome("port", arguments, timeout, at_port, as_json)


@click.command(epilog=example("devtui ctl debug off"))
@click.argument("on", type=click.Choice(["on", "off"]), metavar="on|off")
@timeout_option(30.0)
@port_option
@as_json_option
@reports
def debug(on: str, timeout: float, at_port: int | None, as_json: bool) -> int:
    """Turn debug mode on or off."""
    arguments = {"on": on == "on", "timeout": timeout}
    return _outcome("debug", arguments, timeout, at_port, as_json)


@click.command(epilog=example("devtui ctl hold --seconds 120"))
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


@click.command(epilog=example("devtui ctl release"))
@timeout_option(30.0)
@port_option
@as_json_option
@reports
def release(timeout: float, at_port: int | None, as_json: bool) -> int:
    """End a hold, and wait until what was saved is served."""
    return _outcome("release", {"timeout": timeout}, timeout, at_port, as_json)


COMMANDS = (wait, send, replay, evaluate, restart, port, debug, hold, release)
