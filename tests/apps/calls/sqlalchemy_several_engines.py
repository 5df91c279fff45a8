"""Two engines, by ORM and by core. It follows sqlalchemy_orders.py."""
def prepare():
    global orders, other
    (orders, _), (other, _) = made("orders", 6), made("other", 0)
    asked.clear()

def main():
    rows = []
    with Session(orders, future=True) as session:
        for order in session.execute(select(Order).order_by(Order.id)).scalars():
            rows.append(order.customer.name)  # N+1
    with other.begin() as db:
        db.execute(Customer.__table__.insert(), [{"name": "one"}, {"name": "two"}])
    with orders.connect() as db, other.connect() as second:
        found = db.execute(text("select name from customer where id > :id"), {"id": 4})
        rows += found.scalars().all()
        rows += second.exec_driver_sql("select name from customer").scalars().all()
    try:
        with Session(other, future=True) as session:
            session.add(Customer(name="one"))
            session.commit()
    except Exception as error:
        rows.append([type(error).__name__, type(error.orig).__name__])
    return [rows, asked]
