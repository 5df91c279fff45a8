"""`signal` as it is written in C: the same functions, and plain numbers.

`signal` itself makes enums of them when it is imported, for which the first answer would wait; and
the app would find a module imported that a fresh process has not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
else:
    import _signal as signal

__all__ = ["signal"]
