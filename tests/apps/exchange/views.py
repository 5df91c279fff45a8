"""Views of each kind: plain, wrapped, of a class, of a blueprint, and mounted."""

from functools import wraps

from flask import Blueprint, Flask
from flask.views import MethodView
from werkzeug.middleware.dispatcher import DispatcherMiddleware

app = Flask(__name__)
shop = Blueprint("shop", __name__)


def logged(view):
    @wraps(view)
    def wrapper(**arguments):
        return view(**arguments)

    return wrapper


@app.get("/plain")
def plain():
    return "plain"


@shop.get("/item/<int:number>")
@logged
def item(number):
    return str(number)


class Basket(MethodView):
    def get(self):
        return "basket"

    def post(self):
        return "filled"


@app.get("/fails")
def fails():
    raise KeyError("price")


app.register_blueprint(shop)
app.add_url_rule("/basket", view_func=Basket.as_view("basket"))

inner = Flask("inner")


@inner.get("/page")
def page():
    return "mounted"


app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/inner": inner})
