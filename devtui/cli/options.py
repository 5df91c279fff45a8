"""Define and check the options of the command line, and turn them into `Settings`."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from devtui.cli.certificate import check_cert, check_key
from devtui.config import env_files, yes_or_no
from devtui.config.settings import (
    DEFAULT_GRACE,
    DEFAULT_HOST,
    DEFAULT_PORT,
    MAX_PORT,
    UNIX_SCHEME,
    Settings,
)
from devtui.text.sanitize import visible

# The longest message; the names that it quotes may be longer.
MAX_MESSAGE = 10_000

_ENVIRONMENT = "devtui.environment"
NOTICE = "devtui.notice"
"""The key in a context's `meta` for the env files' message to the user, which may be None."""

PREFERENCES = "devtui.preferences"
"""The key in a context's `meta` for what the config says about the dashboard."""

FOLDER = "devtui.folder"
"""The key in a context's `meta` for the folder of the app, if the config names the app."""


def _both(name: str) -> list[str]:
    return [f"DEVTUI_{name}", f"FLASK_RUN_{name}"]


def _read_env_files(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Read FLASK_APP, FLASK_RUN_PORT and the like from env files, as Flask does.

    The server process starts with the original environment and reads the files again, so a change
    takes effect at the next reload. The example ignores the current folder and its env files, so
    this waits until both options are known.
    """
    known = {**ctx.params, str(param.name): value}
    if ctx.resilient_parsing or not known.keys() >= {"env_file", "run_demo"}:
        return value
    ctx.meta[_ENVIRONMENT] = tuple(os.environ.items())
    if known["run_demo"]:
        return value
    try:
        found = env_files.read(known["env_file"], os.getcwd(), os.environ)
    except env_files.EnvFileError as error:
        option = next(one for one in ctx.command.params if one.name == "env_file")
        raise click.BadParameter(visible(str(error), MAX_MESSAGE), param=option) from error
    os.environ.update(found.values)
    ctx.meta[NOTICE] = found.notice
    return value


def _split_paths(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[str, ...]:
    return tuple(part for part in (value or "").split(os.pathsep) if part)


def _absolute_paths(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[str, ...]:
    return tuple(map(os.path.abspath, _split_paths(ctx, param, value)))


def _check_host(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if value == UNIX_SCHEME or not value:
        raise click.BadParameter("the host is empty: give an address, a name, or unix://PATH")
    return value[1:-1] if value.startswith("[") and value.endswith("]") else value


def _split_hosts(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[str, ...]:
    """Split and check the hosts: one with a scheme or a port would never match."""
    hosts = tuple(host for host in (part.strip() for part in (value or "").split(",")) if host)
    for host in hosts:
        if not _is_host(host):
            raise click.BadParameter(
                f"{host!r} is not a host: give names or addresses without scheme and port, such as "
                "app.test,.dev.example,192.168.1.5"
            )
    return hosts


def _is_host(host: str) -> bool:
    bare = host.removeprefix("[").removesuffix("]")
    if ":" in bare:
        try:
            return ipaddress.ip_address(bare.partition("%")[0]).version == 6
        except ValueError:
            return False
    try:
        bare.removeprefix(".").encode("idna")
    except UnicodeError:  # a label is empty or too long
        return False
    return bool(bare.strip(".")) and all(c.isalnum() or c in "-._" for c in bare)


def is_from_config(ctx: click.Context, name: str) -> bool:
    """Whether an option has its value from a config file."""
    return ctx.get_parameter_source(name) is click.core.ParameterSource.DEFAULT_MAP


def _decide_debug(ctx: click.Context, _param: click.Parameter, value: bool | None) -> bool | None:
    """Return the option, else FLASK_DEBUG as `flask run` reads it; on None the address decides."""
    decided = value is not None and not is_from_config(ctx, "debug")
    if decided or not (flask_debug := os.environ.get("FLASK_DEBUG")):
        return value
    if (said := yes_or_no.parse(flask_debug)) is None:
        raise click.BadParameter(
            f"FLASK_DEBUG is {flask_debug!r}, which is neither yes nor no: set it to 1 or 0."
        )
    return said


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("app", required=False, metavar="[APP]"),
    click.option(
        "-e", "--env-file", metavar="PATH", envvar=["DEVTUI_ENV_FILE", "FLASK_ENV_FILE"],
        is_eager=True, callback=_read_env_files,
        help="Read variables from this file too, after .env and .flaskenv.",
    ),
    click.option(
        "-A", "--app", "app_option", metavar="APP", envvar=["DEVTUI_APP", "FLASK_APP"],
        help="The same as APP.  [default: wsgi.py, app.py, or the Django project]",
    ),
    click.option(
        "--demo", "run_demo", is_flag=True, envvar="DEVTUI_DEMO", is_eager=True,
        callback=_read_env_files,
        help="Run the built-in example in a scratch copy that you can edit.",
    ),
    click.option(
        "-h", "--host", default=DEFAULT_HOST, envvar=_both("HOST"), callback=_check_host,
        show_default=True, help="Where to listen: an address, a name, or unix://PATH.",
    ),
    click.option(
        "-p", "--port", default=DEFAULT_PORT, type=click.IntRange(0, MAX_PORT),
        envvar=_both("PORT"), show_default=True, help="The port; 0 means any free one.",
    ),
    click.option(
        "--debug/--no-debug", default=None, envvar=_both("DEBUG"), callback=_decide_debug,
        help="Reloader and debugger.  [default: on for a loopback address]",
    ),
    click.option(
        "--reload/--no-reload", default=None, envvar=_both("RELOAD"),
        help="Reload the app when a file changes.  [default: as --debug]",
    ),
    click.option(
        "--debugger/--no-debugger", default=None, envvar=_both("DEBUGGER"),
        help="Show a debugger in the browser on errors.  [default: as --debug]",
    ),
    click.option(
        "--live/--no-live", default=None, envvar="DEVTUI_LIVE",
        help="Have open pages in browsers follow every save.  [default: as --debug]",
    ),
    click.option(
        "--live-console/--no-live-console", default=False, envvar="DEVTUI_LIVE_CONSOLE",
        help="Show the app's log and errors in the browser's console too.  [default: off]",
    ),
    click.option(
        "--standby/--no-standby", default=True, envvar="DEVTUI_STANDBY",
        help="Prepare the next server process ahead of a reload.  [default: on]",
    ),
    click.option(
        "--python", metavar="PATH", envvar="DEVTUI_PYTHON",
        help="The interpreter that runs the app, or its environment's folder.  "
        "[default: the project's environment, else devtui's own]",
    ),
    click.option(
        "--trace/--no-trace", default=None, envvar="DEVTUI_TRACE",
        help="Record what requests call: SQL, HTTP, templates, caches.  [default: as --debug]",
    ),
    click.option(
        "--control/--no-control", default=True, envvar="DEVTUI_CONTROL",
        help="Let scripts and agents of this user in, by devtui ctl.  [default: on]",
    ),
    click.option(
        "--trusted-hosts", metavar="HOSTS", envvar="DEVTUI_TRUSTED_HOSTS",
        callback=_split_hosts,
        help="More hosts that may see errors and the debugger, separated by ','.",
    ),
    click.option(
        "--with-threads/--without-threads", "threaded", default=True, envvar=_both("WITH_THREADS"),
        help="Handle requests side by side, in threads.  [default: with]",
    ),
    click.option(
        "--cert", metavar="PATH|adhoc|OBJECT", envvar=_both("CERT"), callback=check_cert,
        is_eager=True,
        help="Serve HTTPS with this certificate, or with an ssl.SSLContext: MODULE.NAME.",
    ),
    click.option(
        "--key", metavar="PATH", envvar=_both("KEY"), callback=check_key,
        help="The certificate's private key.",
    ),
    click.option(
        "--extra-files", metavar="PATHS", envvar=_both("EXTRA_FILES"), callback=_absolute_paths,
        help=f"More files to watch, which need not exist yet, separated by {os.pathsep!r}.",
    ),
    click.option(
        "--exclude-patterns", metavar="PATTERNS", envvar=_both("EXCLUDE_PATTERNS"),
        callback=_split_paths,
        help=f"Patterns of files that never cause a reload, separated by {os.pathsep!r}.",
    ),
    click.option(
        "--grace", type=click.FloatRange(0, 60), default=DEFAULT_GRACE, metavar="SECONDS",
        envvar="DEVTUI_GRACE", show_default=True,
        help="How long a reload waits for running requests before it cuts them.",
    ),
    click.option(
        "--plain", is_flag=True, envvar="DEVTUI_PLAIN", help="No screen: print lines for people."
    ),
    click.option(
        "--json", "as_json", is_flag=True, envvar="DEVTUI_JSON",
        help="No screen: print one JSON event per line.",
    ),
    click.option(
        "--who", is_flag=True, envvar="DEVTUI_WHO", help="Say what holds the port, and exit."
    ),
    click.option(
        "--stop", is_flag=True, envvar="DEVTUI_STOP", help="With --who: stop it, after asking."
    ),
    click.option("--yes", is_flag=True, envvar="DEVTUI_YES", help="With --stop: do not ask."),
    click.option(
        "--config", metavar="PATH", envvar="DEVTUI_CONFIG",
        help="Read the settings from this file.  [default: devtui.toml or pyproject.toml]",
    ),
)  # fmt: skip


def with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command with APP and all our options."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def settings_of(ctx: click.Context, options: dict[str, Any]) -> Settings:
    """Turn the values of the options, which were read in `ctx`, into settings."""
    typed, option = options["app"], options["app_option"]
    settings = Settings(
        app=typed or option,
        folder=Path(ctx.meta.get(FOLDER) or Path.cwd()),
        host=options["host"],
        port=options["port"],
        threaded=options["threaded"],
        cert=options["cert"],
        key=options["key"],
        extra_files=options["extra_files"],
        exclude_patterns=options["exclude_patterns"],
        grace=options["grace"],
        env_file=options["env_file"] and os.path.abspath(options["env_file"]),
        environment=ctx.meta[_ENVIRONMENT],
        trusted_hosts=options["trusted_hosts"],
        standby=options["standby"],
        preferences=ctx.meta.get(PREFERENCES),
        control=options["control"],
        trace=options["trace"],
        live_console=options["live_console"],
    )
    debug = options["debug"] if options["debug"] is not None else settings.is_loopback
    return settings.with_debug(debug).with_parts(
        reload=options["reload"], debugger=options["debugger"], live=options["live"]
    )
