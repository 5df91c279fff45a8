"""Templates of Jinja that ask a database, and one that fails."""
import os, sqlite3, asyncio
from pathlib import Path
import jinja2
from jinja2.nativetypes import NativeEnvironment

def ask(number):
    return sqlite3.connect(":memory:").execute("select ?", (number,)).fetchone()[0]

def main():
    Path(folder, "list.html").write_text(
        "{% include 'part.html' %}\n\n{% for n in numbers %}{{ ask(n) }}{% endfor %}")
    Path(folder, "part.html").write_text("part\n{% macro m() %}macro{% endmacro %}{{ m() }}")
    loader = jinja2.FileSystemLoader(folder)
    environment = jinja2.Environment(loader=loader)
    template = environment.get_template("list.html")
    answers = [template.render(numbers=[1, 2], ask=ask)]
    answers.append("".join(template.generate(numbers=[3], ask=ask)))
    answers.append("".join(template.stream(numbers=[], ask=ask)))
    answers.append(environment.from_string("{{ 1 + 1 }}").render())
    answers.append(NativeEnvironment().from_string("{{ 1 + 1 }}").render())
    asynchronous = jinja2.Environment(loader=loader, enable_async=True)
    answers.append(asyncio.run(asynchronous.get_template("part.html").render_async()))
    try:
        environment.from_string("{{ 1 // 0 }}").render()
    except ZeroDivisionError as error:
        answers.append(frames_of(error))
    return answers

def frames_of(error):
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    return frames
