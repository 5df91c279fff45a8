"""Find the place in the code that a line of text names: `File "…", line 3` or `path:3`."""

from __future__ import annotations

import os
import re
from itertools import islice
from urllib.parse import unquote

from devtui.events import Frame
from devtui.text.sgr import linked_files, plain

MAX_TEXT = 4_000
_MAX_TRIED = 8

_PRINTED = re.compile(r'File "([^"\n]{1,1000})", line (\d{1,9})(?:, in ([^\n]{1,300}))?')
_COLON = re.compile(
    r"(?<![\w./~-])((?:[\w./~-]{0,300}/)?[\w.-]{1,100}\.[A-Za-z]\w{0,5}):(\d{1,9})(?!\w)"
)


def place_in(line: str) -> Frame | None:
    """Return the place that a line names. A bare `path:line` counts only if the file exists."""
    for address in linked_files(line):  # links by rich, which shows only the file's name
        path, _, number = address.removeprefix("file://").partition("#")
        if number.isdecimal() and len(number) < 10 and os.path.isfile(unquote(path)):
            return Frame(file=unquote(path), line=int(number), function="")
    line = plain(line[:MAX_TEXT])
    if found := _PRINTED.search(line):
        return Frame(file=found[1], line=int(found[2]), function=found[3] or "")
    if ":" not in line:
        return None
    for found in islice(_COLON.finditer(line), _MAX_TRIED):
        file = os.path.expanduser(found[1])
        if os.path.isfile(file):
            return Frame(file=os.path.abspath(file), line=int(found[2]), function="")
    return None
