"""SQLAlchemy on PostgreSQL, with the driver that the test names."""
from sqlalchemy import create_engine, text

def main():
    engine = create_engine(f"postgresql+{driver}://devtui@127.0.0.1:{port}/postgres")
    with engine.connect() as db:
        db.execute(text("create temp table t (id int)"))
        db.execute(text("insert into t values (:id)"), [{"id": 1}, {"id": 2}])
        db.commit()
        rows = [list(row) for row in db.execute(text("select id from t where id > :id"), {"id": 1})]
        try:
            db.execute(text("select * from nowhere"))
        except Exception as error:
            rows.append([type(error).__name__, type(error.orig).__name__])
        return rows
