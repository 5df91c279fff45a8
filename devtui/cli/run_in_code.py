"""Implement `devtui.run(app)`: start a session for the program that calls it.

The first process runs the program up to the call and then becomes the session. Each server
process runs the same program again, as `__main__`, and serves when it reaches the call.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

from devtui.events import Main
from devtui.in_code import role

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from devtui.config.preferences import Preferences
    from devtui.config.settings import Settings

_OPTIONS = (
    "use_reloader",
    "use_debugger",
    "threaded",
    "extra_files",
    "exclude_patterns",
    "trusted_hosts",
    "ssl_context",
)

_IGNORED = (
    "devtui ignores this call of devtui.run(), because the app is being imported: "
    'put the call under   if __name__ == "__main__":'
)


def run(
    app: WSGIApplication,
    host: str | None,
    port: int | None,
    debug: bool | None,
    load_dotenv: bool,
    options: dict[str, Any],
) -> None:
    """See `devtui.run`."""
    _check(app, options)
    if role.serve is not None and not role.served:
        role.served = True
        role.serve(app)
    elif role.served or os.environ.get("FLASK_RUN_FROM_CLI") == "true" or _is_worker():
        print(_IGNORED, file=sys.stderr)
    else:
        _start(_settings(app, host, port, debug, load_dotenv, options))


def _start(settings: Settings) -> NoReturn:
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("devtui.run() works only in the main thread: call it there.")
    plain, as_json = is_set("DEVTUI_PLAIN"), is_set("DEVTUI_JSON")
    try:
        from devtui.cli.command import run as run_session

        status = run_session(settings, plain, as_json)
    except Exception as error:
        from devtui.broken_library import exit_if_broken

        exit_if_broken(error)
        raise
    sys.exit(status)


def _check(app: object, options: dict[str, Any]) -> None:
    if not callable(app):
        raise TypeError(f"devtui.run() needs a WSGI application, not {type(app).__name__!r}.")
    for name in options:
        if name not in _OPTIONS:
            raise TypeError(
                f"devtui.run() has no option {name!r}: use one of {', '.join(_OPTIONS)}."
            )
    _certificate(options.get("ssl_context"))


def _is_worker() -> bool:
    """Whether this is a child process in which multiprocessing imports the program again."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is None:
        return False
    # During the import only the name differs; `parent_process` is set a little later.
    return bool(multiprocessing.current_process().name != "MainProcess")


def _settings(
    app: object,
    host: str | None,
    port: int | None,
    debug: bool | None,
    load_dotenv: bool,
    options: dict[str, Any],
) -> Settings:
    from devtui.config.settings import DEFAULT_HOST, DEFAULT_PORT, Settings

    main = main_program()
    config = getattr(app, "config", None)
    server_name = config.get("SERVER_NAME") if isinstance(config, dict) else None
    named_host, _, named_port = (server_name or "").partition(":")
    if port is None:
        port = int(named_port) if named_port.isdecimal() else DEFAULT_PORT
    cert, key = _certificate(options.get("ssl_context"))
    settings = Settings(
        main=main,
        folder=_folder(main),
        host=host or named_host or DEFAULT_HOST,
        port=port,
        threaded=bool(options.get("threaded", True)),
        cert=cert,
        key=key,
        extra_files=_paths(options.get("extra_files")),
        exclude_patterns=tuple(options.get("exclude_patterns") or ()),
        trusted_hosts=tuple(options.get("trusted_hosts") or ()),
        load_dotenv=load_dotenv,
        environment=tuple(os.environ.items()),
        preferences=preferences_for(main),
        control=not is_refused("DEVTUI_CONTROL"),
        trace=_said("DEVTUI_TRACE"),
        live_console=bool(_said("DEVTUI_LIVE_CONSOLE")),
    )
    if debug is None:
        debug = default_debug(app, settings)
    return settings.with_debug(bool(debug)).with_parts(
        reload=options.get("use_reloader"),
        debugger=options.get("use_debugger"),
        live=False if is_refused("DEVTUI_LIVE") else None,
    )


def _said(variable: str) -> bool | None:
    """Return whether a variable means yes; None if it is not set or means neither."""
    from devtui.config import yes_or_no

    return yes_or_no.parse(os.environ[variable]) if os.environ.get(variable) else None


def preferences_for(main: Main) -> Preferences:
    """Return what the config says about the dashboard; the call itself decides the rest."""
    try:
        from devtui.cli.configured import read_for_code
        from devtui.config.config_file import ConfigError
    except Exception as error:
        from devtui.broken_library import exit_if_broken

        exit_if_broken(error)
        raise
    try:
        return read_for_code(str(_folder(main)))
    except ConfigError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)


def default_debug(app: object, settings: Settings) -> bool:
    """Return FLASK_DEBUG, also from an env file; else the app's flag; else ask the address."""
    from devtui.config import env_files, yes_or_no

    found = env_files.read(None, os.getcwd(), os.environ, load_defaults=settings.load_dotenv)
    said = {**os.environ, **found.values}.get("FLASK_DEBUG")
    if said:
        return yes_or_no.parse(said) is not False  # as in Flask.run, any other word means yes
    return bool(getattr(app, "debug", False)) or settings.is_loopback


def main_program() -> Main:
    """Return the program that runs, a file or a module. Raises `RuntimeError` if it is neither."""
    module = sys.modules["__main__"]
    spec = getattr(module, "__spec__", None)
    file = getattr(module, "__file__", None)
    if spec is not None and spec.name != "__main__":
        return Main("module", spec.name.removesuffix(".__main__"))
    if spec is not None:  # a folder or an archive that contains __main__.py
        file = sys.argv[0]
    if file is None or not os.path.exists(file):
        raise RuntimeError(
            "devtui.run() runs the program again at each reload, but this program has no file: "
            "put the call into a script, or type: devtui APP"
        )
    return Main("path", os.path.abspath(file))


def _folder(main: Main) -> Any:
    from pathlib import Path

    if main.kind == "module":
        return Path.cwd()
    path = Path(main.target)
    return path if path.is_dir() else path.parent


def _certificate(ssl_context: object) -> tuple[str | None, str | None]:
    if ssl_context is None:
        return None, None
    if ssl_context == "adhoc":
        return "adhoc", None
    if isinstance(ssl_context, (tuple, list)) and len(ssl_context) == 2:
        cert, key = (os.path.abspath(os.fspath(path)) for path in ssl_context)
        return cert, key
    raise TypeError(
        "ssl_context must be 'adhoc' or the paths (certificate, key): devtui cannot pass an object "
        "to the server process."
    )


def _paths(paths: Any) -> tuple[str, ...]:
    return tuple(os.path.abspath(os.fspath(path)) for path in paths or ())


def is_set(name: str) -> bool:
    """Whether the variable means yes."""
    from devtui.config import yes_or_no

    return yes_or_no.parse(os.environ.get(name, "")) is True


def is_refused(name: str) -> bool:
    """Whether the variable means no."""
    from devtui.config import yes_or_no

    return yes_or_no.parse(os.environ.get(name) or "yes") is False
