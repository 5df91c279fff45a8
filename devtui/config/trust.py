"""Whether a file that devtui takes settings from may be believed: by whose it is.

What such a file says decides which code runs (`FLASK_APP`) and who may get in
(`WERKZEUG_DEBUG_PIN`). devtui finds these files by walking up, and on the way there may be folders
that everybody writes to, as /tmp. So only files of the user and of root count. A file that the
user names is read, whoever owns it.

The owner is enough: whoever may write to the folder can put another file there, but not one of
the user's. The permissions of the user's own files are the user's affair; on many shared and
mounted file systems they look open to all.
"""

from __future__ import annotations

import os
import shlex
import stat

# The most links that the system itself follows.
_MAX_LINKS = 40


def refusal(path: str, option: str) -> str | None:
    """Why a file is not read, in a sentence for the user that says what to do; None if it is.

    `option` is what names such a file on the command line. A link counts as the file that it
    leads to, and has to be trusted itself. Raises `OSError` for a file that is not there.
    """
    for info in _links_and_file(path):
        if not is_trusted(info):
            return (
                f"{path!r} is not read: it belongs to {_owner(info)}, neither to you nor to root. "
                f"If you trust it, make it yours (chown) or name it: {option} {shlex.quote(path)}"
            )
    return None


def is_trusted(info: os.stat_result) -> bool:
    """Whether a file belongs to the user or to root, and so may be believed."""
    if not hasattr(os, "geteuid"):
        return True  # Windows has no such owners
    return info.st_uid in _trusted()


def _trusted() -> set[int]:
    trusted = {0, os.getuid(), os.geteuid()}
    # By `sudo devtui` root works for the user who typed it, in a project of that user's.
    behind = os.environ.get("SUDO_UID", "")
    if os.geteuid() == 0 and behind.isascii() and behind.isdecimal():
        trusted.add(int(behind))
    return trusted


def _links_and_file(path: str) -> list[os.stat_result]:
    found = []
    for _ in range(_MAX_LINKS):
        info = os.lstat(path)
        if not stat.S_ISLNK(info.st_mode):
            break
        found.append(info)
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return [*found, os.stat(path)]


def _owner(info: os.stat_result) -> str:
    import pwd  # not on Windows

    try:
        return f"{pwd.getpwuid(info.st_uid).pw_name} (uid {info.st_uid})"
    except KeyError:
        return f"the user with uid {info.st_uid}"
