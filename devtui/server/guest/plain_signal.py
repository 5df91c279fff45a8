"""Give the C module behind `signal`: the same functions, with plain numbers.

`signal` makes enums when it is imported, which takes 2 to 5 ms of the first answer, and the app
would find a module that it has not imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
else:
    import _signal as signal

__all__ = ["signal"]
