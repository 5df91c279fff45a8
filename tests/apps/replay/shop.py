"""A shop whose prices change when the file does, with an order number that changes each time."""

import sqlite3

from flask import Flask, Response, jsonify, make_response, request

app = Flask(__name__)
PRICE = 2
orders = []


@app.get("/items")
def items():
    listed = [{"name": name, "price": PRICE + at} for at, name in enumerate(("tea", "pie", "jam"))]
    return jsonify(items=listed, user=request.cookies.get("user"))


@app.post("/order")
def order():
    orders.append(request.form["item"])
    print("sold", request.form["item"])
    return jsonify(number=len(orders), item=request.form["item"], password="hush-hush")


@app.post("/upload")
def upload():
    data = request.get_data()
    return jsonify(size=len(data), sum=sum(data), kind=request.headers.get("X-Kind"))


@app.get("/report")
def report():
    print("the price is", PRICE)
    with sqlite3.connect(":memory:") as database:
        for _ in range(PRICE):
            database.execute("SELECT 1")
    text = f"tea\nprice {PRICE}\njam\n"
    return Response(text, headers={"X-Price": str(PRICE)}, mimetype="text/plain")


@app.get("/logo")
def logo():
    return Response(bytes([255, PRICE]), mimetype="image/png")


@app.get("/page")
def page():
    answer = make_response("<h1>Größe</h1>\n<p>it's fine</p>\n")
    answer.set_cookie("seen", "1")
    return answer
