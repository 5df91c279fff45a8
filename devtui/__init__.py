"""devtui: a terminal dashboard for developing Python web applications."""

# Import nothing from outside the package here, not even `__future__`: `python -m devtui` searches
# the current folder for it first.

from devtui.version import __version__

TYPE_CHECKING = False  # type checkers know this name; importing typing would cost time
if TYPE_CHECKING:
    from typing import Any

    from _typeshed.wsgi import WSGIApplication

__all__ = ["__version__", "run"]


def run(
    app: "WSGIApplication",
    host: str | None = None,
    port: int | None = None,
    debug: bool | None = None,
    load_dotenv: bool = True,
    **options: "Any",
) -> None:
    """Serve a WSGI application in devtui; the counterpart of `Flask.run`.

        if __name__ == "__main__":
            devtui.run(app, debug=True)

    `host` and `port` default to those of the app's SERVER_NAME, then to 127.0.0.1 and 5000.
    `debug` (reloader and debugger) defaults to FLASK_DEBUG, then to the app's own flag, then to
    whether the address is a loopback one. `load_dotenv` reads `.env` and `.flaskenv`.
    Further options: `use_reloader` and `use_debugger` (each defaults to `debug`), `threaded`
    (True), `extra_files`, `exclude_patterns` and `trusted_hosts` (sequences of text),
    `ssl_context` ('adhoc', or the paths of certificate and key). Any other option is a
    `TypeError`.

    Each generation of the server runs the program again, including the code before the call. The
    first process exits with the session, by `SystemExit` with its status. A reload that fails
    ends it with the traceback and status 1. Raises `RuntimeError` if there is no program to run
    again (an interactive session), or if the call is not in the main thread. If the app is merely
    imported, by `devtui APP`, `flask run` or a worker process, the call does nothing except to
    say so on stderr.
    """
    try:
        from devtui.cli import run_in_code
    except Exception as error:
        from devtui.broken_library import exit_if_broken

        exit_if_broken(error)
        raise
    run_in_code.run(app, host, port, debug, load_dotenv, options)
