"""Define the commands, and run a session with the front end that the user chose."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

import click
from msgspec import structs

from devtui.cli.app_python import with_python
from devtui.cli.certificate import check_adhoc
from devtui.cli.configured import ConfiguredCommand, placed
from devtui.cli.options import FOLDER, NOTICE, settings_of, with_options
from devtui.config.settings import Settings
from devtui.session.processes.spawn import Interpreter
from devtui.text.formats import BESIDE_LINE
from devtui.text.terminal_name import knows_sequences
from devtui.version import __version__

if TYPE_CHECKING:
    from devtui.session.session import Session

# The columns of the screen beside a line of the log: borders, time and level. The screen corrects
# it for its layout.
_BESIDE_TEXT = 21

# The longest line of a message; what it quotes may be longer.
MAX_LINE = 10_000

# The key in a context's `meta` that says: the Python of `flask` runs the app.
_BELOW_FLASK = "devtui.below_flask"

_EPILOG = """\
Each option can be set by the variable DEVTUI_<OPTION>, and by FLASK_RUN_<OPTION> if Flask has the
option; then by devtui.toml, or [tool.devtui] in pyproject.toml. The command line wins. In the
dashboard, press ? to see all keys.

devtui ctl talks to a running devtui: devtui ctl --help
"""


@click.command(
    cls=ConfiguredCommand, epilog=_EPILOG, context_settings={"help_option_names": ["--help"]}
)
@with_options
@click.version_option(__version__, prog_name="devtui")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Serve a WSGI application while you develop it, and see what it does.

    APP is the same as for flask --app: hello, hello:app, hello:create_app("dev"),
    package.module:name, path/to/hello.py. Any WSGI application works: Flask, Django, Bottle, ...
    """
    # Under `flask tui` the context's object belongs to Flask.
    interpreter = ctx.obj if isinstance(ctx.obj, Interpreter) else None
    run_demo: bool = options.pop("run_demo")
    plain: bool = options.pop("plain")
    as_json: bool = options.pop("as_json")
    if plain and as_json:
        raise click.UsageError("--plain and --json exclude each other: use one of them.")
    who, stop, yes = (options.pop(name) for name in ("who", "stop", "yes"))
    python: str | None = options.pop("python")
    settings = settings_of(ctx, options)
    _check_who(ctx, settings, who, stop)
    if who:
        from devtui.cli.who import run as run_who

        if notice := ctx.meta.get(NOTICE):
            _warn(notice)
        _warn_of(settings)
        ctx.exit(run_who(settings, stop=stop, yes=yes, as_json=as_json))
    if run_demo:
        _refuse_with_demo(ctx)
        ctx.exit(_run_demo(settings, plain, as_json, interpreter))
    if python or _BELOW_FLASK not in ctx.meta:
        try:
            settings = with_python(settings, python, interpreter)
        except click.UsageError as error:
            raise placed(ctx, "python", error) from None
    check_adhoc(settings)
    ctx.exit(run(settings, plain, as_json, interpreter))


@click.command(
    name="tui",
    cls=ConfiguredCommand,
    context_settings=command.context_settings,
    epilog=_EPILOG,
)
@with_options
@click.pass_context
def flask_command(ctx: click.Context, /, **options: Any) -> None:
    """Run the development server in devtui, the terminal dashboard."""
    # Flask's group holds the value of `flask --app`; our own APP argument takes precedence.
    ctx.meta[_BELOW_FLASK] = True
    if of_flask := getattr(ctx.obj, "app_import_path", None):
        options["app_option"] = of_flask
        ctx.meta.pop(FOLDER, None)
    ctx.invoke(command, **options)


def _refuse_with_demo(ctx: click.Context) -> None:
    for name, why in (
        ("app", "--demo runs its own app: leave out APP or --demo."),
        ("app_option", "--demo runs its own app: leave out APP or --demo."),
        ("env_file", "--demo reads no env file: leave out -e or --demo."),
        ("config", "--demo reads no config of a project: leave out --config or --demo."),
    ):
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(why)


