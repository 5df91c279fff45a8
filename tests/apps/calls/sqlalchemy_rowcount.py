"""A cursor that counts how often its rowcount is read. It follows sqlalchemy_orders.py."""
reads = []

class Counting(sqlite3.Cursor):
    @property
    def rowcount(self):
        reads.append(1)
        return super().rowcount

class Connection(sqlite3.Connection):
    def cursor(self):
        return super().cursor(Counting)

def main():
    engine = create_engine("sqlite://", connect_args={"factory": Connection}, future=True)
    engine.connect().close()
    reads.clear()
    with engine.begin() as db:
        db.execute(text("create table t (id integer)"))
        db.execute(text("insert into t values (:id)"), [{"id": 1}, {"id": 2}])
        db.execute(text("select * from t")).fetchall()
        before = len(reads)
        return [before, db.execute(text("update t set id = 3")).rowcount, len(reads)]
