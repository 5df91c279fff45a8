"""A profile as a file for speedscope, whose format is at https://www.speedscope.app."""

from __future__ import annotations

import json
from typing import Any

from devtui.events import ProfiledLine, RequestProfiled
from devtui.session.profiles.own_tree import Key, key_of, stacks

SCHEMA = "https://www.speedscope.app/file-format-schema.json"

SERVER = "devtui's server"
THREADS = "outside of your code"


def speedscope(event: RequestProfiled, name: str) -> str:
    """Return the profile as JSON; `name` is what speedscope calls it."""
    numbers: dict[Key, int] = {}
    frames: list[dict[str, Any]] = []

    def number_of(key: Key) -> int:
        if key not in numbers:
            numbers[key] = len(frames)
            file, line, function, _ = key
            place = {"file": file, "line": line} if file else {}
            frames.append({"name": function, **place})
        return numbers[key]

    def profile_of(name: str, lines: tuple[ProfiledLine, ...], rest: str) -> dict[str, Any]:
        samples, weights = [], []
        for path, ms in stacks(lines):
            keys = [key_of(line) for line in path] or [("", 0, rest, False)]
            samples.append([number_of(key) for key in keys])
            weights.append(ms)
        return {
            "type": "sampled",
            "name": name,
            "unit": "milliseconds",
            "startValue": 0,
            "endValue": round(sum(weights), 3),
            "samples": samples,
            "weights": weights,
        }

    profiles = [profile_of(name, event.lines, SERVER)]
    if event.thread_lines:
        profiles.append(profile_of(f"{name}, its threads", event.thread_lines, THREADS))
    return json.dumps(
        {
            "$schema": SCHEMA,
            "name": name,
            "activeProfileIndex": 0,
            "exporter": "devtui",
            "shared": {"frames": frames},
            "profiles": profiles,
        }
    )
