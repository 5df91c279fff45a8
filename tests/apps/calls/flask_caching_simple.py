"""Flask-Caching in memory."""
from flask import Flask
from flask_caching import Cache

def main():
    app = Flask("app")
    cache = Cache(app, config={"CACHE_TYPE": "SimpleCache"})

    @cache.memoize()
    def double(number):
        return 2 * number

    with app.app_context():
        cache.set("one", 1)
        return [cache.get("one"), cache.get("none"), double(2), double(2),
                type(cache.cache).__name__]
