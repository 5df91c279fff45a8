"""Know which pages a browser may keep, because their script says the present version."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Pages that are remembered. Of others the browser gets the whole text each time.
MAX_KEPT = 1000

_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
_VALIDATORS = frozenset({"etag", "last-modified"})


class KeptPages:
    """The validators of the pages that have gone out with the present version.

    The app says 304 of a page whose text is the same. But the script in the one that the browser
    has kept may say an older version, and would load it once more. So the app does not hear that
    the browser has such a page.
    """

    def __init__(self) -> None:
        self._version = ""
        self._kept: set[tuple[str, str]] = set()

    def ask(self, environ: WSGIEnvironment, version: str) -> None:
        """Take the condition out of a request, unless the page it is about has this version."""
        if version != self._version:
            self._version, self._kept = version, set()
        condition = next((environ[name] for name in _CONDITIONS if environ.get(name)), None)
        if condition is not None and (_target(environ), condition) not in self._kept:
            for name in _CONDITIONS:
                environ.pop(name, None)

    def sent(self, environ: WSGIEnvironment, version: str, headers: list[tuple[str, str]]) -> None:
        """Note that a page goes out with the script of this version."""
        if version != self._version or len(self._kept) >= MAX_KEPT:
            return
        for name, value in headers:
            if name.lower() in _VALIDATORS:
                self._kept.add((_target(environ), value))


def _target(environ: WSGIEnvironment) -> str:
    return f"{environ.get('PATH_INFO', '')}?{environ.get('QUERY_STRING', '')}"
