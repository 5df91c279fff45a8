"""A websocket that echoes, by simple-websocket."""
from flask import Flask, request
from simple_websocket import ConnectionClosed, Server

app = Flask(__name__)

@app.get("/")
def index():
    return "fine"

@app.route("/echo", websocket=True)
def echo():
    socket = Server.accept(request.environ)
    try:
        while (text := socket.receive()) != "bye":
            socket.send(text.upper())
        socket.close()
    except ConnectionClosed:
        pass
    return ""
