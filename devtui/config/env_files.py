"""Variables from `.flaskenv`, `.env` and a file that the user names, by the rules of Flask 3.1.

python-dotenv reads them where the application's environment has it; devtui does not bring it.
"""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Iterator, Mapping

import msgspec

from devtui import project_file
from devtui.config import trust, yes_or_no

# A later one wins over an earlier one, and the file that the user names over both.
DEFAULT_NAMES = (".flaskenv", ".env")

# A thousand times what people write; the system takes less as an environment.
MAX_BYTES = 4 * 1024 * 1024

# Steps of python-dotenv's expressions; so many take it less than a second.
MAX_SPACE_STEPS = 50_000_000
MAX_NAME_STEPS = 5_000_000

_SPACES = re.compile(r"[^\S\r\n]+")

_INSTALL = "install it with: python -m pip install python-dotenv"
_UPGRADE = "upgrade it with: python -m pip install --upgrade python-dotenv"


class EnvFileError(Exception):
    """An env file cannot be used. Its text is one sentence for the user."""


class EnvFiles(msgspec.Struct, frozen=True):
    """What the env files say.

    `values` are the variables to set: those that the environment has already are not among
    them. `files` were read, in this order. `notice` is a sentence for the user, or None.
    """

    values: dict[str, str]
    files: tuple[str, ...] = ()
    notice: str | None = None


def read(
    env_file: str | None,
    folder: str,
    environ: Mapping[str, str],
    *,
    load_defaults: bool = True,
) -> EnvFiles:
    """Read the env files of a session in `folder`; nothing is set.

    `.flaskenv` and `.env` are looked for in `folder` and above it, each by itself, unless
    `FLASK_SKIP_DOTENV` is set in `environ`, or `load_defaults` is false where that is not set.
    `env_file` is seen from `folder`. Files that belong to neither the user nor root are passed
    over, and the notice says so; `env_file` is read, whoever owns it. Raises `EnvFileError` for a
    file that cannot be read, and for an `env_file` without python-dotenv to read it.
    """
    refused: list[str] = []
    found: list[str] = []
    given = None if env_file is None else _given(env_file, folder)
    if _wants_defaults(environ, load_defaults):
        found += _defaults(folder, given, refused)
    if given is not None:
        found.append(given)
    notice = "\n".join(refused) or None
    if not found:
        return EnvFiles({}, notice=notice)
    values: dict[str, str | None] = {}
    try:
        for file in found:
            values |= _values(file, given=file == given)
    except _NoReader as error:
        if env_file is not None:
            raise EnvFileError(f"The env file {found[-1]!r} cannot be read: {error}") from None
        missing = f"{' and '.join(found)} not read: {error}"
        return EnvFiles({}, notice="\n".join([*refused, missing]))
    new = {key: value for key, value in values.items() if value is not None and key not in environ}
    for key, value in new.items():
        if not key or "=" in key:
            raise EnvFileError(f"{key!r} is no name for a variable, in {' or '.join(found)}.")
        if "\0" in key + value:
            raise EnvFileError(
                f"{key!r} holds a null character, which no variable can, in {' or '.join(found)}."
            )
    return EnvFiles(new, tuple(found), notice)


class _NoReader(Exception):
    """python-dotenv cannot be used. Its text is the end of a sentence."""


def _values(file: str, *, given: bool) -> dict[str, str | None]:
    try:
        import dotenv
    except ModuleNotFoundError as error:
        if error.name == "dotenv":
            raise _NoReader(f"python-dotenv is needed to read it; {_INSTALL}") from None
        raise _NoReader(_broken(error)) from None
    except Exception as error:  # whatever its code may raise
        raise _NoReader(_broken(error)) from None
    try:
        text = _text(file, given=given)
        if reason := why_too_slow(text):
            raise EnvFileError(f"The env file {file!r} cannot be read: {reason}.")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvFileError(f"The env file {file!r} cannot be read: {_reason(error)}") from None
    try:
        return dict(dotenv.dotenv_values(stream=io.StringIO(text)))
    except Exception as error:  # an old one takes no stream, or is another library of that name
        raise _NoReader(_broken(error)) from None


def _broken(error: Exception) -> str:
    what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"the python-dotenv that is installed is too old or broken ({what}); {_UPGRADE}"


def _wants_defaults(environ: Mapping[str, str], default: bool) -> bool:
    skip = environ.get("FLASK_SKIP_DOTENV")
    return yes_or_no.is_flask_no(skip) if skip else default


def _defaults(folder: str, given: str | None, refused: list[str]) -> Iterator[str]:
    """The file of each name that is nearest, of those that may be believed."""
    for name in DEFAULT_NAMES:
        for place in _and_above(os.path.abspath(folder)):
            file = os.path.join(place, name)
            if not os.path.isfile(file):
                continue
            reason = None if file == given else trust.refusal(file, "devtui -e")
            if reason is None:
                yield file
                break
            refused.append(reason)


def _and_above(folder: str) -> Iterator[str]:
    yield folder
    while (above := os.path.dirname(folder)) != folder:
        folder = above
        yield folder


def _given(env_file: str, folder: str) -> str:
    path = os.path.abspath(os.path.join(folder, env_file))
    if os.path.isdir(path):
        raise EnvFileError(f"The env file {path!r} is a folder; type the name of a file.")
    # A pipe is as good as a file: `-e <(decrypt secrets)`.
    if not os.path.exists(path):
        raise EnvFileError(f"There is no env file {path!r}.")
    return path


def _text(file: str, *, given: bool) -> str:
    """What a file says; of one that was found, only if it still is a regular file to believe."""
    if given and not os.path.isfile(file):
        with open(file, "rb") as pipe:
            data = pipe.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise OSError(errno.EFBIG, f"it is larger than {MAX_BYTES:,} bytes", file)
    else:
        data, info = project_file.contents(file, MAX_BYTES)
        if not given and not trust.is_trusted(info):
            raise OSError(errno.EPERM, "it was exchanged while it was looked at", file)
    return data.decode()


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror}."
    return f"it is not UTF-8 at byte {error.start}."


def why_too_slow(text: str) -> str | None:
    """What in an env file takes python-dotenv too long, in words; None if nothing does.

    From each space on it looks for a comment to the end of the spaces, and from each `${` on for
    the `}`: both take the square of the length.
    """
    if sum(len(spaces) ** 2 for spaces in _SPACES.findall(text)) > MAX_SPACE_STEPS:
        return "it has thousands of spaces in a row"
    if sum(part.count("${") * len(part) for part in text.split("}")) > MAX_NAME_STEPS:
        return "it has thousands of '${' without their '}'"
    return None
