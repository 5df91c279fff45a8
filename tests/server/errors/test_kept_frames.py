"""Variables of kept frames."""

from __future__ import annotations

import contextvars
import sys

import jinja2

from devtui.events import ShowLocals
from devtui.server.errors.kept_frames import KeptError, KeptErrors


def test_a_template_of_jinja_shows_its_own_variables_first() -> None:
    environment = jinja2.Environment(autoescape=True)
    environment.globals["config"] = {"DEBUG": True}
    template = environment.from_string(
        "{% set total = 3 %}{% for one in bills %}{{ 1 / 0 }}{% endfor %}"
    )
    kept = KeptErrors(generation=1)
    try:
        template.render(bills=[5])
    except ZeroDivisionError:
        entry = sys.exc_info()[2]
    while entry is not None and entry.tb_next is not None:
        entry = entry.tb_next
    assert entry is not None
    error = KeptError({(0,): (entry.tb_frame,)}, contextvars.copy_context(), [])
    kept.keep("1-e1", error)
    shown = kept.show_locals(ShowLocals(ask_id="1", error_id="1-e1", exception=(0,), frame=0))
    names = [one.name for one in shown.variables]
    assert names.index("one") < names.index("total") < names.index("bills") < names.index("config")
    assert names[-1] == "range"
