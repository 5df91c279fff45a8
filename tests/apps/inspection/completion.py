"""An app with objects that notice when their code runs."""

import os, time
from flask import Flask, current_app, g, request

app = Flask(__name__)
ran = []

class Touchy:
    kind = "class attribute"
    __slots__ = ("slot", "__dict__")

    def __init__(self):
        self.slot = "text"
        self.plain = "text"
        self.inner = [1]

    @property
    def computed(self):
        ran.append("property")
        time.sleep(60)

    @staticmethod
    def helper():
        pass

    def __getattr__(self, name):
        ran.append("getattr " + name)
        raise RuntimeError

    def __dir__(self):
        ran.append("dir")
        time.sleep(60)

    @property
    def __class__(self):
        ran.append("class")
        return int

class Liar:
    @property
    def __dict__(self):
        ran.append("dict")
        return {"lie": 1}

class Meta(type):
    def mro(cls):
        return super().mro()
    def __getattribute__(cls, name):
        if not name.startswith("__"):
            ran.append("meta " + name)
        return super().__getattribute__(name)

class Made(metaclass=Meta):
    member = 1

@app.route("/fail/<word>")
def fail(word):
    touchy, liar, made = Touchy(), Liar(), Made()
    many = type("Many", (), {f"name_{n:05}": n for n in range(1000)})()
    item_one = item_two = 1
    raise ValueError

@app.route("/ran")
def what_ran():
    return ",".join(ran)
