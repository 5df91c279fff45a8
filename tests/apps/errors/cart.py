from flask import Flask

server = Flask(__name__)

class Cart:
    def __init__(self):
        self.owner = "ada"
        self.items = [{"name": "tea", "price": 5}, {"name": "cup", "price": 7}]

    @property
    def total(self):
        print("the property was called")

    def add(self, name: str, price: int = 1) -> None:
        self.items.append({"name": name, "price": price})

@server.get("/")
def index():
    return "hello"

@server.get("/fail")
def fail():
    cart = Cart()
    return {"tea": 5}["coffee"]
