"""Match a regex in linear time, so that nobody can type one that hangs the screen.

Python's `re` backtracks: `(a+)+b` takes exponential time, and cannot be interrupted. This follows
all alternatives at once, as a finite automaton, and caches its transitions.
"""

from __future__ import annotations

from collections.abc import Iterable

from devtui.filters.pattern_parser import Anchor, PatternParser, Step, compiled, required_text

MAX_PATTERN = 300
MAX_REMEMBERED = 2_000
"""How many transitions are cached; then all are dropped."""

_END = ""


class Pattern:
    """A regex that is searched for anywhere in lower-case texts."""

    def __init__(self, text: str) -> None:
        """Raise `ValueError` with a sentence if the regex cannot be matched."""
        if len(text) > MAX_PATTERN:
            raise ValueError("it is too long")
        node = PatternParser(text).parse()
        self._steps, self._first = compiled(node)
        self._required = required_text(node)
        self._states: dict[tuple[frozenset[int], str], _State] = {}
        self._remembered = 0
        self._begin = self._state(frozenset((self._first,)), _END)

    def found_in(self, text: str) -> bool:
        """Whether the regex matches anywhere in the text."""
        if self._required not in text:
            return False
        state = self._begin
        for char in text:
            state = state[char]
        return state.matches or state.ends()

    def _state(self, places: frozenset[int], before: str) -> _State:
        key = (places, before)
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = _State(self, places, before)
        return state

    def after(self, state: _State, char: str) -> _State:
        """Return the state after a character, and cache it."""
        if self._remembered >= MAX_REMEMBERED:
            for known in self._states.values():
                known.clear()
            self._states = {(self._begin.places, self._begin.before): self._begin}
            self._remembered = 0
        reached = self._closure(state, char)
        if 0 in reached:
            following = self._matched(state)
        else:
            steps = self._steps
            places = {
                step[2][0] for step in map(steps.__getitem__, reached) if step[0] and step[0](char)
            }
            places.add(self._first)  # a match may begin at each character
            following = self._state(frozenset(places), "w" if _is_word(char) else "-")
        state[char] = following
        self._remembered += 1
        return following

    def ends(self, state: _State) -> bool:
        """Whether the regex matches if the text ends here."""
        return 0 in self._closure(state, _END)

    def _matched(self, state: _State) -> _State:
        matched = _State(self, frozenset(), state.before)
        matched.matches = True
        return matched

    def _closure(self, state: _State, char: str) -> Iterable[int]:
        """Return all places that can be reached from the state before `char` is read."""
        reached = set(state.places)
        waiting = list(reached)
        while waiting:
            step: Step = self._steps[waiting.pop()]
            if step[0] is not None or (step[1] and not _holds(step[1], state.before, char)):
                continue
            new = [place for place in step[2] if place not in reached]
            reached.update(new)
            waiting += new
        return reached


class _State(dict[str, "_State"]):
    """A state of the automaton; its items are the states that follow, by character."""

    __slots__ = ("_pattern", "before", "matches", "places")

    def __init__(self, pattern: Pattern, places: frozenset[int], before: str) -> None:
        super().__init__()
        self._pattern = pattern
        self.places = places
        self.before = before
        """The kind of the character before: none, a word character (`w`), or another (`-`)."""
        self.matches = False

    def __missing__(self, char: str) -> _State:
        return self if self.matches else self._pattern.after(self, char)

    def ends(self) -> bool:
        """Whether the regex matches if the text ends here."""
        return self._pattern.ends(self)


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _holds(anchor: Anchor, before: str, char: str) -> bool:
    if anchor == "start":
        return before == _END
    if anchor == "end":
        return char == _END
    at_border = (before == "w") != bool(char and _is_word(char))
    return at_border == (anchor == "border")
