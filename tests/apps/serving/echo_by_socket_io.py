"""A Socket.IO server that echoes."""
from flask import Flask
from flask_socketio import SocketIO

app = Flask(__name__)
socketio = SocketIO(app, async_mode="threading")

@app.get("/")
def index():
    return "fine"

@socketio.on("say")
def say(text):
    socketio.emit("said", text.upper())
