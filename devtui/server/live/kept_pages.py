"""Know which pages a browser may keep, because their script has the current version."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The most pages to remember. The browser gets others whole each time.
MAX_KEPT = 1000

_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
_VALIDATORS = frozenset({"etag", "last-modified"})


class KeptPages:
    """The validators of the pages sent with the current version.

    The app answers 304 for a page whose text is the same. But the script in the copy that a browser
    has kept may have an older version, and would load the page once more. So the app must not hear
    of such a copy. Browsers are not told apart: a second one loads the page once more.
    """

    def __init__(self) -> None:
        # The version with its pages, as one: threads read it while others replace it.
        self._kept: tuple[str, set[tuple[str, str]]] = ("", set())

    def ask(self, environ: WSGIEnvironment, version: str) -> None:
        """Remove the condition from a request, unless the browser's copy has this version."""
        if version != self._kept[0]:
            self._kept = version, set()
        condition = next((environ[name] for name in _CONDITIONS if environ.get(name)), None)
        kept = self._kept[1]
        if condition is not None and (target_of(environ), condition) not in kept:
            for name in _CONDITIONS:
                environ.pop(name, None)

    def sent(self, target: str, version: str, headers: list[tuple[str, str]]) -> None:
        """Note that the response has the script of this version, or none."""
        newest, kept = self._kept
        if version != newest or len(kept) >= MAX_KEPT:
            return
        for name, value in headers:
            if name.lower() in _VALIDATORS:
                kept.add((target, value))


def target_of(environ: WSGIEnvironment) -> str:
    """Return the path and query of a request; the app may change the environ later."""
    return f"{environ.get('PATH_INFO', '')}?{environ.get('QUERY_STRING', '')}"
