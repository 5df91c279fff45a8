"""What Django asks SQLite for itself. It follows `prepare` of the templates."""
def main():
    from django.db import connection
    from django.db.backends.signals import connection_created

    def made(**given):
        given["connection"].cursor().execute("PRAGMA cache_size = 100")

    connection_created.connect(made)
    with connection.cursor() as cursor:
        cursor.execute("select %s", [7])
        cursor.execute("select %s", ["x"])
    return [query["sql"] for query in connection.queries]
