"""Align two lists: each item is in one pair, whatever has happened to them."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from devtui.session.replay import aligned
from devtui.session.replay.aligned import Alignment
from devtui.session.replay.ignores import Ignores
from devtui.session.replay.json_changes import json_changes

VALUES: list[Any] = [0, 1, 1.0, True, None, "x", [0], [[]], {"a": 1}, {"a": 1, "b": "x"}, {}]


def edited(items: list[Any], chance: Random) -> list[Any]:
    found = list(items)
    for _ in range(chance.randint(1, 4)):
        match chance.randint(0, 3):
            case 0:
                found.insert(chance.randint(0, len(found)), chance.choice(VALUES))
            case 1 if found:
                found.pop(chance.randrange(len(found)))
            case 2:
                chance.shuffle(found)
            case 3 if found:
                found[chance.randrange(len(found))] = chance.choice(VALUES)
    return found


@pytest.mark.parametrize("bound", [300_000, 2])
def test_each_item_is_in_one_pair(bound: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aligned, "MAX_ITEMS", bound)
    ignores = Ignores()
    for seed in range(1_000):
        chance = Random(seed)
        before = chance.choices(VALUES, k=chance.randint(0, 7))
        after = edited(before, chance)
        pairs = [*Alignment(ignores.as_compared, str).pairs("$", "", before, after)]
        mine = [one.before for one in pairs if one.before is not None]
        its = [one.after for one in pairs if one.after is not None]
        assert sorted(mine) == list(range(len(before))), seed
        assert sorted(its) == list(range(len(after))), seed
        for one in pairs:
            if one.moved:
                assert one.before is not None
                assert one.after is not None
                assert json.dumps(before[one.before]) == json.dumps(after[one.after]), seed
        texts = json.dumps(before), json.dumps(after)
        found = [*json_changes(*texts, ignores)]
        assert bool(found) == (texts[0] != texts[1]), seed
