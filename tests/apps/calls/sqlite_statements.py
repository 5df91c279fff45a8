"""A script, many statements in one, and a select."""
import sqlite3

def main():
    with sqlite3.connect(":memory:") as db:
        db.executescript("create table t (id integer, password text); create table u (x)")
        rows = [(1, "geheim"), (2, "heimlich")]
        db.executemany("insert into t (id, password) values (?, ?)", rows)
        cursor = db.cursor()
        cursor.execute("select id from t where id = :id", {"id": 2})
        return cursor.fetchall()
