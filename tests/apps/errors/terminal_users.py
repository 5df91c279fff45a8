"""An app that uses the terminal past Python's own ways to ask: its programs do, or it opens it."""

import os
import subprocess
import sys

from flask import Flask, request

app = Flask(__name__)

PROMPTS = """
import getpass, sys
tty = open("/dev/tty", "r+b", buffering=0)
tty.write(b"your name? ")
name = tty.readline().decode().strip()
secret = getpass.getpass("your secret? ")
print(f"{name} has a secret of {len(secret)} characters")
"""


def output_of(*command, timeout=20.0):
    """What a program says, as most apps get it."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        return "too late"
    return done.stdout + done.stderr


@app.route("/")
def index():
    return "answered"


@app.route("/prompts")
def prompts():
    return output_of(sys.executable, "-c", PROMPTS)


@app.route("/silent")
def silent():
    timeout = float(request.args.get("timeout", 20))
    return output_of("sh", "-c", "read answer < /dev/tty; echo it was $answer", timeout=timeout)


@app.route("/polls")
def polls():
    """As the readline library does, which waits for the terminal in another call than read."""
    code = "import readline, os; os.dup2(os.open('/dev/tty', 2), 0); os.dup2(0, 1)\n"
    return output_of(sys.executable, "-c", code + "os.write(2, input('poll> ').encode())")


@app.route("/itself")
def itself():
    with open("/dev/tty") as tty:
        return f"read {tty.readline()}"


@app.route("/stdin")
def stdin():
    return f"read {sys.stdin.readline()}"


@app.route("/fd0")
def fd0():
    return f"read {os.read(0, 100).decode()}"


@app.route("/then")
def then():
    """Ask, and then start a program that asks."""
    name = input("your name? ")
    answer = output_of("sh", "-c", "read answer < /dev/tty; echo $answer").strip()
    return f"{name}, and {answer}"


@app.route("/inherits")
def inherits():
    """As most programs that ask: they read the descriptor that they inherit."""
    command = ["sh", "-c", "read answer; echo it was $answer"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=20).stdout


@app.route("/leaves")
def leaves():
    """Leave a child that has inherited the terminal and never asks, and a line without its end."""
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    number = child.stdout.readline().strip()
    with open("/dev/tty", "wb", buffering=0) as tty:
        tty.write(b"a long task:")
    return number


@app.route("/scribble")
def scribble():
    with open("/dev/tty", "wb", buffering=0) as tty:
        tty.write(b"\x1b[?1049l\x1b[2J\x1b[H\x1b]52;c;c2NyaWJibGU=\x07scribbled\n")
        tty.write(b"a progress bar")
    subprocess.run("stty -echo -icanon < /dev/tty", shell=True)
    subprocess.run("stty sane < /dev/tty", shell=True)
    return "scribbled"


@app.route("/opens")
def opens():
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError as error:
        return type(error).__name__ + " " + os.strerror(error.errno)
    return "opened"


@app.route("/git")
def git():
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "HOME": "/nonexistent"}
    for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
        environment.pop(name, None)
    command = ["git", "-c", "credential.helper=", "ls-remote", f"{request.host_url}repository.git"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, env=environment)
    return done.stderr + done.stdout


@app.route("/repository.git/info/refs")
def repository():
    who = request.authorization
    if who is None or who.username != "ada":
        return "who?", 401, {"WWW-Authenticate": 'Basic realm="here"'}
    return "not allowed", 403
