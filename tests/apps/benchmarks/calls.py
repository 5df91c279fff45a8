"""Views with no calls, with those of sqlite3, and with those of SQLAlchemy."""
import sqlite3
from flask import Flask
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

app = Flask(__name__)

class Base(DeclarativeBase):
    pass

class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship()

engine = create_engine("sqlite:///orders.db")
Base.metadata.create_all(engine)
with Session(engine) as session:
    if session.get(Order, 1) is None:
        session.add_all([Order(customer=Customer(name=f"name {n}")) for n in range(99)])
        session.commit()

@app.get("/none")
def none():
    return "none"

@app.get("/sqlite")
def plain():
    db = sqlite3.connect("orders.db")
    names = []
    for number in range(1, 101):
        row = db.execute("select name from customer where id = ?", (number,)).fetchone()
        names.append(row)
    db.close()
    return str(len(names))

@app.get("/orm")
def orm():
    with Session(engine) as session:
        return str([order.customer.name for order in session.scalars(select(Order))])
