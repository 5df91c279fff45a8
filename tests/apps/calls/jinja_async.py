"""A template of Jinja that is generated in asyncio, left early, and thrown into."""
import inspect, os, sys, sqlite3, asyncio
from pathlib import Path
import jinja2
from jinja2.nativetypes import NativeEnvironment

def ask(number):
    return sqlite3.connect(":memory:").execute("select ?", (number,)).fetchone()[0]


def main():
    return asyncio.run(pieces_of())

async def pieces_of():
    environment = jinja2.Environment(enable_async=True)
    text = "{% for n in numbers %}{{ ask(n) }} {{ 1 // n }};{% endfor %}"
    template = environment.from_string(text)
    answers = [[piece async for piece in template.generate_async(numbers=[1, 2], ask=ask)]]
    left = template.generate_async(numbers=[1, 2], ask=ask)
    answers += [await left.__anext__(), await left.aclose(), inspect.isasyncgenfunction(
        jinja2.Template.generate_async)]
    try:
        async for piece in template.generate_async(numbers=[0], ask=ask):
            answers.append(piece)
    except ZeroDivisionError as error:
        answers.append(frames_of(error) if sys.version_info >= (3, 11) else [])
    thrown = template.generate_async(numbers=[1, 2], ask=ask)
    await thrown.__anext__()
    try:
        await thrown.athrow(KeyError("thrown"))
    except KeyError as error:
        answers.append(str(error))
    return answers

def frames_of(error):
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    return frames
