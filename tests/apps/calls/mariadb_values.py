"""Values of many types, by each library: MariaDB says how it has read them."""
import datetime
import django, pymysql
from django.conf import settings
from sqlalchemy import create_engine, text

pymysql.install_as_MySQLdb()

VALUES = ["back\\slash\\'", "it's \"quoted\"", "two\nlines\r\n", "nul\0 and \x1b[1m",
          "größe ✓", "100%", b"\0\xff'\\", b"", None, True, -5, 1.5, datetime.date(2026, 1, 2),
          datetime.datetime(2026, 1, 2, 3, 4, 5)]
PLAIN = "select 'it\\'s 50%%', 7--5, # who's there?\n " + ", ".join(["hex(%s)"] * len(VALUES))

def prepare():
    settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.mysql", "HOST": "127.0.0.1", "PORT": port,
        "USER": "root", "PASSWORD": "", "NAME": "shop"}}, INSTALLED_APPS=[])
    django.setup()

def main():
    place = dict(host="127.0.0.1", port=port, user="root", password="", database="shop")
    found = []
    with pymysql.connect(**place) as db, db.cursor() as cursor:
        cursor.execute(PLAIN, VALUES)
        found.append(cursor.fetchone())
    with django.db.connection.cursor() as cursor:
        cursor.execute(PLAIN, VALUES)
        found.append(cursor.fetchone())
    with create_engine(f"mysql+pymysql://root@127.0.0.1:{port}/shop").connect() as db:
        words = text("select " + ", ".join(f"hex(:a{at})" for at in range(len(VALUES))))
        row = db.execute(words, {f"a{at}": value for at, value in enumerate(VALUES)}).one()
        found.append(tuple(row))
    django.db.connection.close()
    return found
