"""A small file of devtui's own, in the user's folder for state.

It lies at `$XDG_STATE_HOME/devtui/<name>`, or at `$XDG_STATE_HOME/devtui/<project>/<name>`, in
folders for the user alone.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from devtui.config.trust import is_trusted

MAX_BYTES = 64 * 1024


class StateFileError(Exception):
    """The file cannot be read or written; the text is a sentence for the user."""


class StateFile:
    """One file. Nothing is made until something is written."""

    def __init__(self, *names: str) -> None:
        """`names` are the folders below `devtui`, and the file's name."""
        self._base = _state_folder()
        self._folders = ("devtui", *names[:-1])
        self.path = self._base.joinpath("devtui", *names)

    def read(self) -> str:
        """Return the file's text, empty if there is none. Raises `StateFileError`."""
        try:
            # A fifo in its place must not hang devtui.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except OSError as error:
            raise self._error("read", error.strerror or "an error") from None
        try:
            content = self._content(descriptor)
        except OSError as error:
            raise self._error("read", error.strerror or "an error") from None
        finally:
            os.close(descriptor)
        if len(content) > MAX_BYTES:
            raise self._error("read", f"it has more than {MAX_BYTES:,} bytes")
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise self._error("read", "it is not in UTF-8") from None

    def _content(self, descriptor: int) -> bytes:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            raise self._error("read", "it is not a regular file")
        if not is_trusted(info):
            raise self._error("read", "it belongs to somebody else")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)

    def write(self, text: str) -> None:
        """Replace the whole file by the text. Raises `StateFileError`."""
        content = text.encode()
        if len(content) > MAX_BYTES:  # it could not be read again
            raise self._error("written", f"it would have more than {MAX_BYTES:,} bytes")
        folder = self.path.parent
        try:
            self._base.mkdir(parents=True, exist_ok=True)
            one = self._base
            for name in self._folders:
                one /= name
                one.mkdir(mode=0o700, exist_ok=True)
                if not is_trusted(one.stat()):
                    raise self._error("written", f"the folder {one} belongs to somebody else")
            # In the same folder, so `os.replace` is atomic; mkstemp lets only the user read it.
            descriptor, made = tempfile.mkstemp(dir=folder, prefix=f".{self.path.name}-")
            try:
                with open(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(made, self.path)
            except BaseException:
                with suppress(OSError):
                    os.unlink(made)
                raise
        except OSError as error:
            raise self._error("written", error.strerror or "an error") from None

    def _error(self, what: str, why: str) -> StateFileError:
        return StateFileError(f"{self.path} was not {what}: {why}.")


class ProjectFile(StateFile):
    """One file about a project."""

    def __init__(self, project: Path, name: str) -> None:
        """`project` is the project's folder."""
        folder = os.path.realpath(project)
        import hashlib  # the first frame does not wait for it

        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", os.path.basename(folder))[:40]
        super().__init__(f"{plain}-{digest}", name)


def _state_folder() -> Path:
    """Return the user's folder for state; a variable with a relative path does not count."""
    named = os.environ.get("XDG_STATE_HOME", "")
    return Path(named) if os.path.isabs(named) else Path("~/.local/state").expanduser()
