"""Prepare the environment of a load: the variables of `flask run`, and the env files."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from devtui.config import env_files
from devtui.events import Load
from devtui.server.app import unseen_variables
from devtui.server.django_project import manage_file

# Tell Werkzeug that it runs below its reloader, and on which socket.
_OF_A_RELOADER = ("WERKZEUG_RUN_MAIN", "WERKZEUG_SERVER_FD")

# Django's variable: if it is set, as below `runserver`, apps start schedulers in `ready`.
_OF_THE_DJANGO_RELOADER = "RUN_MAIN"

# Tells Flask that its command serves the app.
_OF_THE_COMMAND = "FLASK_RUN_FROM_CLI"


class Environment(msgspec.Struct, frozen=True):
    """All variables, the files that set some of them, and a sentence for the user, if any."""

    variables: dict[str, str]
    files: tuple[str, ...]
    notice: str | None


def prepared(load: Load, original: Mapping[str, str]) -> Environment:
    """Return the environment of the load, from that at the start of the process.

    Raises `env_files.EnvFileError`.
    """
    variables = dict(original)
    variables["FLASK_DEBUG"] = "1" if load.debug else "0"
    for name in (*_OF_A_RELOADER, _OF_THE_COMMAND):  # set by a reloader that started devtui
        variables.pop(name, None)
    files: tuple[str, ...] = ()
    notice = None
    if load.env_files:
        found = env_files.read(
            load.env_file, load.folder, variables, load_defaults=load.load_dotenv
        )
        variables, files, notice = {**variables, **found.values}, found.files, found.notice
    if load.main is None and (settings := manage_file.settings_module(load.folder)):
        variables.setdefault(manage_file.VARIABLE, settings)  # as `manage.py` itself does
        files = (*files, os.path.join(load.folder, manage_file.NAME))
    return Environment(variables, files, notice)


def apply(variables: Mapping[str, str], load: Load) -> None:
    """Set the variables, and what an app below a reloader expects."""
    for name in (*_OF_A_RELOADER, _OF_THE_COMMAND):
        os.environ.pop(name, None)
    os.environ.update(variables)
    if load.main is None:
        # Makes an unguarded app.run() do nothing. In a script that the app starts it must serve.
        unseen_variables.show(_OF_THE_COMMAND, "true")
    if load.reload:
        # Read by werkzeug.serving.is_running_from_reloader: apps start schedulers then. Programs
        # that the app starts must not see it: Werkzeug would miss its socket there.
        unseen_variables.show("WERKZEUG_RUN_MAIN", "true")
        if manage_file.VARIABLE in variables:
            unseen_variables.show(_OF_THE_DJANGO_RELOADER, "true")
