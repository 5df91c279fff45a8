"""Variables from `.flaskenv`, `.env` and a file that the user names, by the rules of Flask 3.1.

python-dotenv reads them where the application's environment has it; devtui does not bring it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import msgspec

# A later one wins over an earlier one, and the file that the user names over both.
DEFAULT_NAMES = (".flaskenv", ".env")

_INSTALL = "install it with: python -m pip install python-dotenv"
_NO = frozenset({"0", "false", "no"})


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
    `env_file` is seen from `folder`. Raises `EnvFileError` for a file that cannot be read, and
    for an `env_file` without python-dotenv to read it.
    """
    found = list(_defaults(folder)) if _wants_defaults(environ, load_defaults) else []
    if env_file is not None:
        found.append(_given(env_file, folder))
    if not found:
        return EnvFiles({})
    try:
        import dotenv
    except ImportError:
        if env_file is not None:
            raise EnvFileError(
                f"python-dotenv is needed to read the env file {found[-1]!r}; {_INSTALL}"
            ) from None
        names = " and ".join(found)
        return EnvFiles({}, notice=f"{names} not read, as python-dotenv is not there; {_INSTALL}")
    values: dict[str, str | None] = {}
    for file in found:
        try:
            with open(file, encoding="utf-8") as stream:
                values |= dotenv.dotenv_values(stream=stream)
        except (OSError, UnicodeDecodeError) as error:
            raise EnvFileError(f"The env file {file!r} cannot be read: {_reason(error)}") from None
    new = {key: value for key, value in values.items() if value is not None and key not in environ}
    for key, value in new.items():
        if "\0" in key + value:
            raise EnvFileError(
                f"{key!r} holds a null character, which no variable can, in {' or '.join(found)}."
            )
    return EnvFiles(new, tuple(found))


def _wants_defaults(environ: Mapping[str, str], default: bool) -> bool:
    skip = environ.get("FLASK_SKIP_DOTENV")
    return skip.lower() in _NO if skip else default


def _defaults(folder: str) -> Iterator[str]:
    for name in DEFAULT_NAMES:
        place = os.path.abspath(folder)
        while not os.path.isfile(os.path.join(place, name)):
            above = os.path.dirname(place)
            if above == place:
                break
            place = above
        else:
            yield os.path.join(place, name)


def _given(env_file: str, folder: str) -> str:
    path = os.path.abspath(os.path.join(folder, env_file))
    if os.path.isdir(path):
        raise EnvFileError(f"The env file {path!r} is a folder; type the name of a file.")
    # A pipe is as good as a file: `-e <(decrypt secrets)`.
    if not os.path.exists(path):
        raise EnvFileError(f"There is no env file {path!r}.")
    return path


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror}."
    return f"it is not UTF-8 at byte {error.start}."
