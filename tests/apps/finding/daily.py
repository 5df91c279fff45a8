"""A small shop: pages with static files, a page that polls, a form, and an error."""

from __future__ import annotations

import logging

from flask import Flask, Response, abort, jsonify, redirect, request
from flask.views import MethodView

app = Flask(__name__)
log = logging.getLogger("shop.cart")
logging.basicConfig(level=logging.INFO)


@app.get("/")
def index() -> str:
    return '<link rel="stylesheet" href="/static/style.css"><p>hello</p>'


@app.get("/item/<int:number>")
def item(number: int) -> str:
    log.info("item %d was shown", number)
    return f"<p>{number}</p>"


@app.get("/big")
def big() -> str:
    return "x" * 200_000


@app.get("/api/poll")
def poll() -> Response:
    logging.getLogger("shop.poll").info("nothing new")
    return jsonify(news=[], token="hush-hush")


@app.get("/account")
def account() -> Response:
    return redirect("/login?next=/account&token=hush-hush")


@app.post("/order")
def order() -> tuple[str, int]:
    print("an order for", request.form.get("name"))
    if not request.form.get("email"):
        return "<p>email: type an address</p>", 422
    return "<p>thanks</p>", 201


@app.post("/api/order")
def api_order() -> Response:
    return jsonify(taken=request.get_json())


@app.get("/fail")
def fail() -> str:
    log.error("this will fail")
    raise KeyError("price")


@app.get("/static-fails")
def static_fails() -> str:
    abort(500)


class Basket(MethodView):
    def get(self) -> str:
        return "<p>your basket</p>"


app.add_url_rule("/basket", view_func=Basket.as_view("basket"))
