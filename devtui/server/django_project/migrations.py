"""Find the migrations of a Django project that are not applied, and change nothing."""

from __future__ import annotations

import importlib
import os
from typing import Any

from devtui.events import ProjectChecked

MAX_APPS = 10


def look() -> ProjectChecked:
    """Say which migrations of the default database are not applied; empty if all are.

    A database that cannot be reached is part of the answer.
    """
    try:
        labels = _unapplied()
    except Exception as error:  # from the driver, the network, or a broken migration
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        return _checked(f"devtui could not see which migrations are applied ({reason}).")
    if not labels:
        return _checked("")
    apps = sorted(set(labels))
    named = ", ".join(apps[:MAX_APPS]) + (", …" if len(apps) > MAX_APPS else "")
    what = "1 migration is" if len(labels) == 1 else f"{len(labels)} migrations are"
    return _checked(f"{what} not applied: python manage.py migrate applies them (of {named})")


def _checked(text: str) -> ProjectChecked:
    return ProjectChecked(topic="migrations", text=text)


def _unapplied() -> list[str]:
    """Return the app of each migration that is not applied."""
    database: Any = importlib.import_module("django.db")
    exceptions: Any = importlib.import_module("django.core.exceptions")
    connection = database.connections[database.DEFAULT_DB_ALIAS]
    if _is_missing_file(connection):
        # SQLite would make an empty file, as under `runserver`, to say that nothing is applied.
        loader: Any = importlib.import_module("django.db.migrations.loader")
        graph = loader.MigrationLoader(None, ignore_no_migrations=True).graph
        return [app for app, _ in graph.nodes]
    executors: Any = importlib.import_module("django.db.migrations.executor")
    try:
        executor = executors.MigrationExecutor(connection)
    except exceptions.ImproperlyConfigured:
        return []  # the project has no database
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [migration.app_label for migration, _ in plan]


def _is_missing_file(connection: Any) -> bool:
    name = os.fspath(connection.settings_dict.get("NAME") or "")
    if connection.vendor != "sqlite" or name.startswith(("file:", ":memory:")):
        return False
    return not os.path.exists(name)