def _check_who(ctx: click.Context, settings: Settings, who: bool, stop: bool) -> None:
    """Refuse options that need --who, or that do not go with it."""

    def typed(name: str) -> bool:
        return ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE

    if not who and typed("stop"):
        raise click.UsageError("--stop works only with --who: devtui --who --stop")
    if not stop and typed("yes"):
        raise click.UsageError("--yes works only with --stop: devtui --who --stop --yes")
    if who and typed("run_demo"):
        raise click.UsageError("--who does not run an app: leave out --demo.")
    if who and settings.is_unix_socket:
        raise click.UsageError("--who needs a port, and a Unix socket has none: leave out --host.")
    if who and settings.port == 0:
        raise click.UsageError(
            "--who needs a port, and 0 means any free one: devtui --who --port 5000"
        )


def _run_demo(
    settings: Settings, plain: bool, as_json: bool, interpreter: Interpreter | None
) -> int:
    from devtui import demo  # shutil and tempfile, which it needs, take 3 ms

    try:
        folder = demo.make_copy()
    except OSError as error:
        raise click.ClickException(f"devtui could not copy the example: {error}") from error
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
    """Run a session with the right front end; returns the exit status.

    Without a capable terminal, `plain` is the default. An `interpreter` that already runs, in the
    same environment, becomes the first server process.
    """
    # Only the chosen front end is imported, and Textual last of all: meanwhile the server process
    # loads the app. Garbage collection would take a tenth of the time of these imports.
    collects = gc.isenabled()
    gc.disable()
    # A warning would be written over the screen, or end us if warnings are errors. The app is not
    # affected: it has its own process.
    warnings.simplefilter("ignore")
    from devtui.session.session import Session

    screen = not plain and not as_json and has_screen()
    if not as_json:
        _show_window(screen)
    if interpreter is not None and interpreter.python != settings.python:
        interpreter.discard()
        interpreter = None
    if not screen:
        _warn_of(settings)  # the dashboard says it on the screen
    session = Session(structs.replace(settings, keep_all=not screen), interpreter)
    if settings.control:
        from devtui.control.serve_beside import serve_beside

        session.accompany(serve_beside)
    try:
        session.launch()
        front_end = front_end_for(plain, as_json)
        gc.freeze()  # spares the first frame a collection that includes the modules
        if collects:
            gc.enable()
        status = front_end(session)
    finally:
        session.kill()
        for stream in (sys.stdout, sys.stderr):
            _let_go_of(stream)
    return report_failure(session) or status


def _show_window(screen: bool) -> None:
    """Give the app's output the room that it has on the terminal, if there is one."""
    from devtui.session.terminal.window import window

    if sys.stdout.isatty():
        columns, lines = os.get_terminal_size(sys.stdout.fileno())
        window.show(columns - (_BESIDE_TEXT if screen else BESIDE_LINE), lines)


def front_end_for(plain: bool, as_json: bool) -> Callable[[Session], int]:
    """Return the front end that was asked for; else the screen, if the terminal can show it."""
    if as_json:
        from devtui.headless import run_json

        return run_json
    if plain or not has_screen():
        from devtui.headless import run_plain

        return run_plain
    from devtui.dashboard.app import run_dashboard

    return run_dashboard


def has_screen() -> bool:
    """Whether the terminal can show a dashboard."""
    # Textual draws on stderr: if that is a file, the terminal stays empty.
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return knows_sequences(os.environ) and all(one.isatty() for one in streams)


def _let_go_of(stream: IO[str]) -> None:
    """Flush a stream whose reader or terminal may be gone.

    If the flush at the end of Python fails, the exit status becomes 120.
    """
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def report_failure(session: Session) -> int:
    """Write the error or the crash of a failed first load to stderr; return 1 then, else 0."""
    if session.served.crash:
        _warn(session.served.crash)
        return 1
    failure = session.served.failure
    if failure is None or not session.served.given_up:
        return 0
    _warn(failure.error.text)
    return 1


def _warn_of(settings: Settings) -> None:
    """Write to stderr which config files are not in force, and why."""
    if settings.preferences is not None:
        for notice in settings.preferences.notices:
            _warn(notice)


def _warn(text: str) -> None:
    """Write lines to stderr; they may quote what others have written."""
    from devtui.text.sanitize import visible

    for line in text.splitlines():
        click.echo(visible(line, MAX_LINE), err=True)
