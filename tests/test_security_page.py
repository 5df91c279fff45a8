"""What docs/security.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "security.md"


def test_every_test_that_it_names_is_there() -> None:
    if not PAGE.exists():
        pytest.skip("the pages are not part of this copy")
    names = re.findall(r"`((?:tests/)?[\w/]*test_\w+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert len(names) > 10
    files = [ROOT / (name if "/" in name else f"tests/faults/{name}") for name in names]
    assert [str(file) for file in files if not file.is_file()] == []


def test_the_option_that_it_names_is_there() -> None:
    from devtui.cli.command import command

    if not PAGE.exists():
        pytest.skip("the pages are not part of this copy")
    options = {
        name
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    named = set(re.findall(r"(?<![\w-])--[a-z-]+", PAGE.read_text(encoding="utf-8")))
    assert named <= options
