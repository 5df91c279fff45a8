"""Values of many types, by each library: PostgreSQL says how it has read them."""
import datetime, decimal, uuid
import django
import psycopg, psycopg2, psycopg2.extras
from django.conf import settings
from sqlalchemy import create_engine, text

KINDS = ["text", "text", "text", "bool", "int", "float8", "numeric", "date", "timestamptz", "uuid"]
VALUES = ["it's", "back\\slash\n%s ? :a0 \x1b'", None, True, -5, 1.5, decimal.Decimal("1.50"),
          datetime.date(2026, 1, 2),
          datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone.utc), uuid.UUID(int=7)]
PLAIN = "select concat_ws('|', '50%%', 7-%s::int, " + ", ".join(f"%s::{kind}" for kind in KINDS)

def prepare():
    settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": port,
        "USER": "devtui", "NAME": "postgres"}}, INSTALLED_APPS=[], USE_TZ=True)
    django.setup()
    psycopg2.extras.register_uuid()

def main():
    place = dict(host="127.0.0.1", port=port, user="devtui", dbname="postgres")
    found = []
    for library in (psycopg, psycopg2):
        cursor = library.connect(**place).cursor()
        cursor.execute(PLAIN + ", %s::bytea, %s::int[])", [-1, *VALUES, b"\0\xff'", [1, 2]])
        found.append(cursor.fetchone()[0])
        for percent, parameters in (("%%", ()), ("%", None)):
            cursor.execute(f"select concat_ws('|', 17 {percent} 5, '50{percent}')", parameters)
            found.append(cursor.fetchone()[0])
        names = "select concat_ws('|', %(a)s::text, %(b)s::text, %(a)s::text)"
        cursor.execute(names, {"a": "it's", "b": "%"})
        found.append(cursor.fetchone()[0])
    with django.db.connection.cursor() as cursor:
        cursor.execute(PLAIN + ")", [-1, *VALUES])
        found.append(cursor.fetchone()[0])
    for driver in ("psycopg", "psycopg2"):
        engine = create_engine(f"postgresql+{driver}://devtui@127.0.0.1:{port}/postgres")
        places = ", ".join(f"cast(:a{at} as {kind})" for at, kind in enumerate(KINDS))
        with engine.connect() as db:
            found.append(db.execute(text("select concat_ws('|', 17 % 5, '50%')")).scalar())
            words = text(f"select concat_ws('|', '50%', {places})")
            found.append(db.execute(words, {f"a{n}": it for n, it in enumerate(VALUES)}).scalar())
    return found
