"""Statements, cursors of both kinds and an error of psycopg."""
import psycopg
from psycopg import sql

def outcome(action):
    try:
        return action()
    except Exception as error:
        return type(error).__name__

def main():
    with psycopg.connect(host="127.0.0.1", port=port, user="devtui", dbname="postgres") as db:
        db.execute("create temp table t (id int, password text)")
        cursor = db.cursor()
        cursor.executemany("insert into t (id, password) values (%s, %s)", [(1, "a"), (2, "b")])
        cursor.execute(sql.SQL("select * from {} where id = %(id)s").format(sql.Identifier("t")),
                       {"id": 2})
        rows = cursor.fetchall()
        with db.cursor("named") as named:
            named.execute("select generate_series(1, 3)")
            rows += named.fetchall()
        db.commit()
        return [rows, outcome(lambda: db.execute("select * from nowhere")),
                type(db).__qualname__, type(cursor).__qualname__, cursor.rowcount,
                psycopg.Cursor.execute.__name__]
