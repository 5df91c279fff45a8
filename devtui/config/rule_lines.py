"""Change rules in a text that users edit too, line by line: all other lines stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def with_rules(
    text: str, before: Sequence[str], after: Sequence[str], rule_of: Callable[[str], str]
) -> str:
    """Return the text with the changes that lead from the rules `before` to those `after`.

    `rule_of` returns the rule on a line; empty if it has none, as a comment, or a line that is not
    understood. The text may have changed since `before`: somebody else's rules stay.
    """
    replaced, gone, added = _changes(list(dict.fromkeys(before)), list(dict.fromkeys(after)))
    there = set(map(rule_of, text.splitlines()))
    lines: list[str] = []
    for bare, line in zip(text.splitlines(), text.splitlines(keepends=True), strict=True):
        rule = rule_of(bare)
        if rule in gone:
            continue
        if rule in replaced:
            if (rule := replaced[rule]) in there:
                continue
            there.add(rule)
            line = rule + line[len(bare) :]
        lines.append(line)
    more = [rule for rule in (*replaced.values(), *added) if rule not in there]
    if more and lines and lines[-1].splitlines() == [lines[-1]]:
        lines[-1] += "\n"
    return "".join(lines) + "".join(f"{rule}\n" for rule in more)


def _changes(
    before: list[str], after: list[str]
) -> tuple[dict[str, str], frozenset[str], list[str]]:
    """Return the rules that were replaced by others in their places, those gone, and those added.

    A rule that only has another place than before is none of these.
    """
    from difflib import SequenceMatcher  # the first frame does not wait for it

    replaced: dict[str, str] = {}
    for kind, start, end, new_start, new_end in SequenceMatcher(
        a=before, b=after, autojunk=False
    ).get_opcodes():
        if kind == "replace":
            pairs = zip(before[start:end], after[new_start:new_end], strict=False)
            replaced |= {old: new for old, new in pairs if old not in after and new not in before}
    gone = frozenset(before) - frozenset(after) - frozenset(replaced)
    new = frozenset(replaced.values())
    return replaced, gone, [one for one in after if one not in before and one not in new]
