import threading
from flask import Flask
listen = None  # a test writes here how it listens


app = Flask(__name__)

@app.get("/")
def view():
    text = "v1"
    return text + " " + ", ".join(sorted({type(t).__name__ for t in threading.enumerate()}))
