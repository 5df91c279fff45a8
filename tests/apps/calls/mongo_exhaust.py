"""Two streams of documents at once, whose batches arrive without being asked for."""
import asyncio, threading
import mongo
from pymongo import AsyncMongoClient, CursorType, MongoClient, monitoring

DOCUMENTS = {"one": [{"n": 1}, {"n": 2}], "two": [{"n": 3}, {"n": 4}, {"n": 5}]}
ENOUGH = 20
MORE_TO_COME = 2

both_wait, one_has_ended = threading.Event(), threading.Event()
waiting = []

class Handler(mongo.Handler):
    def answer(self, name, command):
        body = super().answer(name, command)
        if name.lower() in ("ismaster", "hello") and tells_connections:
            body["connectionId"] = self.client_address[1]
        return body

    def reply(self, number, code, command):
        if "find" not in command:
            return super().reply(number, code, command)
        name = command["find"]
        first, *others = DOCUMENTS[name]
        cursor = {"id": 7, "ns": f"shop.{name}", "firstBatch": [first]}
        self.send_message(number, {"ok": 1.0, "cursor": cursor}, MORE_TO_COME)
        assert (both_wait if name == "one" else one_has_ended).wait(ENOUGH)
        cursor = {"id": 0, "ns": f"shop.{name}", "nextBatch": others}
        self.send_message(number, {"ok": 1.0, "cursor": cursor})

class Watcher(monitoring.CommandListener):
    def started(self, event):
        if event.command_name == "getMore":
            waiting.append(event.command["collection"])
            if len(waiting) == 2:
                both_wait.set()

    def succeeded(self, event):
        if event.command_name == "getMore":
            one_has_ended.set()

    def failed(self, event):
        pass

def prepare():
    global place
    server = mongo.Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = dict(host="127.0.0.1", port=server.server_address[1], event_listeners=[Watcher()],
                 serverSelectionTimeoutMS=20000)

def main():
    found = {}
    if in_tasks:
        return asyncio.run(in_two_tasks())
    with MongoClient(**place) as client:
        def read(name):
            cursor = client.shop[name].find({}, cursor_type=CursorType.EXHAUST)
            found[name] = [document["n"] for document in cursor]
        threads = [threading.Thread(target=read, args=(name,)) for name in DOCUMENTS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(ENOUGH)
    return found

async def in_two_tasks():
    async with AsyncMongoClient(**place) as client:
        async def read(name):
            cursor = client.shop[name].find({}, cursor_type=CursorType.EXHAUST)
            return [document["n"] async for document in cursor]
        found = await asyncio.gather(*map(read, DOCUMENTS))
    return dict(zip(DOCUMENTS, found))
