"""Make up one certificate for all server processes of a session.

A browser asks its user about each certificate that nobody has signed. If each process made its own,
it would ask again after every save, in place of the page.
"""

from __future__ import annotations

import ssl
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from werkzeug.serving import generate_adhoc_ssl_pair, load_ssl_context

if TYPE_CHECKING:
    from devtui.server.guest.descriptors import OwnFile

_MOST_BYTES = 64 * 1024


def adhoc_context(kept: OwnFile | None) -> ssl.SSLContext:
    """Return the context of the kept certificate; make one and keep it if there is none.

    Raise `TypeError` if the library for it is not installed.
    """
    if kept is not None:
        with suppress(OSError):  # it is empty, not whole, or the app has closed it
            return _context(kept.read(_MOST_BYTES))
    made = _made()
    if kept is not None:
        with suppress(OSError):
            kept.write(made)
    return _context(made)


def _made() -> bytes:
    certificate, key = generate_adhoc_ssl_pair()
    from cryptography.hazmat.primitives import serialization

    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        encoding=serialization.Encoding.PEM,
        format=serialization.PrivateFormat.TraditionalOpenSSL,
        encryption_algorithm=serialization.NoEncryption(),
    )


def _context(text: bytes) -> ssl.SSLContext:
    """Return the context of a certificate with its key; raise `OSError` if it is none."""
    with tempfile.NamedTemporaryFile() as file:  # OpenSSL reads it from a path
        file.write(text)
        file.flush()
        return load_ssl_context(file.name)
