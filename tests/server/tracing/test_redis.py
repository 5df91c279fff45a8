"""Commands on Redis, by its own library and by caches that keep what they have there."""

from __future__ import annotations

import pytest

from tests.server.tracing.conftest import Record, Recorded
from tests.support.databases import Redis
from tests.support.projects import app_source

pytestmark = pytest.mark.e2e

REDIS = app_source("calls/redis_commands.py")

SECRETS = app_source("calls/redis_secrets.py")

FLASK_CACHING = app_source("calls/flask_caching_redis.py")

DJANGO = app_source("calls/django_cache_redis.py")


def seen_by(redis: Redis, record: Record, source: str) -> tuple[Recorded, list[str]]:
    """Record, and see that Redis was asked the same with the hooks and without."""
    with redis.monitored() as commands:
        recorded = record(source, port=redis.port)
    words = (command.split()[:2] for command in commands)
    asked = [" ".join(some) for some in words if some[0] not in {"CLIENT", "HELLO"}]
    half = len(asked) // 2
    assert asked[:half] == asked[half:]
    return recorded, asked[half:]


def test_redis(redis: Redis, record: Record) -> None:
    recorded, asked = seen_by(redis, record, REDIS)
    assert [(call["text"], call["parameters"], call["result"]) for call in recorded.calls] == [
        ("SET one", "('1',)", ""),
        ("SET session:token:7", "(••••••••,)", ""),
        ("GET one", "", "hit"),
        ("GET none", "", "miss"),
        ("INCRBY one", "(1,)", ""),
        ("pipeline: SET two, GET two", "", ""),
        ("WATCH two", "", ""),
        ("pipeline: GET one", "", ""),
        ("GET 7", "", "miss"),
        ("GET <Key>", "", ""),
        ("LPUSH one", "(1,)", ""),
        ("GET one", "", "hit"),
        ("FLUSHALL", "", ""),
    ]
    assert recorded.calls[10]["error"].startswith("ResponseError: WRONGTYPE")
    sent = [text for text in recorded.texts if text != "GET <Key>"]
    pipelined = ", ".join(sent).replace("pipeline: ", "").split(", ")
    assert [command for command in asked if command not in {"MULTI", "EXEC"}] == pipelined


def test_what_follows_the_name_of_a_secret_is_masked(redis: Redis, record: Record) -> None:
    recorded = record(SECRETS, port=redis.port)
    shown = [(call["text"], call["parameters"]) for call in recorded.calls]
    assert "geheim" not in str(shown)
    assert shown[:5] == [
        ("HSET user", "('name', 'ada', 'password', ••••••••, 'pin', ••••••••)"),
        ("HSET user", "(b'api_key', ••••••••)"),
        ("MSET a", "('1', 'token', ••••••••)"),
        ("HMSET user", "('password', ••••••••, 'name', 'ada')"),
        ("XADD log", "('1-1', 'user', 'ada', 'secret', ••••••••)"),
    ]
    assert shown[5:12] == [
        (text, "")
        for text in ("CONFIG SET", "AUTH", "AUTH", "HELLO", "ACL SETUSER", "acl", "MIGRATE")
    ]
    assert shown[12] == ("pipeline: HSET user, MSET b, AUTH", "")


def test_flask_caching_counts_once(redis: Redis, record: Record) -> None:
    recorded, asked = seen_by(redis, record, FLASK_CACHING)
    assert [(call["text"], call["result"]) for call in recorded.calls] == [
        ("set one", ""),
        ("get one", "hit"),
        ("get none", "miss"),
        ("add one", ""),
        ("has one", ""),
        ("get_many one", ""),
        ("delete one", ""),
    ]
    assert {call["library"] for call in recorded.calls} == {"flask-caching"}
    names = "SET one, GET one, GET none, SETNX one, EXISTS one, MGET one, DEL one"
    assert ", ".join(asked).replace("SETEX", "SET") == names  # by the version of its backend


def test_the_cache_of_django_counts_once(redis: Redis, record: Record) -> None:
    recorded, asked = seen_by(redis, record, DJANGO)
    assert [(call["text"], call["result"]) for call in recorded.calls] == [
        ("set one", ""),
        ("get one", "hit"),
        ("get none", "miss"),
        ("incr one", ""),
        ("get_many", ""),
        ("get two", "miss"),  # `get_or_set` asks thrice
        ("add two", ""),
        ("get two", ""),
        ("get two", "hit"),
        ("delete one", ""),
        ("clear", ""),
    ]
    assert {call["library"] for call in recorded.calls} == {"django"}
    names = "SET one, GET one, GET none, EXISTS one, INCRBY one, MGET one, GET two, SET two, "
    names += "GET two, GET two, DEL one, FLUSHDB"
    assert ", ".join(asked).replace(":1:", "") == names
