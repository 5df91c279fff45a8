"""Templates and caches of Django that ask a database."""
import django
from django.conf import settings

def prepare():
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
                "db": {"BACKEND": "django.core.cache.backends.db.DatabaseCache",
                       "LOCATION": "cache"}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates",
                    "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {
                        "page.html": "{% include 'part.html' %}{{ ask }}", "part.html": "part"})]},
                    }],
    )
    django.setup()

def main():
    from django.core.cache import cache, caches
    from django.core.management import call_command
    from django.db import connection
    from django.template.loader import render_to_string

    def ask():
        with connection.cursor() as cursor:
            cursor.execute("select %s", [7])
            return cursor.fetchone()[0]

    call_command("createcachetable", verbosity=0)
    answers = [render_to_string("page.html", {"ask": ask})]
    cache.set("one", 1)
    answers += [cache.get("one"), cache.get("none", 5), cache.get_or_set("late", ask)]
    answers.append(cache.get_many(["one", "late"]))
    caches["db"].set("one", [1])
    answers.append(caches["db"].get("one"))
    return answers + [type(caches["default"]).__name__, connection.execute_wrappers]
