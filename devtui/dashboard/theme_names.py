"""The names that a theme may have in the config; import Textual only if needed."""

from __future__ import annotations

from devtui.config.config_file import ConfigError
from devtui.config.preferences import meant, quoted

SHORT = ("light", "dark")
OURS = ("devtui-dark", "devtui-light")


def full_name(name: str) -> str:
    """Return a theme's full name: `light` and `dark` are short for ours."""
    return f"devtui-{name}" if name in SHORT else name


def check(name: str, place: str) -> None:
    """Raise `ConfigError` if there is no such theme; `place` is the file and line."""
    if full_name(name) in OURS:
        return
    known = all_names()
    if name not in known:
        guess = meant(name, [*SHORT, *known])
        raise ConfigError(
            f"{place}: there is no theme {quoted(name)}{guess or f': use one of {_listed(known)}.'}"
        )


def all_names() -> list[str]:
    """Return every theme: ours, and Textual's except those with the terminal's own colours."""
    from textual.theme import BUILTIN_THEMES

    others = (
        name
        for name, theme in BUILTIN_THEMES.items()
        if not (theme.background or "").startswith("ansi")
    )
    return [*OURS, *sorted(others)]


def _listed(names: list[str]) -> str:
    return ", ".join((*SHORT, *names))
