"""Decide by the owner whether devtui may trust a file that contains settings.

Such a file decides which code runs (`FLASK_APP`) and who gets access (`WERKZEUG_DEBUG_PIN`).
devtui finds these files by searching upwards, possibly in folders that everybody may write to,
such as /tmp. So it trusts only files of the user and of root. The owner of a file
that the user names does not matter.

Checking the owner is enough: somebody who may write to the folder can put a file there, but not
one that belongs to the user. The permissions of the user's own files are up to the user; many
shared and mounted file systems show all files as writable for everybody.
"""

from __future__ import annotations

import os
import stat

# The system follows no more links either.
_MAX_LINKS = 40


def refusal(path: str, option: str) -> str | None:
    """Say why devtui does not read a file and what to do about it; None if it may read it.

    `option` names such a file on the command line. A link must be trusted, and so must its
    target. Raises `OSError` if the file does not exist.
    """
    for info in _links_and_file(path):
        if not is_trusted(info):
            refused = (
                f"devtui does not read {path!r}, because it belongs to {_owner(info)}, not to you "
                "or root."
            )
            if not path.isprintable():
                return refused  # nobody could type it, and to paste it would be a risk
            import shlex  # takes time, and is seldom needed

            return f"{refused} If you trust it, type: {option} {shlex.quote(path)}"
    return None


def is_trusted(info: os.stat_result) -> bool:
    """Whether a file belongs to the user or to root."""
    if not hasattr(os, "geteuid"):
        return True  # Windows has no user ids
    return info.st_uid in trusted_users()


def trusted_users() -> set[int]:
    """Return the ids of the user and of root. Windows has none; do not call it there."""
    trusted = {0, os.getuid(), os.geteuid()}
    # Under `sudo devtui` root works in a project of the user who typed that.
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
    import pwd  # missing on Windows

    try:
        return f"{pwd.getpwuid(info.st_uid).pw_name} (uid {info.st_uid})"
    except KeyError:
        return f"the user with uid {info.st_uid}"
