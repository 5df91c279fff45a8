"""Libraries whose servers Debian does not have, or that need none to be asked."""

from __future__ import annotations

from tests.server.tracing.conftest import Record, needs

PYMYSQL = """
import pymysql.cursors

class Result:
    affected_rows, insert_id, rows = 2, 0, ((7,),)
    description, has_next, warning_count = (("seven",),), False, 0

class Connection:
    # What a cursor asks of its connection.
    _result = None
    encoding = "utf-8"

    def query(self, text):
        text = text if isinstance(text, str) else text.decode()
        if "nowhere" in text:
            raise pymysql.err.ProgrammingError(1146, "no such table")
        self.asked = text
        self._result = Result()

    def literal(self, value):
        return repr(value)

    escape = literal

    def next_result(self, unbuffered=False):
        raise AssertionError

def main():
    connection = Connection()
    cursor = pymysql.cursors.Cursor(connection)
    answers = [cursor.execute("select %s", (7,)), list(cursor.fetchall()), connection.asked]
    answers.append(cursor.executemany("update t set x = %(x)s", [{"x": 1}, {"x": 2}]))
    answers.append(cursor.executemany("insert into t (x) values (%s)", [(1,), (2,)]))
    answers.append(connection.asked)
    try:
        cursor.execute("select * from nowhere")
    except pymysql.err.ProgrammingError as error:
        answers.append(list(error.args))
    return answers
"""

MONGO = """
import socketserver, struct, threading
import bson
from pymongo import MongoClient
from pymongo.errors import OperationFailure

class Handler(socketserver.BaseRequestHandler):
    # Enough of a server to be found, to find and to fail.
    def handle(self):
        while head := self.exactly(16):
            size, number, _, code = struct.unpack("<iiii", head)
            data = self.exactly(size - 16)
            if code == 2013:
                command = bson.decode(data[5:5 + struct.unpack("<i", data[5:9])[0]])
            else:
                at = data.index(b"\\0", 4) + 9
                command = bson.decode(data[at:])
            body = self.answer(next(iter(command)), command)
            if code == 2013:
                payload = struct.pack("<i", 0) + b"\\0" + bson.encode(body)
                self.send(number, 2013, payload)
            else:
                payload = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(body)
                self.send(number, 1, payload)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.request.recv(count - len(data))
            if not piece:
                return b""
            data += piece
        return data

    def send(self, number, code, payload):
        self.request.sendall(struct.pack("<iiii", 16 + len(payload), 1, number, code) + payload)

    def answer(self, name, command):
        if name.lower() in ("ismaster", "hello"):
            return {"ok": 1.0, "ismaster": True, "isWritablePrimary": True,
                    "maxWireVersion": 21, "minWireVersion": 0, "maxBsonObjectSize": 2**24,
                    "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 1000}
        if name == "find":
            return {"ok": 1.0, "cursor": {"id": 0, "ns": "shop.orders", "firstBatch": [{"n": 1}]}}
        if name == "count":
            return {"ok": 1.0, "n": 3}
        return {"ok": 0.0, "errmsg": "no such command", "code": 59, "codeName": "Unknown"}

class Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

def prepare():
    global client
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = MongoClient("127.0.0.1", server.server_address[1], serverSelectionTimeoutMS=20000)

def main():
    orders = client.shop.orders
    answers = [list(orders.find({"password": "geheim", "n": {"$gt": 0}}))]
    answers.append(client.shop.command("count", "orders")["n"])
    try:
        client.shop.command("nonsense")
    except OperationFailure as error:
        answers.append(error.code)
    return answers
"""


def test_pymysql(record: Record) -> None:
    needs("pymysql")
    recorded = record(PYMYSQL)
    told = [(call["text"], call["parameters"], call["rows"]) for call in recorded.calls]
    assert told == [
        ("select %s", "(7,)", 2),
        ("update t set x = %(x)s", "[{'x': 1}, {'x': 2}]", 4),
        ("insert into t (x) values (%s)", "[(1,), (2,)]", 2),
        ("select * from nowhere", "", None),
    ]
    assert {call["library"] for call in recorded.calls} == {"pymysql"}
    assert recorded.calls[3]["error"].startswith("ProgrammingError: (1146")


def test_pymongo(record: Record) -> None:
    needs("pymongo")
    recorded = record(MONGO)
    assert recorded.result == [[{"n": 1}], 3, 59]
    assert [(call["text"], call["error"], call["rows"]) for call in recorded.calls] == [
        ("find orders", "", None),
        ("count orders", "", 3),
        ("nonsense", "no such command", None),
    ]
    shown = recorded.calls[0]["parameters"]
    assert shown == "{'filter': {'password': ••••••••, 'n': {'$gt': 0}}}"
    assert recorded.calls[0]["stack"][-1][1] == "main"
