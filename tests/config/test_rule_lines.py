"""Rules in a text that users edit too."""

from __future__ import annotations

import pytest

from devtui.config.rule_lines import with_rules


def rule_of(line: str) -> str:
    return line.strip().lower() if line.strip().isalpha() else ""


@pytest.mark.parametrize(
    ("text", "before", "after", "changed"),
    [
        ("", [], ["a", "b"], "a\nb\n"),
        ("a\n# 1\nb", ["a", "b"], ["a", "b"], "a\n# 1\nb"),
        ("a\n# 1\nb", ["a", "b"], ["a", "b", "c"], "a\n# 1\nb\nc\n"),
        ("a\n# 1\n B\r\nc", ["a", "b", "c"], ["a", "x", "c"], "a\n# 1\nx\r\nc"),
        ("a\n# 1\nB\nc", ["a", "b", "c"], ["a", "c"], "a\n# 1\nc"),
        ("a\nb\n", ["a", "b"], ["b", "a"], "a\nb\n"),  # the order means nothing
        ("a\nb\n# 1\n", ["a", "b"], ["x"], "x\n# 1\n"),
        ("a\n# 1\n", ["a"], ["x", "y"], "x\n# 1\ny\n"),
        ("a\n# 1\n", ["a"], [], "# 1\n"),
        # Somebody else has changed the text meanwhile.
        ("# 1\nz\n", ["a"], ["b"], "# 1\nz\nb\n"),
        ("a\nb\nz\n", ["a"], ["b"], "b\nz\n"),
        ("b\na\nz\n", ["a"], ["b"], "b\nz\n"),
        ("a\nA\n", ["a"], ["b"], "b\n"),
        ("", ["a"], ["a", "b"], "b\n"),
        ("a\x0c# 1", ["a"], ["b", "c"], "b\x0c# 1\nc\n"),
    ],
)
def test_only_the_lines_of_changed_rules_change(
    text: str, before: list[str], after: list[str], changed: str
) -> None:
    assert with_rules(text, before, after, rule_of) == changed
