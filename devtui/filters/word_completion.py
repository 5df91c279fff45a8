"""Complete the word before the cursor of a filter."""

from __future__ import annotations

from collections.abc import Iterable

from devtui.filters.facts import Facts, PaneName
from devtui.filters.word import LEVELS, METHODS

MAX_OFFERED = 50

_OF_PANE: dict[PaneName, tuple[str, ...]] = {
    "requests": (*METHODS, "2xx", "3xx", "4xx", "5xx", ">200ms", ">1s", ">10kb", ">1mb", "sql>10"),
    "log": (*(f"level:{level}" for level in LEVELS), "logger:", "out", "err"),
    "reloads": (">200ms", ">1s"),
    "errors": (),
}
HINTS: dict[PaneName, str] = {
    "requests": "text  !not  /regex/  5xx  post  >200ms  >1mb  sql>10",
    "log": "text  !not  /regex/  level:error  logger:name  out  err",
    "reloads": "text  !not  /regex/  >200ms",
    "errors": "text  !not  /regex/",
}


def completions(
    typed: str, pane: PaneName, facts: Iterable[Facts], texts: Iterable[str]
) -> list[str]:
    """Return the completions of a word, the best first; `facts` and `texts` are of seen rows."""
    bare = typed.removeprefix("!").lower()
    if not bare:
        return []
    found = list(_OF_PANE[pane])
    if pane == "requests":
        seen = set(facts)
        found += sorted({str(one.status) for one in seen if one.status})
        found += sorted({one.method for one in seen if one.method} - set(METHODS))
        found += _paths(bare, texts)
    elif pane == "log":
        found += [f"logger:{name}" for name in sorted({one.logger for one in facts if one.logger})]
    longer = [one for one in dict.fromkeys(found) if one.startswith(bare) and one != bare]
    sign = "!" if typed.startswith("!") else ""
    return [sign + one for one in longer[:MAX_OFFERED]]


def _paths(typed: str, texts: Iterable[str]) -> list[str]:
    """Return the seen paths that begin like this, up to their next slash."""
    if not typed.startswith("/"):
        return []
    found = set()
    for text in texts:
        path = path_in(text)
        if path.startswith(typed):
            end = path.find("/", len(typed))
            found.add(path if end < 0 else path[: end + 1])
    # With a slash at both ends it would be a regex.
    return sorted(path.rstrip("/") if path.count("/") == 2 else path for path in found)


def path_in(text: str) -> str:
    """Return the path in the text of a request's row: method, status, target."""
    _, _, rest = text.partition(" ")
    _, _, rest = rest.partition(" ")
    return rest.partition(" ")[0].partition("?")[0]


def common_start(candidates: list[str]) -> str:
    """Return what all candidates begin with."""
    first, last = min(candidates), max(candidates)
    same = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(same, min(len(first), len(last)))]
