"""Django's own cursor on PostgreSQL."""
import django
from django.conf import settings

def prepare():
    settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": port,
        "USER": "devtui", "NAME": "postgres"}}, INSTALLED_APPS=[])
    django.setup()

def main():
    from django.db import connection
    rows = []
    with connection.cursor() as cursor:
        cursor.execute("create temp table t (id int)")
        cursor.executemany("insert into t values (%s)", [(1,), (2,)])
        cursor.execute("select id from t where id > %s", [1])
        rows += cursor.fetchall()
        try:
            cursor.execute("select * from nowhere")
        except Exception as error:
            rows.append(type(error).__name__)
    return [rows, connection.execute_wrappers, type(cursor).__name__]
