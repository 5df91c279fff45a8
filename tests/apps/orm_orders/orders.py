"""A shop with SQLAlchemy's ORM that asks for the customer of each order."""

from __future__ import annotations

from flask import Flask
from flask.typing import ResponseReturnValue
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
)

app = Flask(__name__)
engine = create_engine("sqlite:///orders.db")


class Base(DeclarativeBase):
    """The tables."""


class Customer(Base):
    """Who has ordered."""

    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    """What somebody has ordered."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship()


Base.metadata.create_all(engine)
with Session(engine) as session:
    if session.scalars(select(Order)).first() is None:
        session.add_all(Order(customer=Customer(name=f"Ada {n}")) for n in range(40))
        session.commit()


@app.get("/orders/")
def orders() -> ResponseReturnValue:
    """List the orders with the names of their customers."""
    with Session(engine) as session:
        found = session.scalars(select(Order))
        return [{"order": order.id, "customer": order.customer.name} for order in found]
