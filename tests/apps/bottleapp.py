"""A to-do list with Bottle, kept in memory."""

from bottle import Bottle, HTTPError, redirect, request, template

app = Bottle()
tasks = []

PAGE = """<!doctype html>
<title>To do</title>
<h1>To do</h1>
<ul>
% for number, task in enumerate(tasks):
  <li><a href="/task/{{number}}">{{task}}</a></li>
% end
</ul>
<form action="/add" method="post"><input name="task" required><button>Add</button></form>
"""


@app.get("/")
def index():
    return template(PAGE, tasks=tasks)


@app.post("/add")
def add():
    tasks.append(request.forms.task)
    redirect("/", 303)


@app.get("/task/<number:int>")
def show(number):
    if number >= len(tasks):
        raise HTTPError(404, "There is no such task.")
    return {"number": number, "task": tasks[number]}
