"""Find out whether devtui shows the colours that the app writes."""

from __future__ import annotations

import os
from collections.abc import Mapping

from devtui.text.terminal_name import takes_colours

_STDIN = 0


def are_shown(environment: Mapping[str, str]) -> bool:
    """Whether a person sees the output on a terminal that knows colours.

    The session gives our terminal a size only then. Ask before the app's code runs, which may put
    anything in place of the descriptor.
    """
    if not takes_colours(environment):
        return False
    try:
        return os.get_terminal_size(_STDIN).columns > 0
    except OSError:
        return False
