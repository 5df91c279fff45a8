"""Commands of Redis with secrets in them."""
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

def outcome(action, *given, **named):
    try:
        return str(action(*given, **named))
    except redis.RedisError as error:
        return type(error).__name__

def main():
    once = Retry(NoBackoff(), 0)
    client = redis.Redis(port=port, decode_responses=True, retry=once)
    ask = client.execute_command
    answers = [
        client.hset("user", mapping={"name": "ada", "password": "geheim", "pin": 1234}),
        client.hset("user", b"api_key", b"geheim"),
        client.mset({"a": "1", "token": "geheim"}),
        ask("HMSET user password geheim name ada"),
        client.xadd("log", {"user": "ada", "secret": "geheim"}, id="1-1"),
        client.config_set("requirepass", ""),
        outcome(client.auth, "geheim"),
        outcome(ask, "AUTH geheim"),
        outcome(ask, "HELLO", 3, "AUTH", "ada", "geheim"),
        client.acl_setuser("ada", enabled=True, passwords="+geheim"),
        outcome(ask, "acl", "setuser", "ada", ">geheim"),
        outcome(client.migrate, "127.0.0.1", port, "none", 0, 10, auth="geheim"),
    ]
    with client.pipeline() as pipeline:
        pipeline.hset("user", "password", "geheim").mset({"b": "1", "token": "geheim"})
        pipeline.execute_command("AUTH geheim")
        answers.append(outcome(pipeline.execute))
    client.acl_deluser("ada")
    client.flushall()
    return answers
