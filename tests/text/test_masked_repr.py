"""Secrets in reprs that classes made."""

from __future__ import annotations

import pytest

from devtui.text.masked_repr import masked_repr
from devtui.text.secrets import MASK


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("<Config {'SECRET_KEY': 'it\\'s', 'A': 1}>", "<Config {'SECRET_KEY': *, 'A': 1}>"),
        ("<QueryDict: {'password': ['a', 'b'], 'x': 1}>", "<QueryDict: {'password': *, 'x': 1}>"),
        ("Headers([('Cookie', 'a=b'), ('Host', 'x')])", "Headers([('Cookie', *), ('Host', 'x')])"),
        ("User(name='a', token=Token(b'x, y'), id=3)", "User(name='a', token=*, id=3)"),
        ("<User token=abc name=ann>", "<User token=* name=ann>"),
        ("<User it's token=abc>", "<User it's token=*>"),
        ("environ({b'API_KEY': b'x'})", "environ({b'API_KEY': *})"),
        ("<Config {'SECRET_KEY': 'is cut of", "<Config {'SECRET_KEY': *"),
        ("{'password': 'a}, b', \"token\": (1, [2", "{'password': *, \"token\": *"),
    ],
)
def test_masked(text: str, masked: str) -> None:
    assert masked_repr(text) == masked.replace("*", MASK)


@pytest.mark.parametrize(
    "text",
    [
        "Column('id', Integer(), primary_key=True, key=None, token='')",
        "Column('key', Integer())",  # no pair, but what a class is called with
        "<WSGIRequest: GET '/login?next=/'>",
        'Markup(\'<input name="csrf_token" value="x">\')',
        "KeyError('password')",
        "datetime.time(1, 2, tzinfo=zoneinfo.ZoneInfo(key='Europe/Berlin'))",
        "<User 'token'>",
        "=",
        "",
    ],
)
def test_not_masked(text: str) -> None:
    assert masked_repr(text) == text
