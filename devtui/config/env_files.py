"""Read variables from `.flaskenv`, `.env` and the user's env file, by the rules of Flask 3.1.

python-dotenv parses the files. devtui does not install it; the app's environment has to have it.
"""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from devtui import project_file
from devtui.config import trust, yes_or_no

# A later file wins over an earlier one, and the user's own file over both.
DEFAULT_NAMES = (".flaskenv", ".env")

# A thousand times the usual size; the system would not take so large an environment.
MAX_BYTES = 4 * 1024 * 1024

# Limits for the steps of python-dotenv's regular expressions: they take less than a second.
MAX_SPACE_STEPS = 50_000_000
MAX_NAME_STEPS = 5_000_000

# For each variable python-dotenv copies all others.
MAX_VARIABLES = 2_000

# Variables, comments and empty lines.
MAX_ENTRIES = 20_000

# python-dotenv warns of each of these lines.
MAX_UNREADABLE = 100

# A variable in a value, and what stands for it if it is not set; as in python-dotenv.
_VARIABLE = re.compile(r"\$\{([^\}:]*)(?::-([^\}]*))?\}")

_SPACES = re.compile(r"[^\S\r\n]+")

_INSTALL = "install it with: python -m pip install python-dotenv"
_UPGRADE = "upgrade it with: python -m pip install --upgrade python-dotenv"


class EnvFileError(Exception):
    """devtui cannot use an env file. The text is one sentence for the user."""


class EnvFiles(msgspec.Struct, frozen=True):
    """The content of the env files.

    `values` are the variables to set, without those that the environment already has. `files`
    were read, in this order. `notice` is a message for the user, or None.
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
    """Read the env files of a session in `folder`, without setting the variables.

    Search for `.flaskenv` and for `.env` in `folder` and above it, unless `FLASK_SKIP_DOTENV` in
    `environ` forbids it; if that is not set, `load_defaults` decides. `env_file` is relative to
    `folder`. Skip files that belong to neither the user nor root, and say so in the notice; read
    `env_file` whoever owns it. Raises `EnvFileError` for a file that cannot be read, and for an
    `env_file` if python-dotenv is missing.
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
            values |= _values(file, environ, given=file == given)
    except _NoReader as error:
        if env_file is not None:
            raise EnvFileError(f"devtui cannot read the env file {found[-1]!r}: {error}") from None
        missing = f"devtui did not read {' and '.join(found)}: {error}"
        return EnvFiles({}, notice="\n".join([*refused, missing]))
    new = {key: value for key, value in values.items() if value is not None and key not in environ}
    for key, value in new.items():
        if not key or "=" in key:
            raise EnvFileError(
                f"{key!r} in {' or '.join(found)} is not a valid name of a variable."
            )
        if "\0" in key + value:
            raise EnvFileError(
                f"{key!r} in {' or '.join(found)} contains a null character: remove it."
            )
    return EnvFiles(new, tuple(found), notice)


class _NoReader(Exception):
    """python-dotenv does not work. The text is the end of a sentence."""


def _values(file: str, environ: Mapping[str, str], *, given: bool) -> dict[str, str | None]:
    try:
        import dotenv.parser
    except ModuleNotFoundError as error:
        if error.name == "dotenv":
            raise _NoReader(f"this needs python-dotenv; {_INSTALL}") from None
        raise _NoReader(_broken(error)) from None
    except Exception as error:  # its code may raise anything
        raise _NoReader(_broken(error)) from None
    try:
        text = _text(file, given=given)
        if reason := why_too_slow(text):
            raise EnvFileError(f"devtui cannot read the env file {file!r}: {reason}.")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvFileError(f"devtui cannot read the env file {file!r}: {_reason(error)}") from None
    try:
        bindings = dotenv.parser.parse_stream(io.StringIO(text))
        first = list(islice(bindings, MAX_ENTRIES + 1))
        raw = [(binding.key or "", binding.value) for binding in first]
        reason = why_too_large(raw, environ)
        if sum(binding.error for binding in first) > MAX_UNREADABLE:
            reason = f"more than {MAX_UNREADABLE} of its lines are not variables"
        if reason:
            raise EnvFileError(f"devtui cannot read the env file {file!r}: {reason}.")
        return dict(dotenv.dotenv_values(stream=io.StringIO(text)))
    except EnvFileError:
        raise
    except Exception as error:  # an old version takes no stream, or another library has that name
        raise _NoReader(_broken(error)) from None


