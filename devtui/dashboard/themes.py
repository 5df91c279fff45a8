"""Our two themes, one dark and one light; and the choice of the first theme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from textual.app import App
from textual.theme import Theme

from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.theme_names import full_name
from devtui.text.sanitize import visible

VARIABLE = "DEVTUI_THEME"
"""The environment variable that names the theme to begin with: `light`, `dark`, or in full."""

DARK = Theme(
    name="devtui-dark",
    primary="#6ea8fe",
    secondary="#8fa3bf",
    accent="#7dcfff",
    success="#7ec699",
    warning="#e5b567",
    error="#f07178",
    foreground="#d7dde5",
    background="#0f1319",
    surface="#141a22",
    panel="#1d2530",
    dark=True,
    variables={
        "footer-key-foreground": "#7dcfff",
        "block-cursor-text-style": "none",
        "code-keyword": "#c099f0",
    },
)
LIGHT = Theme(
    name="devtui-light",
    primary="#2462c2",
    secondary="#55657a",
    accent="#0b6fa4",
    success="#1c7a3e",
    warning="#8f5b00",
    error="#bf2f38",
    foreground="#1f2733",
    background="#fbfbf9",
    surface="#f3f3ef",
    panel="#e6e6e0",
    dark=False,
    variables={
        "footer-key-foreground": "#0b6fa4",
        "block-cursor-text-style": "none",
        "code-keyword": "#7a3fb8",
    },
)


VARIABLES = {"code-keyword": "#c099f0"}
"""The variables of our styles that other themes lack."""


def begin(app: App[Any], environment: Mapping[str, str], config: str = "", kept: str = "") -> str:
    """Have an app offer our themes and Textual's, and begin with the one that fits best.

    `config` is the theme that the config names, and `kept` the one last chosen in the palette.

    Textual's themes with the terminal's own colours are left out, because softer colours cannot be
    mixed from them. Return a complaint, or an empty text.
    """
    for theme in list(app.available_themes.values()):
        if (theme.background or "").startswith("ansi"):
            app.unregister_theme(theme.name)
    for theme in (DARK, LIGHT):
        app.register_theme(theme)
    complaint = ""
    for name, where in wanted(environment, config, kept):
        if name in app.available_themes:
            break
        complaint = complaint or (
            f"{where}{visible(name, 80)} is not a theme: give light, dark, or a name that "
            f"{in_force.key('palette')} has."
        )
    else:
        name = suited(environment)
    _set(app, name)
    return complaint


def _set(app: App[Any], name: str) -> None:
    """Set the theme of an app that does not run yet.

    An assignment would make Textual parse the style sheet and style every widget again after the
    start: more than a tenth of the time until the first frame.
    """
    app.set_reactive(App.theme, name)
    app.stylesheet.set_variables(app.get_css_variables())
    app.set_class(app.current_theme.dark, "-dark-mode", update=False)
    app.set_class(not app.current_theme.dark, "-light-mode", update=False)


def wanted(
    environment: Mapping[str, str], config: str = "", kept: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the wanted themes, each with its source; the first that exists wins."""
    for name, where in (
        (environment.get(VARIABLE, ""), f"{VARIABLE}="),
        (config, "The config's theme "),
        (kept, "The theme kept from the palette, "),
    ):
        if name:
            yield full_name(name), where


def suited(environment: Mapping[str, str]) -> str:
    """Return the name of the theme for the terminal.

    Only some terminals (rxvt, Konsole, iTerm2) tell their background, in COLORFGBG: a number of
    the 16 colours at its end, of which 7 and 9 to 15 are light. The others get the dark one.
    """
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    light = background.isdigit() and (background == "7" or 9 <= int(background) <= 15)
    return LIGHT.name if light else DARK.name
