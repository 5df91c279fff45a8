"""Statements, cursors and errors of a driver of MariaDB."""
import importlib, traceback

def raised(action):
    try:
        action()
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        return [type(error).__qualname__, error.args[0], [frame.name for frame in frames]]

def main():
    module = importlib.import_module(driver)
    cursors = importlib.import_module(driver + ".cursors")
    db = module.connect(host="127.0.0.1", port=port, user="root", password="", database="shop")
    cursor = db.cursor()
    cursor.execute("create or replace table t (id int primary key, password varchar(9))")
    answers = [cursor.executemany("insert into t (id, password) values (%s, %s)",
                                  [(1, "a"), (2, "b"), (3, "c")])]
    answers.append(cursor.executemany("update t set password = %(new)s where id = %(id)s",
                                      [{"new": "d", "id": 1}, {"new": "e", "id": 2}]))
    db.commit()
    answers += [cursor.execute("select id from t where id > %s order by id", (1,)),
                cursor.rowcount, cursor.fetchall(), cursor.description[0][0]]
    cursor.execute("delete from t")
    db.rollback()
    rows = db.cursor(cursors.DictCursor)
    rows.execute("select count(*) as number from t")
    answers.append(rows.fetchone())
    unbuffered = db.cursor(cursors.SSCursor)
    unbuffered.execute("select id from t order by id")
    answers += [unbuffered.rowcount, list(unbuffered)]
    unbuffered.close()
    answers.append(raised(lambda: cursor.execute("select * from nowhere")))
    answers.append(raised(lambda: cursor.execute("insert into t (id) values (%s)", (1,))))
    answers += [type(cursor) is cursors.Cursor, type(db).__qualname__, db.thread_id() > 0]
    with db.cursor() as other:
        other.execute("create or replace procedure twice(number int) select 2 * number")
        other.callproc("twice", (21,))
        answers += [other.fetchall(), other.nextset()]
    db.close()
    answers.append(raised(lambda: cursor.execute("select 1")))
    return answers
