"""The command line: the commands, and the front end that each runs a session with."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

import click
from msgspec import structs

from devtui import demo
from devtui.cli.options import NOTICE, settings_of, with_options
from devtui.config.settings import Settings
from devtui.session.processes.spawn import Interpreter
from devtui.version import __version__

if TYPE_CHECKING:
    from devtui.session.session import Session

_EPILOG = """\
Every option reads DEVTUI_<OPTION>, and where Flask has it FLASK_RUN_<OPTION>; what is typed wins.
In the dashboard press ? for all keys.
"""


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["--help"]})
@with_options
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
    settings = settings_of(ctx, options)
    _check_who(ctx, settings, who, stop)
    if who:
        from devtui.cli.who import run as run_who

        if notice := ctx.meta.get(NOTICE):
            click.echo(notice, err=True)
        ctx.exit(run_who(settings, stop=stop, yes=yes, as_json=as_json))
    if run_demo:
        _refuse_with_demo(ctx)
        ctx.exit(_run_demo(settings, plain, as_json, interpreter))
    ctx.exit(run(settings, plain, as_json, interpreter))


@click.command(name="tui", context_settings=command.context_settings, epilog=_EPILOG)
@with_options
@click.pass_context
def flask_command(ctx: click.Context, /, **options: Any) -> None:
    """Run the development server in devtui, the terminal dashboard."""
    # Flask's group keeps what was given to `flask --app`; an APP of our own stands before it.
    options["app_option"] = getattr(ctx.obj, "app_import_path", None) or options["app_option"]
    ctx.invoke(command, **options)


def _refuse_with_demo(ctx: click.Context) -> None:
    for name, why in (
        ("app", "--demo brings its own app: leave out APP, or leave out --demo."),
        ("app_option", "--demo brings its own app: leave out APP, or leave out --demo."),
        ("env_file", "--demo reads no env file: leave out -e, or leave out --demo."),
    ):
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(why)


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


def _run_demo(
    settings: Settings, plain: bool, as_json: bool, interpreter: Interpreter | None
) -> int:
    try:
        folder = demo.make_copy()
    except OSError as error:
        raise click.ClickException(f"The example could not be copied: {error}") from error
    settings = structs.replace(
        settings, app=demo.APP, folder=folder, env_files=False, env_file=None
    )
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
    # What Python and libraries warn of would be written into the screen, as it stands, and end us
    # where warnings are errors. The app has a process of its own, and there they are.
    warnings.simplefilter("ignore")
    from devtui.session.session import Session

    screen = not plain and not as_json and _has_screen()
    session = Session(structs.replace(settings, keep_all=not screen), interpreter)
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
        from devtui.headless import run_json

        return run_json
    if plain or not _has_screen():
        from devtui.headless import run_plain

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
    """The first load's error or end on stderr, where it was the last word; 1 then, else 0."""
    if session.served.crash:
        click.echo(session.served.crash, err=True)
        return 1
    failure = session.served.failure
    if failure is None or not session.served.given_up:
        return 0
    from devtui.text.sanitize import visible

    for line in failure.error.text.splitlines():
        click.echo(visible(line, 10_000), err=True)
    return 1
