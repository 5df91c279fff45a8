"""A digest by which the content of two files is compared."""

from __future__ import annotations

try:
    # `hashlib` imports OpenSSL, which takes longer than all else that a load waits for.
    from _blake2 import blake2b
except ImportError:  # a Python that was built without it
    from hashlib import blake2b


def digest(data: bytes) -> str:
    """Equal for equal data, whatever Python it is asked of."""
    return blake2b(data, digest_size=16).hexdigest()
