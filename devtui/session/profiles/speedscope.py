"""A profile as a file for speedscope, whose format is at https://www.speedscope.app."""

from __future__ import annotations

import json
from typing import Any

from devtui.events import RequestProfiled
from devtui.session.profiles.own_tree import Key, key_of, stacks

SCHEMA = "https://www.speedscope.app/file-format-schema.json"

SERVER = "devtui's server"


def speedscope(event: RequestProfiled, name: str) -> str:
    """Return the profile as JSON; `name` is what speedscope calls it."""
    numbers: dict[Key, int] = {}
    frames: list[dict[str, Any]] = []

    def number_of(key: Key) -> int:
        if key not in numbers:
            numbers[key] = len(frames)
            file, line, function, _ = key
            place = {"file": file, "line": line} if file else {}
            frames.append({"name": function or SERVER, **place})
        return numbers[key]

    samples, weights = [], []
    for path, ms in stacks(event.lines):
        keys = [key_of(line) for line in path] or [("", 0, "", False)]
        samples.append([number_of(key) for key in keys])
        weights.append(ms)
    profile = {
        "type": "sampled",
        "name": name,
        "unit": "milliseconds",
        "startValue": 0,
        "endValue": round(sum(weights), 3),
        "samples": samples,
        "weights": weights,
    }
    return json.dumps(
        {
            "$schema": SCHEMA,
            "name": name,
            "activeProfileIndex": 0,
            "exporter": "devtui",
            "shared": {"frames": frames},
            "profiles": [profile],
        }
    )