def _broken(error: Exception) -> str:
    what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"the installed python-dotenv is too old or broken ({what}); {_UPGRADE}"


def _wants_defaults(environ: Mapping[str, str], default: bool) -> bool:
    skip = environ.get("FLASK_SKIP_DOTENV")
    return yes_or_no.is_flask_no(skip) if skip else default


def _defaults(folder: str, given: str | None, refused: list[str]) -> Iterator[str]:
    """Yield the nearest trusted file of each name."""
    for name in DEFAULT_NAMES:
        for place in project_file.and_above(os.path.abspath(folder)):
            file = os.path.join(place, name)
            if not os.path.isfile(file):
                continue
            reason = None if file == given else trust.refusal(file, "devtui -e")
            if reason is None:
                yield file
                break
            refused.append(reason)


def _given(env_file: str, folder: str) -> str:
    path = os.path.abspath(os.path.join(folder, env_file))
    if os.path.isdir(path):
        raise EnvFileError(f"The env file {path!r} is a folder: give the path of a file.")
    # A pipe works too: `-e <(decrypt secrets)`.
    if not os.path.exists(path):
        raise EnvFileError(f"The env file {path!r} does not exist.")
    return path


def _text(file: str, *, given: bool) -> str:
    """Return the text of a file; a file that we found must still be regular and trusted."""
    if given and not os.path.isfile(file):
        with open(file, "rb") as pipe:
            data = pipe.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise OSError(errno.EFBIG, f"it is larger than {MAX_BYTES:,} bytes", file)
    else:
        data, info = project_file.contents(file, MAX_BYTES)
        if not given and not trust.is_trusted(info):
            raise OSError(errno.EPERM, "another file replaced it in the meantime", file)
    return data.decode()


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror}."
    return f"it is not UTF-8 at byte {error.start}."


def why_too_large(raw: Sequence[tuple[str, str | None]], environ: Mapping[str, str]) -> str | None:
    """Say what would make the variables too many or too large; None if nothing would.

    `raw` has them as they stand in the file, before the variables in them are replaced. A few lines
    that each name the line above them twice would fill the memory.
    """
    if len(raw) > MAX_ENTRIES:
        return f"it has more than {MAX_ENTRIES:,} variables and comments"
    if sum(value is not None for _, value in raw) > MAX_VARIABLES:
        return f"it has more than {MAX_VARIABLES:,} variables"
    sizes = {name: len(value) for name, value in environ.items()}
    total = 0
    for name, value in raw:
        size = len(value or "")
        for found in _VARIABLE.finditer(value or ""):
            size += max(sizes.get(found[1], 0), len(found[2] or ""))
        sizes[name] = max(size, sizes.get(name, 0))
        total += size
        if total > MAX_BYTES:
            return f"its variables would take more than {MAX_BYTES:,} characters"
    return None


def why_too_slow(text: str) -> str | None:
    """Say what in an env file would keep python-dotenv busy for minutes; None if nothing would.

    From each space it searches to the end of the spaces for a comment, and from each `${` for the
    `}`: both take quadratic time.
    """
    if sum(len(spaces) ** 2 for spaces in _SPACES.findall(text)) > MAX_SPACE_STEPS:
        return "it contains thousands of spaces in a row"
    if sum(part.count("${") * len(part) for part in text.split("}")) > MAX_NAME_STEPS:
        return "it contains thousands of '${' without a '}'"
    return None
