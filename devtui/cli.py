"""The command line: options, environment variables and env files become `Settings`."""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from devtui import __version__, demo, envfiles
from devtui.session.interpreter import Interpreter
from devtui.settings import DEFAULT_GRACE, DEFAULT_HOST, DEFAULT_PORT, UNIX_SCHEME, Settings

if TYPE_CHECKING:
    from devtui.session.session import Session

ENVIRONMENT = "devtui.environment"

_EPILOG = """\
Every option reads DEVTUI_<OPTION>, and where Flask has it FLASK_RUN_<OPTION>; what is typed wins.
In the dashboard press ? for all keys.
"""


def _both(name: str) -> list[str]:
    return [f"DEVTUI_{name}", f"FLASK_RUN_{name}"]


def _read_env_files(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Let FLASK_APP, FLASK_RUN_PORT and the like stand in an env file, as Flask does.

    The server process starts with the environment from before, and reads the files again itself,
    so that a change of them shows at the next reload.
    """
    if ctx.resilient_parsing:
        return value
    ctx.meta[ENVIRONMENT] = tuple(os.environ.items())
    try:
        os.environ.update(envfiles.read(value, os.getcwd(), os.environ).values)
    except envfiles.EnvFileError as error:
        raise click.BadParameter(str(error)) from error
    return value


def _split_paths(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[str, ...]:
    return tuple(part for part in (value or "").split(os.pathsep) if part)


def _existing_paths(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[str, ...]:
    paths = _split_paths(ctx, param, value)
    for path in paths:
        if not os.path.exists(path):
            raise click.BadParameter(f"{path!r} does not exist in {os.getcwd()}.")
    return tuple(os.path.abspath(path) for path in paths)


def _check_cert(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if value.lower() == "adhoc":
        if importlib.util.find_spec("cryptography") is None:
            raise click.BadParameter("'adhoc' needs a library: python -m pip install cryptography")
        return "adhoc"
    if not os.path.isfile(value):
        raise click.BadParameter(f"{value!r} is no file; give a certificate's path, or adhoc.")
    return os.path.abspath(value)


def _check_key(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    cert = ctx.params.get("cert")
    if value is None:
        if cert and cert != "adhoc":
            raise click.BadParameter("--cert with a file needs its private key: --key PATH")
        return None
    if cert is None or cert == "adhoc":
        raise click.BadParameter("it belongs to a certificate: --cert PATH --key PATH")
    if not os.path.isfile(value):
        raise click.BadParameter(f"{value!r} is no file; give the private key's path.")
    return os.path.abspath(value)


def _check_host(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if value == UNIX_SCHEME or not value:
        raise click.BadParameter("give an address, a name, or unix://PATH")
    return value[1:-1] if value.startswith("[") and value.endswith("]") else value


def _decide_debug(ctx: click.Context, _param: click.Parameter, value: bool | None) -> bool | None:
    """The option, else FLASK_DEBUG as Flask reads it, else None: then the address decides."""
    if value is None and (flask_debug := os.environ.get("FLASK_DEBUG")):
        return flask_debug.lower() not in ("0", "false", "no")
    return value


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("app", required=False, metavar="[APP]"),
    click.option(
        "-e", "--env-file", metavar="PATH", envvar=["DEVTUI_ENV_FILE", "FLASK_ENV_FILE"],
        is_eager=True, callback=_read_env_files,
        help="Read variables from this file, besides .env and .flaskenv.",
    ),
    click.option(
        "-A", "--app", "app_option", metavar="APP", envvar=["DEVTUI_APP", "FLASK_APP"],
        help="The same as APP.  [default: wsgi.py, then app.py]",
    ),
    click.option(
        "-h", "--host", default=DEFAULT_HOST, envvar=_both("HOST"), callback=_check_host,
        show_default=True, help="Where to listen: an address, a name, or unix://PATH.",
    ),
    click.option(
        "-p", "--port", default=DEFAULT_PORT, type=click.IntRange(0, 65535),
        envvar=_both("PORT"), show_default=True, help="The port; 0 means any free one.",
    ),
    click.option(
        "--debug/--no-debug", default=None, envvar="DEVTUI_DEBUG", callback=_decide_debug,
        help="Reloader and debugger.  [default: on on a loopback address]",
    ),
    click.option(
        "--reload/--no-reload", default=None, envvar=_both("RELOAD"),
        help="Load the app again when a file changes.  [default: as debug]",
    ),
    click.option(
        "--debugger/--no-debugger", default=None, envvar=_both("DEBUGGER"),
        help="Show errors in the browser, to be examined.  [default: as debug]",
    ),
    click.option(
        "--with-threads/--without-threads", "threaded", default=True, envvar=_both("WITH_THREADS"),
        help="Give each request a thread of its own.  [default: with]",
    ),
    click.option(
        "--cert", metavar="PATH|adhoc", envvar=_both("CERT"), callback=_check_cert, is_eager=True,
        help="Serve HTTPS with this certificate.",
    ),
    click.option(
        "--key", metavar="PATH", envvar=_both("KEY"), callback=_check_key,
        help="The certificate's private key.",
    ),
    click.option(
        "--extra-files", metavar="PATHS", envvar=_both("EXTRA_FILES"), callback=_existing_paths,
        help=f"More files that mean a reload ({os.pathsep!r} between them).",
    ),
    click.option(
        "--exclude-patterns", metavar="PATTERNS", envvar=_both("EXCLUDE_PATTERNS"),
        callback=_split_paths,
        help=f"Files that never mean a reload ({os.pathsep!r} between the patterns).",
    ),
    click.option(
        "--grace", type=click.FloatRange(0, 60), default=DEFAULT_GRACE, metavar="SECONDS",
        envvar="DEVTUI_GRACE", show_default=True,
        help="How long a reload waits for requests in flight before it cuts them.",
    ),
    click.option("--plain", is_flag=True, envvar="DEVTUI_PLAIN", help="No screen: lines to read."),
    click.option(
        "--json", "as_json", is_flag=True, envvar="DEVTUI_JSON",
        help="No screen: one JSON event a line.",
    ),
    click.option(
        "--demo", "run_demo", is_flag=True, envvar="DEVTUI_DEMO",
        help="Run the built-in example in a scratch copy that you can edit.",
    ),
    click.option(
        "--who", is_flag=True, envvar="DEVTUI_WHO", help="Say who holds the port, and end."
    ),
    click.option(
        "--stop", is_flag=True, envvar="DEVTUI_STOP", help="With --who: stop it, after a yes."
    ),
    click.option("--yes", is_flag=True, envvar="DEVTUI_YES", help="With --stop: do not ask."),
)  # fmt: skip


def _with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["--help"]})
@_with_options
@click.version_option(__version__, prog_name="devtui")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Serve a WSGI application while you develop it, and see what it does.

    APP is what flask --app takes: hello, hello:app, hello:create_app("dev"), package.module:name,
    path/to/hello.py. Any WSGI callable will do: Flask, Django, Bottle, and so on.
    """
    # As a command of Flask's the context's object is Flask's own.
    interpreter = ctx.obj if isinstance(ctx.obj, Interpreter) else None
    run_demo: bool = options.pop("run_demo")
    plain: bool = options.pop("plain")
    as_json: bool = options.pop("as_json")
    if plain and as_json:
        raise click.UsageError("--plain and --json exclude each other: give one of them.")
    who, stop, yes = (options.pop(name) for name in ("who", "stop", "yes"))
    settings = _settings(options, ctx.meta[ENVIRONMENT])
    _check_who(ctx, settings, who, stop)
    if who:
        from devtui.who import run as run_who

        ctx.exit(run_who(settings, stop=stop, yes=yes, as_json=as_json))
    if run_demo:
        if settings.app is not None and (options["app"] or options["app_option"]):
            _refuse_app_with_demo(ctx)
        ctx.exit(_run_demo(settings, plain, as_json, interpreter))
    ctx.exit(run(settings, plain, as_json, interpreter))


@click.command(name="tui", context_settings=command.context_settings, epilog=_EPILOG)
@_with_options
@click.pass_context
def flask_command(ctx: click.Context, /, **options: Any) -> None:
    """Run the development server in devtui, the terminal dashboard."""
    # Flask's group keeps what was given to `flask --app`; an APP of our own stands before it.
    options["app_option"] = getattr(ctx.obj, "app_import_path", None) or options["app_option"]
    ctx.invoke(command, **options)


def _refuse_app_with_demo(ctx: click.Context) -> None:
    for name in ("app", "app_option"):
        source = ctx.get_parameter_source(name)
        if source is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError("--demo brings its own app: leave out APP, or leave out --demo.")


def _check_who(ctx: click.Context, settings: Settings, who: bool, stop: bool) -> None:
    """Refuse what was typed and has no meaning without, or together with, the option."""

    def typed(name: str) -> bool:
        return ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE

    if not who and typed("stop"):
        raise click.UsageError("--stop belongs to --who: devtui --who --stop")
    if not stop and typed("yes"):
        raise click.UsageError("--yes belongs to --stop: devtui --who --stop --yes")
    if who and typed("run_demo"):
        raise click.UsageError("--who starts nothing: leave out --demo.")
    if who and settings.is_unix_socket:
        raise click.UsageError("--who is about a port: give --host an address, or leave it out.")
    if who and settings.port == 0:
        raise click.UsageError("Port 0 means any free one: give --who the port to look at.")


def _settings(options: dict[str, Any], environment: tuple[tuple[str, str], ...]) -> Settings:
    typed, option = options["app"], options["app_option"]
    settings = Settings(
        app=typed or option,
        folder=Path.cwd(),
        host=options["host"],
        port=options["port"],
        threaded=options["threaded"],
        cert=options["cert"],
        key=options["key"],
        extra_files=options["extra_files"],
        exclude_patterns=options["exclude_patterns"],
        grace=options["grace"],
        env_file=options["env_file"] and os.path.abspath(options["env_file"]),
        environment=environment,
    )
    debug = options["debug"] if options["debug"] is not None else settings.is_loopback
    reload, debugger = options["reload"], options["debugger"]
    return replace(
        settings,
        debug=debug,
        reload=debug if reload is None else reload,
        debugger=debug if debugger is None else debugger,
    )


def _run_demo(
    settings: Settings, plain: bool, as_json: bool, interpreter: Interpreter | None
) -> int:
    try:
        folder = demo.make_copy()
    except OSError as error:
        raise click.ClickException(f"The example could not be copied: {error}") from error
    settings = replace(settings, app=demo.APP, folder=folder)
    status = run(settings, plain, as_json, interpreter)
    if demo.discard_unless_edited(folder):
        click.echo(f"Your edited copy of the example is in {folder}", err=True)
    return status


def run(
    settings: Settings, plain: bool, as_json: bool, interpreter: Interpreter | None = None
) -> int:
    """Run a session to its end with the front end that fits; returns the exit status.

    Without being asked for, `plain` is taken where stdout is no terminal or a dumb one. An
    `interpreter` that runs already, with the same environment, becomes the first server process.
    """
    # Each front end is imported when it is chosen, and Textual last of all: the server process
    # is loading the app meanwhile. To look for garbage among modules takes a tenth of their import.
    collects = gc.isenabled()
    gc.disable()
    from devtui.session.session import Session

    session = Session(settings, interpreter)
    try:
        session.launch()
        front_end = _front_end(plain, as_json)
        gc.freeze()  # nor is it looked for among them while the first frame is made
        if collects:
            gc.enable()
        status = front_end(session)
    finally:
        session.kill()
        for stream in (sys.stdout, sys.stderr):
            _let_go_of(stream)
    return _report_failure(session) or status


def _front_end(plain: bool, as_json: bool) -> Callable[[Session], int]:
    if as_json:
        from devtui.lines import run_json

        return run_json
    if plain or not _has_screen():
        from devtui.lines import run_plain

        return run_plain
    from devtui.dashboard.app import run_dashboard

    return run_dashboard


def _has_screen() -> bool:
    # Textual draws on stderr: with that in a file the terminal would stay empty.
    streams = (sys.stdin, sys.stdout, sys.stderr)
    knows = os.environ.get("TERM", "") not in ("", "dumb", "unknown")
    return knows and all(one.isatty() for one in streams)


def _let_go_of(stream: IO[str]) -> None:
    """Flush a stream whose reader or terminal may be gone.

    Python flushes once more at its end, and would turn the exit status into 120 if that failed.
    """
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _report_failure(session: Session) -> int:
    """The first load's error on stderr, where it was the last word; 1 then, else 0."""
    failure = session.failure
    if failure is None or (failure.reload and session.settings.main is None):
        return 0
    from devtui.sanitise import visible

    for line in failure.error.text.splitlines():
        click.echo(visible(line, 10_000), err=True)
    return 1
