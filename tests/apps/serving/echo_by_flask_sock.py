"""A websocket that echoes, by Flask-Sock."""
from flask import Flask
from flask_sock import Sock

app = Flask(__name__)
sock = Sock(app)

@app.get("/")
def index():
    return "fine"

@sock.route("/echo")
def echo(socket):
    while (text := socket.receive()) != "bye":
        socket.send(text.upper())
