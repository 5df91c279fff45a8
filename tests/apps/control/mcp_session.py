"""What an agent does: edit, wait, send, look at an error, evaluate, and fix."""

async def session(call, folder):
    status = await call("status")
    generation = status["generation"]
    path = folder / "app.py"
    whole = path.read_text()
    path.write_text(whole.replace('return "one"', 'return "edited"'))
    served = await call("wait", since=generation)
    assert served["outcome"] == "served", served
    edited = await call("send", method="GET", target="/")
    assert edited["response"]["text"] == "edited", edited
    failed = await call("send", method="GET", target="/bad")
    error = await call("errors", id=failed["errors"][0]["id"])
    assert error["title"] == "ValueError: no 3 with 7", error
    value = await call("eval", id=error["id"], code="numbers[-1]")
    assert value["value"] == "3", value
    path.write_text(whole.replace("raise ValueError(", "return str("))
    fixed = await call("wait", since=served["generation"])
    assert fixed["outcome"] == "served", fixed
    again = await call("send", method="GET", target="/bad")
    assert again["response"]["status"] == 200, again
    print("done")
