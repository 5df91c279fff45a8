"""Regexes of filters: they match as Python's do, and never take long."""

import random
import re
import time
import tracemalloc

import pytest

from devtui.filters.pattern import Pattern

PARTS = (
    *("a", "b", "c", "1", "-", ".", "^", "$", "[ab]", "[^a]", "[a-c1]", r"\d", r"\w", r"\s", r"\b"),
    *("(a|bc)", "(?:ab)*", "a{2,3}", "x?", "a+?", "(a*)*", "(b|)", r"\.", "b{2}"),
)


def python_finds(pattern: str, text: str) -> bool:
    return re.search(pattern.replace("$", r"\Z"), text, re.ASCII) is not None


def test_it_finds_what_python_finds() -> None:
    chosen = random.Random(7)
    compared = 0
    while compared < 5_000:
        pattern = "".join(
            chosen.choice(PARTS) + chosen.choice(("", "", "|")) for _ in range(chosen.randint(1, 4))
        )
        try:
            re.compile(pattern)
        except re.error:
            continue
        ours = Pattern(pattern)
        for _ in range(4):
            text = "".join(chosen.choices("abc1 -._", k=chosen.randint(0, 8)))
            assert ours.found_in(text) == python_finds(pattern, text), (pattern, text)
            compared += 1


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("ORDER.*failed", "order 17 has failed", True),
        (r"/item/\d+$", "get 200 /item/17", True),
        (r"/item/\d+$", "get 200 /item/17/x", False),
        (r"\bcat\b", "concatenate", False),
        ("(?P<name>ab)+c", "xababc", True),
        ("[A-Z]{3}", "abc", True),
        (r"[^\d]x", "1x", False),
        ("[]a]", "]", True),
        ("a{,2}b", "b", True),
        ("{x}", "a{x}", True),
        ("ä.ü", "xäöüx", True),
        ("", "", True),
    ],
)
def test_what_people_type(pattern: str, text: str, found: bool) -> None:
    assert Pattern(pattern).found_in(text) is found


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a)\1", r"references such as \\1 are not known"),
        ("(?=a)", "look-around and flags are not known"),
        ("(a", r"a \( has no \)"),
        ("a)", r"a \) has no \("),
        ("[a", r"a \[ has no \]"),
        ("*a", r"nothing for \* to repeat"),
        ("a**", "a repetition follows a repetition"),
        ("a{200}", "a repetition may count up to 100"),
        ("a{3,2}", "ends before it begins"),
        ("(a{50}){50}", "it is too long"),
        ("a" * 400, "it is too long"),
        ("(" * 100 + ")" * 100, "too many groups"),
        ("[z-a]", "the range z-a is upside down"),
        ("a\\", r"ends with a single \\"),
        (r"\q", r"\\q is not known"),
    ],
)
def test_what_cannot_be_matched_says_why(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Pattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["(a+)+[bc]", "(a|a)*[bc]", "(.*)*[bc]$", ".*.*.*.*[bc]", "(a?){50}[bc]"]
)
def test_no_regex_takes_long(pattern: str) -> None:
    ours = Pattern(pattern)
    began = time.perf_counter()
    assert not ours.found_in("a" * 4_000)
    assert time.perf_counter() - began < 1


def test_many_states_are_forgotten_again() -> None:
    ours = Pattern("(a|b).{60}[xyz]")
    chosen = random.Random(3)
    tracemalloc.start()
    try:
        for _ in range(3):
            ours.found_in("".join(chosen.choices("abcd", k=4_000)) + "x")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10_000_000
