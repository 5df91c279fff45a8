"""A whole filter: its words, all of which a row has to match."""

from __future__ import annotations

import re

from devtui.filters.facts import Facts, Measures, PaneName
from devtui.filters.word import Word, word_of

MAX_WORDS = 20

# A word; quotes keep blanks together. An open quote goes to the end.
_TYPED = re.compile(r'(!?"[^"]*(?:"|\Z))|(\S+)')


class Query:
    """The words of a filter. It is empty if none of them hides anything."""

    def __init__(self, text: str = "", pane: PaneName = "requests") -> None:
        self.text = text
        self.pane = pane
        self.words: list[Word] = []
        for found in _TYPED.finditer(text):
            if len(self.words) >= MAX_WORDS:
                note = f"a filter has at most {MAX_WORDS} words"
                self.words.append(Word("unknown", found.start(), len(text), note=note))
                break
            self.words.append(word_of(found[0], found.start(), pane, quoted=bool(found[1])))
        known = [word for word in self.words if word.kind != "unknown" and self._says(word)]
        self.texts = [word for word in known if word.kind == "text"]
        self.facts = [word for word in known if word.kind == "facts"]
        self.measures = [word for word in known if word.kind in ("duration", "size")]
        self.patterns = [word for word in known if word.kind == "pattern"]
        self._known = known

    @staticmethod
    def _says(word: Word) -> bool:
        return word.kind != "text" or bool(word.text)

    def __bool__(self) -> bool:
        return bool(self._known)

    @property
    def note(self) -> str:
        """The note on the first word that is not understood; empty if all are."""
        return next((word.note for word in self.words if word.note), "")

    def narrows(self, other: Query) -> bool:
        """Whether each row that this filter keeps is certainly kept by the other one."""
        return all(any(mine.implies(theirs) for mine in self._known) for theirs in other._known)

    def keeps(self, text: str, measures: Measures) -> bool:
        """Whether a row with this lower-case text is shown."""
        return (
            all(word.keeps_text(text) for word in self.texts)
            and self.keeps_facts(measures.facts)
            and self.keeps_measures(measures)
            and all(word.keeps_text(text) for word in self.patterns)
        )

    def keeps_facts(self, facts: Facts) -> bool:
        """Whether the words about facts keep a row."""
        return all(word.keeps_facts(facts) for word in self.facts)

    def keeps_measures(self, measures: Measures) -> bool:
        """Whether the words about durations and sizes keep a row."""
        return all(
            word.keeps_measure(
                measures.duration_ms if word.kind == "duration" else measures.size_bytes
            )
            for word in self.measures
        )

    def word_at(self, position: int) -> Word | None:
        """Return the word that contains the position or ends at it."""
        return next((it for it in self.words if it.start < position <= it.end), None)
