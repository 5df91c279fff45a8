"""Commands on Redis, by its own library and by caches that keep what they have there."""

from __future__ import annotations

import pytest

from tests.server.tracing.conftest import Record, Recorded
from tests.support.databases import Redis

pytestmark = pytest.mark.e2e

REDIS = """
import redis, redis.asyncio, asyncio

shown = []

class Key:
    def __repr__(self):
        shown.append(1)
        return "key"

    __str__ = __repr__

async def ask():
    client = redis.asyncio.Redis(port=port, decode_responses=True)
    answer = await client.get("one")
    await client.aclose()
    return answer

def main():
    client = redis.Redis(port=port, decode_responses=True)
    client.set("one", "1")
    client.set("session:token:7", "geheim")
    answers = [client.get("one"), client.get("none"), client.incr("one")]
    with client.pipeline() as pipeline:
        answers += pipeline.set("two", "2").get("two").execute()
        pipeline.watch("two")
        pipeline.multi()
        pipeline.get("one")
        answers += pipeline.execute()
    answers.append(str(client.get(7)))
    try:
        client.get(Key())
    except redis.DataError:
        answers.append(shown)
    try:
        client.lpush("one", 1)
    except Exception as error:
        answers.append(type(error).__name__)
    answers.append(asyncio.run(ask()))
    client.flushall()
    return answers
"""

SECRETS = """
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

def outcome(action, *given, **named):
    try:
        return str(action(*given, **named))
    except redis.RedisError as error:
        return type(error).__name__

def main():
    once = Retry(NoBackoff(), 0)
    client = redis.Redis(port=port, decode_responses=True, retry=once)
    ask = client.execute_command
    answers = [
        client.hset("user", mapping={"name": "ada", "password": "geheim", "pin": 1234}),
        client.hset("user", b"api_key", b"geheim"),
        client.mset({"a": "1", "token": "geheim"}),
        ask("HMSET user password geheim name ada"),
        client.xadd("log", {"user": "ada", "secret": "geheim"}, id="1-1"),
        client.config_set("requirepass", ""),
        outcome(client.auth, "geheim"),
        outcome(ask, "AUTH geheim"),
        outcome(ask, "HELLO", 3, "AUTH", "ada", "geheim"),
        client.acl_setuser("ada", enabled=True, passwords="+geheim"),
        outcome(ask, "acl", "setuser", "ada", ">geheim"),
        outcome(client.migrate, "127.0.0.1", port, "none", 0, 10, auth="geheim"),
    ]
    with client.pipeline() as pipeline:
        pipeline.hset("user", "password", "geheim").mset({"b": "1", "token": "geheim"})
        pipeline.execute_command("AUTH geheim")
        answers.append(outcome(pipeline.execute))
    client.acl_deluser("ada")
    client.flushall()
    return answers
"""

FLASK_CACHING = """
from flask import Flask
from flask_caching import Cache

def main():
    app = Flask("app")
    cache = Cache(app, config={"CACHE_TYPE": "RedisCache", "CACHE_REDIS_PORT": port,
                               "CACHE_KEY_PREFIX": ""})
    with app.app_context():
        cache.set("one", 1)
        return [cache.get("one"), cache.get("none"), cache.add("one", 2), cache.has("one"),
                cache.get_many("one", "none"), cache.delete("one"), type(cache.cache).__name__]
"""

DJANGO = """
import asyncio, django
from django.conf import settings

def prepare():
    settings.configure(CACHES={"default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"redis://127.0.0.1:{port}"}})
    django.setup()

def main():
    from django.core.cache import cache

    cache.set("one", 1)
    answers = [cache.get("one"), cache.get("none"), cache.incr("one"), cache.get_many(["one"]),
               cache.get_or_set("two", lambda: 2), asyncio.run(cache.aget("two")),
               cache.delete("one"), type(cache._connections["default"]).__name__]
    cache.clear()
    return answers
"""


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
