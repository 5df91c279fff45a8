"""Find the Python that runs the app, and put it into the settings."""

from __future__ import annotations

import os
import sys

import click
from msgspec import structs

from devtui.config.settings import Settings
from devtui.interpreters import advice
from devtui.interpreters.choice import choose
from devtui.interpreters.own_devtui import hand_over_if_possible
from devtui.interpreters.python_environment import NoSuchPython
from devtui.session.processes.spawn import Interpreter, options
from devtui.text.sanitize import visible

MAX_MESSAGE = 2_000


def with_python(settings: Settings, named: str | None, interpreter: Interpreter | None) -> Settings:
    """Return the settings with the Python that was named, or with the project's.

    The `interpreter` was started with the one that the arguments and variables name; a file of
    settings may name another. Raises `click.ClickException` if the app cannot be run with it.
    """
    folder = str(settings.folder)
    arguments = sys.argv[1:]
    try:
        choice = choose(named, dict(settings.environment) or os.environ, folder)
    except NoSuchPython as error:
        raise click.UsageError(visible(str(error), MAX_MESSAGE)) from None
    found = choice.environment
    if found is None:
        if not choice.is_alone:
            return settings
        missing = choice.passed_over or advice.for_project_without(folder, arguments)
        return structs.replace(settings, advice=missing, notice=choice.passed_over)
    if interpreter is not None and interpreter.python != found.python:
        interpreter.discard()
    try:
        hand_over_if_possible(found, options())
    except OSError as error:
        raise click.ClickException(f"{found.python!r} cannot be run: {error.strerror}") from None
    if problem := advice.problem(found, folder, arguments):
        raise click.ClickException(visible(problem, MAX_MESSAGE))
    return structs.replace(
        settings,
        python=found.python,
        python_name=advice.shown(found, folder),
        advice=advice.for_missing_module(found, folder),
        notice=choice.passed_over,
    )
