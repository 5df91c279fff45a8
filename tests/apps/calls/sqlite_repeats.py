"""Statements that are asked again and again, with values of many kinds."""
import sqlite3, traceback

exec("def library(function, *args): return function(*args)")

class Lying(sqlite3.Cursor):
    rowcount = property(lambda self: 1 / 0)

def first(cursor, value):
    try:
        return cursor.execute("select ?", value).fetchone()
    except Exception as error:
        stack = traceback.extract_tb(error.__traceback__)
        return [type(error).__name__, str(error), [frame.name for frame in stack]]

def second(cursor, value):
    return library(cursor.execute, "select ?", value).fetchone()

def main():
    db = sqlite3.connect(":memory:")
    db.execute("create table t (id integer, token text)")
    for number in range(10):
        db.execute("insert into t (id, token) values (?, ?)", (number, "geheim"))
    changed = bytearray(b"before")
    values = [(number,) for number in range(8)]
    values += [["list"], (None,), (1.5,), ("x" * 600,), (10**400,), (1, 2), (changed,)]
    cursor = db.cursor(Lying)
    found = [str(first(cursor, value)) for value in values]
    changed[:] = b"after"
    for number in range(10):
        found.append((second(cursor, (number,)), first(db, (number,))))
    return found
