"""The environment that an app is loaded with: the variables of `flask run` and the env files."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from devtui import envfiles
from devtui.events import Load


class Environment(msgspec.Struct, frozen=True):
    """All variables, the env files that were read, and a sentence for the user, if there is one."""

    variables: dict[str, str]
    files: tuple[str, ...]
    notice: str | None


def prepared(load: Load, original: Mapping[str, str]) -> Environment:
    """What the environment has to be, given what the process was started with.

    Raises `envfiles.EnvFileError`.
    """
    variables = dict(original)
    if load.main is None:
        variables["FLASK_RUN_FROM_CLI"] = "true"  # makes an unguarded app.run() do nothing
    variables["FLASK_DEBUG"] = "1" if load.debug else "0"
    if load.reload:
        # What werkzeug.serving.is_running_from_reloader looks at: apps start schedulers then.
        variables["WERKZEUG_RUN_MAIN"] = "true"
    if not load.env_files:
        return Environment(variables, (), None)
    found = envfiles.read(load.env_file, load.folder, variables, load_defaults=load.load_dotenv)
    return Environment({**variables, **found.values}, found.files, found.notice)
