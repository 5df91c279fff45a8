"""Commands of pymongo, and the server that it sends them to."""
import asyncio, socketserver, struct, threading
import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import DuplicateKeyError, OperationFailure

class Handler(socketserver.BaseRequestHandler):
    # Enough of a server to be found, to find and to fail.
    def handle(self):
        while head := self.exactly(16):
            size, number, _, code = struct.unpack("<iiii", head)
            data = self.exactly(size - 16)
            if code == 2013:
                command = bson.decode(data[5:5 + struct.unpack("<i", data[5:9])[0]])
            else:
                at = data.index(b"\0", 4) + 9
                command = bson.decode(data[at:])
            self.reply(number, code, command)

    def reply(self, number, code, command):
        body = self.answer(next(iter(command)), command)
        if code == 2013:
            self.send_message(number, body)
        else:
            payload = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(body)
            self.send(number, 1, payload)

    def send_message(self, number, body, flags=0):
        self.send(number, 2013, struct.pack("<i", flags) + b"\0" + bson.encode(body))

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
        if name == "getMore":
            return {"ok": 1.0, "cursor": {"id": 0, "ns": "shop.orders", "nextBatch": [{"n": 2}, {"n": 3}]}}
        if name == "insert":  # an answer that the command went well, with what did not
            error = {"index": 0, "code": 11000, "errmsg": 'dup key: { token: "geheim" }'}
            return {"ok": 1.0, "n": 0, "writeErrors": [error]}
        if name == "aggregate":
            return {"ok": 1.0, "cursor": {"id": 7, "ns": "shop.orders", "firstBatch": [{"n": 1}]}}
        if name == "bulkWrite":  # what it tells of each operation is no document found
            return {"ok": 1.0, "nInserted": 2, "cursor": {"id": 0, "firstBatch": []}}
        if name == "distinct":
            return {"ok": 1.0, "values": [1, 2, 3]}
        if name == "count":  # a long, as a sharded cluster answers
            return {"ok": 1.0, "n": bson.Int64(3)}
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
    change = {"$set": {"password": "geheim", "n": 2}}
    try:
        orders.find_one_and_update({"auth": {"pin": "geheim"}}, change)
    except OperationFailure as error:
        answers.append(error.code)
    answers.append(list(orders.aggregate([])))
    try:
        orders.insert_one({"token": "geheim"})
    except DuplicateKeyError as error:
        answers.append("geheim" in str(error))
    answers.append(orders.distinct("n"))
    other = orders.with_options(codec_options=CodecOptions(document_class=RawBSONDocument))
    documents, batches = list(other.find()), list(orders.find_raw_batches())
    answers.append([document["n"] for document in documents])
    answers.append(list(map(bson.decode, batches)))
    answers.append(client.admin.command("bulkWrite", 1)["nInserted"])
    return answers + asyncio.run(ask())

async def ask():
    async with AsyncMongoClient(*client.address) as other:
        return [await other.shop.orders.find_one({"n": 1})]
