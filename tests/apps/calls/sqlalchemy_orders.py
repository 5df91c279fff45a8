"""Customers and their orders in SQLite, which logs what it is asked. Other files follow."""
import asyncio, sqlite3
from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, select, text
from sqlalchemy.orm import Session, declarative_base, relationship

asked = []
Base = declarative_base()

class Logged(sqlite3.Connection):
    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        self.set_trace_callback(asked.append)

class Customer(Base):
    __tablename__ = "customer"
    id = Column(Integer, primary_key=True)
    name = Column(String, unique=True)

class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer_id = Column(ForeignKey("customer.id"))
    customer = relationship(Customer)

def made(name, orders):
    path = f"{folder}/{name}-{id(asked)}.db"
    engine = create_engine(f"sqlite:///{path}", connect_args={"factory": Logged}, future=True)
    Base.metadata.create_all(engine)
    with Session(engine, future=True) as session:
        for number in range(orders):
            session.add(Order(id=number, customer=Customer(id=number, name=f"name {number}")))
        session.commit()
    return engine, path
