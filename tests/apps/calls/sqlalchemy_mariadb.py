"""SQLAlchemy on MariaDB, with the driver that the test names."""
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, text

def main():
    engine = create_engine(f"mysql+{driver}://root@127.0.0.1:{port}/shop")
    items = Table("items", MetaData(), Column("id", Integer, primary_key=True),
                  Column("password", String(9)))
    with engine.begin() as db:
        items.create(db, checkfirst=True)
        db.execute(items.insert(), [{"password": "one"}, {"password": "two"}])
        rows = [tuple(row) for row in db.execute(items.select().where(items.c.id > 1))]
    with engine.connect() as db:
        try:
            db.execute(text("select * from nowhere"))
        except Exception as error:
            rows.append([type(error).__name__, type(error.orig).__name__])
        items.drop(db)
    engine.dispose()
    return rows
