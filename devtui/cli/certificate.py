"""Check the options of a certificate."""

from __future__ import annotations

import importlib.util
import os
import sys

import click
from click.core import ParameterSource

from devtui.config.settings import Settings

_TYPED = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


def check_cert(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Check the certificate: a file, an object of a module, or adhoc."""
    if value is None:
        return None
    if value.lower() == "adhoc":
        return "adhoc"
    if os.path.isfile(value):
        return os.path.abspath(value)
    if _may_be_object(value):
        return value  # the server process imports it
    raise click.BadParameter(f"{value!r} is not a file: give the path of a certificate, or adhoc.")


def check_adhoc(settings: Settings) -> None:
    """Check that our Python can make a certificate. Another Python reports this itself."""
    if settings.cert != "adhoc" or settings.python is not None:
        return
    if importlib.util.find_spec("cryptography") is None:
        raise click.BadParameter(
            "adhoc needs the package cryptography: python -m pip install cryptography",
            param_hint="'--cert'",
        )


def _may_be_object(text: str) -> bool:
    """Whether the text may name an object in an existing module; imports nothing."""
    module, *names = text.replace(":", ".", 1).split(".")
    if not names or not all(name.isidentifier() for name in (module, *names)):
        return False
    if os.path.isfile(f"{module}.py") or os.path.isdir(module):
        return True
    return module in sys.modules or importlib.util.find_spec(module) is not None


def has_file(ctx: click.Context) -> bool:
    """Whether the certificate of a command line is a file."""
    cert = ctx.params.get("cert")
    return cert is not None and os.path.isabs(cert)


def check_key(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Check that the private key belongs to a certificate and is there."""
    is_file = has_file(ctx)
    of_key, of_cert = (ctx.get_parameter_source(name) for name in ("key", "cert"))
    if of_key is ParameterSource.DEFAULT_MAP and of_cert in _TYPED:
        value = None  # it belongs to another certificate
    if value is None:
        if is_file:
            raise click.BadParameter("--cert with a file needs the private key too: --key PATH")
        return None
    if not is_file:
        raise click.BadParameter(
            "--key works only with the file of a certificate: --cert PATH --key PATH"
        )
    if not os.path.isfile(value):
        raise click.BadParameter(f"{value!r} is not a file: give the path of the private key.")
    return os.path.abspath(value)
