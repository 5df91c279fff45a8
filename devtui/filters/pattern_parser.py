r"""Parse a regex into steps that can be followed in linear time.

It knows characters, `.`, sets, `\d \w \s \b`, groups, `|`, `^`, `$`, and repetitions. Case does
not matter. It refuses references and look-around, which cannot be matched in linear time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

Test: TypeAlias = Callable[[str], bool]
Anchor: TypeAlias = Literal["start", "end", "border", "inside"]

MAX_STEPS = 150
"""How many steps a regex may have; each character of a row costs at most as many."""

MAX_DEPTH = 30
MAX_COUNT = 100

_CLASSES: dict[str, Test] = {
    "d": str.isdecimal,
    "s": str.isspace,
    "w": lambda char: char.isalnum() or char == "_",
}
_ANCHORS: dict[str, Anchor] = {"b": "border", "B": "inside", "A": "start", "Z": "end", "z": "end"}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}


class Node:
    """A part of a regex: one character, an anchor, a sequence, alternatives, or a repetition."""

    __slots__ = ("anchor", "least", "literal", "most", "parts", "test")

    def __init__(
        self,
        test: Test | None = None,
        *,
        literal: str = "",
        anchor: Anchor | None = None,
        parts: list[Node] | None = None,
        least: int = -1,
        most: int | None = None,
    ) -> None:
        self.test = test
        self.literal = literal
        self.anchor = anchor
        self.parts: list[Node] = parts or []
        self.least, self.most = least, most


class Alternatives(Node):
    """One of several parts; a plain `Node` with parts is a sequence."""

    __slots__ = ()


class PatternParser:
    """Reads one regex. Raises `ValueError` with a sentence about what it cannot read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def parse(self) -> Node:
        """Return the whole regex."""
        node = self._alternatives()
        if self._at < len(self._text):
            raise ValueError("a ) has no (")
        return node

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._peek()
        self._at += 1
        return char

    def _skip(self, text: str) -> bool:
        found = self._text.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def _alternatives(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError("too many groups inside of each other")
        found = [self._sequence()]
        while self._skip("|"):
            found.append(self._sequence())
        self._depth -= 1
        return found[0] if len(found) == 1 else Alternatives(parts=found)

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._peek() and self._peek() not in "|)":
            parts.append(self._repeated(self._atom()))
        return Node(parts=parts)

    def _repeated(self, node: Node) -> Node:
        bounds = self._bounds()
        if bounds is None:
            return node
        if node.anchor is not None:
            raise ValueError("there is nothing to repeat")
        self._skip("?")  # as few as possible: the same rows match
        if self._peek() in ("*", "+", "?"):
            raise ValueError("a repetition follows a repetition")
        return Node(parts=[node], least=bounds[0], most=bounds[1])

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._skip(sign):
                return bounds
        end = self._text.find("}", self._at)
        inner = self._text[self._at + 1 : end] if self._peek() == "{" and end > 0 else ""
        least, comma, most = inner.partition(",")
        if not inner or not all(
            (it.isdecimal() and it.isascii()) or not it for it in (least, most)
        ):
            return None
        if not (least or most) or len(least) > 3 or len(most) > 3:
            return None
        self._at = end + 1
        low = int(least or 0)
        high = None if comma and not most else int(most) if comma else low
        if max(low, high or 0) > MAX_COUNT:
            raise ValueError(f"a repetition may count up to {MAX_COUNT}")
        if high is not None and high < low:
            raise ValueError("a repetition ends before it begins")
        return low, high

    def _atom(self) -> Node:
        char = self._next()
        match char:
            case "(":
                return self._group()
            case "[":
                return Node(self._set())
            case ".":
                return Node(lambda char: char != "\n")
            case "^":
                return Node(anchor="start")
            case "$":
                return Node(anchor="end")
            case "*" | "+" | "?":
                raise ValueError(f"there is nothing for {char} to repeat")
            case "\\":
                return self._escaped()
        return _literal(char)

    def _group(self) -> Node:
        if self._skip("?") and not self._skip(":"):
            name_ends = self._text.find(">", self._at)
            if not self._text.startswith("P<", self._at) or name_ends < 0:
                raise ValueError("look-around and flags are not known")
            self._at = name_ends + 1
        node = self._alternatives()
        if not self._skip(")"):
            raise ValueError("a ( has no )")
        return Node(parts=[node])

    def _escaped(self) -> Node:
        char = self._next()
        if char in _ANCHORS:
            return Node(anchor=_ANCHORS[char])
        if char.lower() in _CLASSES:
            return Node(_class(char))
        return _literal(self._escaped_character(char))

    def _escaped_character(self, char: str) -> str:
        if not char:
            raise ValueError("it ends with a single \\")
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char.isdecimal():
            raise ValueError(f"references such as \\{char} are not known")
        if char.isalpha():
            raise ValueError(f"\\{char} is not known")
        return char

    def _set(self) -> Test:
        negated = self._skip("^")
        tests: list[Test] = []
        first = True
        while first or self._peek() != "]":
            first = False
            if not self._peek():
                raise ValueError("a [ has no ]")
            low = self._of_set(tests)
            if low and self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in "]":
                self._next()
                high = self._of_set(tests)
                if high < low:
                    raise ValueError(f"the range {low}-{high} is upside down")
                tests.append(_range(low, high))
            elif low:
                tests.append(_range(low, low))
        self._next()
        return lambda char: any(test(char) for test in tests) != negated

    def _of_set(self, tests: list[Test]) -> str:
        r"""Return the next character of a set; add a class such as `\d`, and return nothing."""
        char = self._next()
        if char != "\\":
            return char
        char = self._next()
        if char and char.lower() in _CLASSES:
            tests.append(_class(char))
            return ""
        return self._escaped_character(char)


def _literal(char: str) -> Node:
    found = [Node(_range(one, one), literal=one) for one in char.lower()]
    return found[0] if len(found) == 1 else Node(parts=found)


def _class(char: str) -> Test:
    test = _CLASSES[char.lower()]
    return (lambda char: not test(char)) if char.isupper() else test


def _range(low: str, high: str) -> Test:
    """Test for a range in either case; the rows are in lower case."""
    return lambda char: low <= char <= high or low <= char.upper() <= high


def required_text(node: Node) -> str:
    """Return the longest text that every match contains; empty if none is known."""
    best = run = ""
    for part in node.parts if not isinstance(node, Alternatives) and node.least < 0 else ():
        run = run + part.literal if part.literal else ""
        best = max(best, run, key=len)
    return best or node.literal


Step: TypeAlias = list[Any]
"""`[test, anchor, the next steps]`; without test and anchor a fork. The first one is the end."""


def compiled(node: Node) -> tuple[list[Step], int]:
    """Return the steps of a regex and the number of the first one; 0 is the end."""
    steps: list[Step] = [[None, None, ()]]

    def add(test: Test | None, anchor: Anchor | None, following: tuple[int, ...]) -> int:
        if len(steps) >= MAX_STEPS:
            raise ValueError("it is too long")
        steps.append([test, anchor, following])
        return len(steps) - 1

    def emit(node: Node, after: int) -> int:
        if node.test is not None or node.anchor is not None:
            return add(node.test, node.anchor, (after,))
        if isinstance(node, Alternatives):
            return add(None, None, tuple(emit(part, after) for part in node.parts))
        if node.least >= 0:
            return repeat(node, after)
        for part in reversed(node.parts):
            after = emit(part, after)
        return after

    def repeat(node: Node, after: int) -> int:
        (part,) = node.parts
        begin = after
        if node.most is None:
            begin = add(None, None, ())
            steps[begin][2] = (emit(part, begin), after)
        for _ in range((node.most or 0) - node.least if node.most is not None else 0):
            begin = add(None, None, (emit(part, begin), after))
        for _ in range(node.least):
            begin = emit(part, begin)
        return begin

    return steps, emit(node, 0)
