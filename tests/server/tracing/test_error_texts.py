"""Errors of calls, as the servers word them, show no secret."""

from __future__ import annotations

import pytest

from devtui.server.tracing.error_texts import masked
from devtui.text.secrets import MASK

SECRET = "update users set pin = %s where name = %s"


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        # PostgreSQL
        (
            "DETAIL:  Key (email, password)=(a@b, hun)ter2) already exists.",
            f"DETAIL:  Key (email, password)=({MASK}) already exists.",
        ),
        ("Key (lower(token::text))=(hunter2", f"Key (lower(token::text))=({MASK}"),  # cut
        ("Key (email)=(a@b) already exists.", "Key (email)=(a@b) already exists."),
        (
            "Failing row contains (1, hun).ter2, null).\nCONTEXT:  COPY u",
            f"Failing row contains ({MASK}).\nCONTEXT:  COPY u",
        ),
        ("Failing row contains (1, hunt…", f"Failing row contains ({MASK}"),
        # MySQL
        (
            """(1062, "Duplicate entry 'hunter2' for key 'users.password'")""",
            f"""(1062, "Duplicate entry '{MASK}' for key 'users.password'")""",
        ),
        (
            "(1366, \"Incorrect integer value: 'hunter2' for column `a`.`u`.`pin` at row 1\")",
            f"(1366, \"Incorrect integer value: '{MASK}' for column `a`.`u`.`pin` at row 1\")",
        ),
        (
            "Duplicate entry 'a@b' for key 'users.email'",
            "Duplicate entry 'a@b' for key 'users.email'",
        ),
        ("Duplicate entry 'hunter2' for…", f"Duplicate entry '{MASK}…"),
        # MongoDB
        (
            "dup key: { password: \"hun\\\"ter2\" }, {'keyValue': {'password': 'hunter2'}}",
            f"dup key: {{ password: \"{MASK}\" }}, {{'keyValue': {{'password': '{MASK}'}}}}",
        ),
        # HTTP
        (
            "401 for url 'https://ada:hunter2@host/a?token=hunter2&b=1'",
            f"401 for url 'https://ada:{MASK}@host/a?token={MASK}&b=1'",
        ),
        (
            "Max retries exceeded with url: /a?token=b (x)",
            f"Max retries exceeded with url: /a?token={MASK} (x)",
        ),
    ],
)
def test_the_key_tells_what_is_a_secret(error: str, shown: str) -> None:
    assert masked(f"Error: {error}", "select 1") == f"Error: {shown}"


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            "invalid input syntax for type uuid: \"hunter2\"\nLINE 1: set pin = 'hunter2' and\n  ^",
            f'invalid input syntax for type uuid: "{MASK}"\nLINE 1: {MASK}\n  ^',
        ),
        ("x\nLINE 1: ...hunter2hunter2...\n ^", f"x\nLINE 1: {MASK}\n ^"),
        ("x\nLINE 1: set pin = $1 and", "x\nLINE 1: set pin = $1 and"),
        ("\"use near 'and a = 'hunter2'' at line 1\"", f"\"use near '{MASK}' at line 1\""),
        ("'use near \\'= \"\\'hunter2\\'\\' at line 1'", f"'use near \\'{MASK}\\' at line 1'"),
        ("near 'and' at line 1", "near 'and' at line 1"),
        (
            "Truncated incorrect DOUBLE value: 'hunter2'",
            f"Truncated incorrect DOUBLE value: '{MASK}'",
        ),
        ('column "title" does not exist', 'column "title" does not exist'),
    ],
)
def test_what_has_no_key_is_masked_if_the_statement_names_a_secret(error: str, shown: str) -> None:
    assert masked(error, SECRET) == shown
    assert masked(error, "select 1 from u where name = %s") == error
