"""An app that fails in a file with a hostile name, and asks."""

FILE = __file__.replace("shop.py", 'it\'s $(touch pwned); `touch pwned` "x".py')

def app(environ, start_response):
    text = "hello"
    if environ["PATH_INFO"] == "/fail":
        exec(compile("\n\n1/0", FILE, "exec"))
    if environ["PATH_INFO"] == "/ask":
        text = ask()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]

def ask():
    try:
        return input("really? ")
    except Exception as error:
        return f"not asked: {error}"
