"""Flask-Caching on Redis."""
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
