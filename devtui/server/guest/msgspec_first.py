"""The first import of msgspec, without typing_extensions.

Where that is installed, msgspec takes three names from it, and from Python 3.11 on they do what
those of `typing` do, which it takes otherwise. The import takes 3 ms, for which the first answer
would wait, and the app would find a module that it has not asked for in the place of its own.
"""

from __future__ import annotations

import sys
from typing import Any

_NAME = "typing_extensions"

if sys.version_info >= (3, 11) and _NAME not in sys.modules:
    modules: dict[str, Any] = sys.modules
    modules[_NAME] = None  # the import system's own way to say that there is none
    try:
        import msgspec  # noqa: F401
    finally:
        del modules[_NAME]
