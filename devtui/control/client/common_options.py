"""What the commands of `devtui ctl` share: options, exit statuses, and output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from devtui.control.client.link import CtlError, Link, link

CommonOptions = Callable[..., None]

as_json_option = click.option(
    "--json", "as_json", is_flag=True,
    help="Print JSON; the default if the output is not a terminal.",
)  # fmt: skip
port_option = click.option(
    "--port", "at_port", type=click.IntRange(1, 65_535), metavar="PORT",
    help="The port of the devtui to talk to, if several run.",
)  # fmt: skip
reveal_option = click.option(
    "--reveal", is_flag=True, help="Do not mask passwords, tokens and keys."
)
filter_option = click.option(
    "--filter", "words", default="", metavar="WORDS",
    help="Print only what these words keep, as in the dashboard's filters: '5xx', 'level:error'.",
)  # fmt: skip


def last_option(default: int) -> Callable[[Any], Any]:
    """Return the option for how many rows to print."""
    return click.option(
        "--last", type=click.IntRange(1, 1_000), default=default, show_default=True, metavar="N",
        help="How many of the newest to print.",
    )  # fmt: skip


def timeout_option(default: float, most: float = 600.0) -> Callable[[Any], Any]:
    """Return the option for how long to wait."""
    return click.option(
        "--timeout", type=click.FloatRange(0, most), default=default, show_default=True,
        metavar="SECONDS", help="How long to wait.",
    )  # fmt: skip


def example(text: str) -> str:
    """Return the part of a help that shows an example."""
    return f"\b\nExample:\n  {text}"


class Output:
    """Print results: JSON for programs, tables for people."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json or not sys.stdout.isatty()

    def show(self, result: Any, table: Callable[[Any], None]) -> None:
        """Print a result."""
        if self.as_json:
            print(json.dumps(result, ensure_ascii=not _is_utf8()), flush=True)
        else:
            table(result)


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def connected(port: int | None) -> Link:
    """Connect to the devtui that is meant."""
    return link(port, os.environ.get("DEVTUI_CTL_CLIENT") or "ctl")


def reports(function: Callable[..., int | None]) -> Callable[..., None]:
    """Turn errors of a command into a sentence and the exit status; its result is the status."""

    @wraps(function)
    def command(*arguments: Any, **options: Any) -> None:
        try:
            status = function(*arguments, **options)
        except CtlError as error:
            click.echo(f"devtui ctl: {error}", err=True)
            status = error.status
        except BrokenPipeError:
            # The reader of our output is gone; Python's own flush at exit would complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = 141
        if status:
            raise SystemExit(status)

    return command
