"""Django's cache on Redis."""
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
