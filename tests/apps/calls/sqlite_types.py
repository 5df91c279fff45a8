"""Types, cursors and errors of sqlite3."""
import pickle, sqlite3, traceback, sys, weakref, warnings
import sqlite3.dbapi2
import _sqlite3

class Mine(sqlite3.Connection):
    pass

class Database:
    open = sqlite3.connect

class Counting(sqlite3.Cursor):
    def execute(self, *args):
        self.count = 1
        return super().execute(*args)

def raised(action):
    try:
        action()
    except Exception as error:
        stack = traceback.extract_tb(error.__traceback__)
        return [type(error).__name__, str(error), [frame.name for frame in stack]]

def kinds(db):
    made = [db.cursor(), db.execute("select 1"), db.cursor(Counting),
            db.cursor(factory=Counting), db.executescript("select 1")]
    return [type(one).__name__ for one in made] + [
        type(db) is sqlite3.Connection, isinstance(db, sqlite3.Connection),
        type(made[0]) is sqlite3.Cursor, type(made[1]) is sqlite3.Cursor,
        isinstance(made[1], _sqlite3.Cursor), repr(db)[:26], repr(made[0])[:22],
        hasattr(db, "__dict__"), hasattr(made[0], "__dict__"),
        made[2].execute("select 1").count, made[0].connection is db,
    ]

def main():
    db = sqlite3.connect(":memory:")
    mine = sqlite3.connect(":memory:", factory=Mine)
    other = sqlite3.connect(":memory:", 5.0, 0, None, True, Mine)
    db.row_factory = sqlite3.Row
    row = db.execute("select 1 as one").fetchone()
    copy = sqlite3.connect(":memory:")
    db.execute("create table t (x)")
    db.backup(copy)
    return [
        kinds(db), kinds(mine), type(other).__name__, tuple(row), row["one"],
        list(copy.iterdump()), pickle.loads(pickle.dumps(sqlite3.Connection)).__name__,
        raised(lambda: db.execute("select x from nowhere")),
        raised(lambda: db.cursor().execute("select ?", ())),
        raised(lambda: db.execute()),
        raised(lambda: sqlite3.connect("/nowhere/at/all")),
        raised(lambda: sqlite3.Cursor(None)),
        sqlite3.connect.__name__, sqlite3.Connection.__module__,
        sqlite3.connect is sqlite3.dbapi2.connect is _sqlite3.connect,
        type(Database().open(":memory:")) is sqlite3.Connection, repr(sqlite3.connect),
        pickle.loads(pickle.dumps(sqlite3.connect)) is sqlite3.connect,
        type(sqlite3.Cursor(db)).__name__, type(sqlite3.Connection(":memory:")).__name__,
    ]
