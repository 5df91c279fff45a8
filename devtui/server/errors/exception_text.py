"""Ask exceptions for their texts, with bounds on length and time."""

from __future__ import annotations

from devtui.server.guest.deadline import Overdue, within

MAX_MESSAGE = 10_000

# Characters for all texts of one error. When they are nearly used up, each exception still gets the
# beginning of its text.
MAX_ALL_TEXT = 500_000
_FEW_CHARACTERS = 200

# How long all custom `__str__` together may take. Each may take half of the time left.
MESSAGE_SECONDS = 0.1


class Messages:
    """The texts of an error's exceptions. A custom `__str__` may raise, block or be huge."""

    def __init__(self) -> None:
        self._left = MESSAGE_SECONDS
        self._text_left = MAX_ALL_TEXT
        self.cut = False  # whether any text was cut

    def message(self, exception: BaseException) -> str:
        """Return the exception's message, without its type."""
        return self.shown(exception.msg if isinstance(exception, SyntaxError) else exception)

    def shown(self, value: object) -> str:
        """Return the text of any object, even if its `__str__` fails."""
        most = share(MAX_MESSAGE, self._text_left, _FEW_CHARACTERS)
        text = self._shown(value, most)
        self.cut = self.cut or len(text) >= most
        self._text_left -= len(text)
        return text

    def _shown(self, value: object, most: int) -> str:
        try:
            if harmless(value):
                return str(value)[:most]
            if self._left <= 0.001:
                raise Overdue
            half, self._left = self._left / 2, self._left / 2
            text = within(half, lambda: str(value)[:most])
            self._left += half
            return str.__str__(text)
        except Overdue:
            return "<it cannot be shown: its __str__ takes too long>"
        except BaseException as error:  # SystemExit too: it is foreign code
            return f"<it cannot be shown: its __str__ raised {type(error).__name__}>"


_PLAIN = (str, int, float, bool, bytes, type(None))


def harmless(value: object) -> bool:
    """Whether `str(value)` runs only Python's own code."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if not isinstance(value, BaseException) or kind.__str__ not in _OWN_STR:
        return False
    return all(type(argument) in _PLAIN for argument in value.args)


_OWN_STR = {
    BaseException.__str__,
    KeyError.__str__,
    OSError.__str__,
    ImportError.__str__,
    SyntaxError.__str__,
    UnicodeDecodeError.__str__,
    UnicodeEncodeError.__str__,
}


def share(most: int, left: int, few: int) -> int:
    """Return the share of one item: a quarter of what is left, so that some remains for others."""
    return max(few, min(most, left // 4))
