"""Commands, pipelines and errors of redis."""
import redis, redis.asyncio, asyncio

shown = []

class Key:
    def __repr__(self):
        shown.append(1)
        return "key"

    __str__ = __repr__

async def ask():
    client = redis.asyncio.Redis(port=port, decode_responses=True)
    answer = await client.get("one")
    await client.aclose()
    return answer

def main():
    client = redis.Redis(port=port, decode_responses=True)
    client.set("one", "1")
    client.set("session:token:7", "geheim")
    answers = [client.get("one"), client.get("none"), client.incr("one")]
    with client.pipeline() as pipeline:
        answers += pipeline.set("two", "2").get("two").execute()
        pipeline.watch("two")
        pipeline.multi()
        pipeline.get("one")
        answers += pipeline.execute()
    answers.append(str(client.get(7)))
    try:
        client.get(Key())
    except redis.DataError:
        answers.append(shown)
    try:
        client.lpush("one", 1)
    except Exception as error:
        answers.append(type(error).__name__)
    answers.append(asyncio.run(ask()))
    client.flushall()
    return answers
