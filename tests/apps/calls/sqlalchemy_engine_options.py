"""An engine with options that only its dialect knows."""
from sqlalchemy import create_engine, text

def main():
    engine = create_engine(
        "sqlite://", isolation_level="READ UNCOMMITTED", paramstyle="named", label_length=20
    )
    with engine.connect() as db:
        one = db.execute(text("select :one"), {"one": 1}).scalar()
        return [db.get_isolation_level(), one]
