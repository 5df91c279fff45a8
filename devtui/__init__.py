"""devtui: a terminal dashboard for developing Python web applications."""

# Import nothing from outside the package here, not even `__future__`: `python -m devtui` searches
# the current folder for it first.

from devtui.version import __version__

TYPE_CHECKING = False  # as type checkers know it, without the import of typing
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
    """Serve a WSGI application in devtui, as `Flask.run` serves one without it.

        if __name__ == "__main__":
            devtui.run(app, debug=True)

    `host` and `port` default to those of the app's SERVER_NAME, then to 127.0.0.1 and 5000.
    `debug` (reloader and debugger) defaults to FLASK_DEBUG, then to the app's own flag, then to
    whether the address is a loopback one. `load_dotenv` lets `.env` and `.flaskenv` be read.
    Further options: `use_reloader` and `use_debugger` (each as `debug`), `threaded` (True),
    `extra_files`, `exclude_patterns` and `trusted_hosts` (sequences of text), `ssl_context`
    ('adhoc', or the paths of certificate and key). Any other is a `TypeError`.

    The program is run once more for each generation of the server, so what stands before the call
    is done each time; the first process ends with the session, by `SystemExit` with its status. A
    reload that fails ends it with the traceback and status 1. Raises `RuntimeError` where there is
    no program to run again (an interactive session), or not in the main thread. A call while the
    app is merely imported, for `devtui APP`, `flask run` or a worker process, is ignored and says
    so on stderr.
    """
    from devtui.cli import run_in_code

    run_in_code.run(app, host, port, debug, load_dotenv, options)
