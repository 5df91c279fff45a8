"""Import msgspec without typing_extensions.

If it is installed, msgspec imports three names from it, which `typing` has too since Python 3.11.
The import takes 3 ms of the first response, and the app would find a module that it has not
imported.
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
