"""Statements, cursors of all kinds and an error of psycopg2."""
import psycopg2, psycopg2.extras, psycopg2.extensions

def outcome(action):
    try:
        return action()
    except Exception as error:
        return type(error).__name__

def main():
    db = psycopg2.connect(host="127.0.0.1", port=port, user="devtui", dbname="postgres")
    cursor = db.cursor()
    cursor.execute("select %s::int", (7,))
    rows = cursor.fetchall()
    named = db.cursor(cursor_factory=psycopg2.extras.RealDictCursor)
    named.execute("select 8 as eight")
    rows.append(dict(named.fetchone()))
    server_side = db.cursor("named")
    server_side.execute("select generate_series(1, 3)")
    rows += server_side.fetchall()
    return [rows, outcome(lambda: cursor.execute("select * from nowhere")),
            type(db) is psycopg2.extensions.connection,
            type(cursor) is psycopg2.extensions.cursor,
            type(db.cursor(None, psycopg2.extras.DictCursor)).__name__,
            isinstance(named, psycopg2.extensions.cursor), repr(db)[:20], repr(cursor)[:16]]
