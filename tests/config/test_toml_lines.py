"""The lines of keys in TOML files."""

from __future__ import annotations

from devtui.config.toml_lines import lines_of

TEXT = '''\
# [not.a.table]
title = "a # b = c"  # comment

[tool.devtui]
port = 1  # 5
"quoted key" = 1
'single.key'.inner = 1
text = """
fake = 1
[fake]
\\""" still
"""
raw = \'\'\'
it's = 1
\'\'\'
hidden = [
  "a", # "x",

  "b]",
  ["c", { d = 1 }]
]
keys = { restart = "r", deep = { x = [1, 2] } }
at = 1979-05-27T07:32:00Z
share = 1.5
[[tool.devtui.commands]]
key = "x"
[[tool.devtui.commands]] # the second
key = "y"
[tool.devtui.commands.inner]
z = 1
[ "esc\\u0061ped" ]
'''


def line_with(part: str) -> int:
    return next(n for n, line in enumerate(TEXT.splitlines(), 1) if part in line)


def test_each_key_has_its_line() -> None:
    found = lines_of(TEXT)
    ours = ("tool", "devtui")
    assert found["title",] == 2
    assert found[ours] == 4
    assert found[(*ours, "port")] == 5
    assert found[(*ours, "quoted key")] == 6
    assert found[(*ours, "single.key", "inner")] == 7
    assert found[(*ours, "raw")] == line_with("raw =")
    assert found[(*ours, "hidden", 0)] == line_with('"a"')
    assert found[(*ours, "hidden", 1)] == line_with('"b]"')
    assert found[(*ours, "hidden", 2)] == found[(*ours, "hidden", 2, 1, "d")] == line_with('"c"')
    assert found[(*ours, "keys", "deep", "x", 1)] == line_with("keys =")
    assert found[(*ours, "share")] == line_with("share")
    assert found[(*ours, "commands", 0, "key")] == line_with('key = "x"')
    assert found[(*ours, "commands", 1)] == line_with("# the second")
    assert found[(*ours, "commands", 1, "key")] == line_with('key = "y"')
    assert found[(*ours, "commands", 1, "inner", "z")] == line_with("z = 1")
    assert found["escaped",] == line_with("esc")
    assert not any("fake" in way or "not" in way or "it's" in way for way in found)


def test_it_ends_whatever_it_reads() -> None:
    for text in ("[", "a", "=", "a = [", "a = {", '"', '"""', "[[a", "a = ]", "a = [}", "{", "a.="):
        lines_of(text)
