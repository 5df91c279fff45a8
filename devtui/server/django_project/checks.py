"""Run a Django project's system checks, with Django's own words for what they find."""

from __future__ import annotations

import importlib
import io
from typing import Any

from devtui.events import ProjectChecked

_TAB = " " * 4
_INTRODUCTION = "System check identified some issues:"
_ERRORS = "ERRORS:"


def run() -> ProjectChecked:
    """Run the checks of `manage.py check`, and return their warnings.

    Raise Django's `SystemCheckError` if there are errors, and what a check itself raises.
    """
    base: Any = importlib.import_module("django.core.management.base")
    out = io.StringIO()
    try:
        base.BaseCommand(stdout=out, stderr=out, no_color=True).check(display_num_errors=True)
    except base.SystemCheckError as error:
        # A row shows the beginning of the text, so begin with the first issue.
        text = str(error).removeprefix("SystemCheckError: ").expandtabs(len(_TAB))
        error.args = (text.removeprefix(_INTRODUCTION).strip().removeprefix(_ERRORS).strip(),)
        raise
    # "System check identified some issues:", the issues, "System check identified 2 issues
    # (0 silenced)." The last line alone if there are none.
    *issues, summary = out.getvalue().strip().expandtabs(len(_TAB)).splitlines() or [""]
    if not issues:
        return ProjectChecked(topic="checks", text="", level="INFO")
    level = "WARNING" if "WARNINGS:" in issues else "INFO"
    return ProjectChecked(
        topic="checks", text="\n".join([summary, *filter(None, issues[1:])]), level=level
    )
