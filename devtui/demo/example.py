"""devtui's example application: one page for each thing that the dashboard shows.

Edit anything here and save: the server reloads, and the next request gets the new code. Break it,
and see what devtui says. It is a plain WSGI application that uses Werkzeug, which is installed
with devtui; yours may use Flask, Django, Bottle or no framework at all.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import struct
import subprocess
import sys
import time
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

GREETING = "Hello from devtui"

PAGES = {
    "/fast": "answers at once",
    "/slow": "takes a second and a half",
    "/orders": "runs 42 statements where 1 would do: press enter on its row",
    "/report": "computes for a while: press t on its row to see which lines take the time",
    "/redirect": "redirects to /fast",
    "/missing": "does not exist: 404",
    "/form": "shows a form and what you typed",
    "/stream": "arrives in pieces",
    "/log": "prints, logs and warns",
    "/error": "raises an exception",
    "/json": "answers like an API",
    "/image": "draws a picture",
}

logging.basicConfig(level=logging.INFO, format="%(message)s")
log = logging.getLogger("demo")
log.setLevel(logging.DEBUG)


def index(request: Request) -> Response:
    """List the pages, and say where to edit them."""
    links = Markup("").join(
        Markup("<li><a href='{0}'>{0}</a> {1}</li>").format(path, text)
        for path, text in PAGES.items()
    )
    where = Markup("<p class='note'>Edit <code>{}</code> and save: this page follows.</p>")
    return page(GREETING, Markup("<ul>{}</ul>").format(links) + where.format(__file__))


def fast(request: Request) -> Response:
    """Answer at once."""
    return page("Fast", Markup("<p>That was quick. The dashboard knows how quick.</p>"))


def slow(request: Request) -> Response:
    """Answer after a second and a half."""
    time.sleep(1.5)
    return page("Slow", Markup("<p>The dashboard showed this request while it was running.</p>"))


def orders(request: Request) -> Response:
    """List orders, and ask for the customer of each: one statement for the list, 41 for its rows.

    devtui marks them with 41×. A JOIN needs a single statement: edit this, and see the row change.
    """
    with closing(sqlite3.connect(SHOP, uri=True)) as shop:
        found = shop.execute("SELECT id, customer_id, total FROM orders ORDER BY id").fetchall()
        rows = Markup("").join(
            Markup("<li>{} bought for {:.2f}</li>").format(customer(shop, customer_id), total)
            for _, customer_id, total in found
        )
    return page("Orders", Markup("<ul>{}</ul>").format(rows))


def customer(shop: sqlite3.Connection, number: int) -> str:
    """Return the name of a customer."""
    (name,) = shop.execute("SELECT name FROM customers WHERE id = ?", (number,)).fetchone()
    return str(name)


def open_shop() -> sqlite3.Connection:
    """Create a database in memory; it lasts as long as this connection is open."""
    shop = sqlite3.connect(SHOP, uri=True, check_same_thread=False)
    shop.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)")
    shop.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, total REAL)")
    names = ("Ada", "Grace", "Edsger", "Barbara", "Alan", "Radia", "Donald")
    shop.executemany("INSERT INTO customers VALUES (?, ?)", enumerate(names))
    rows = ((n, n % len(names), 2.5 * n) for n in range(41))
    shop.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
    shop.commit()
    return shop


SHOP = "file:devtui-demo?mode=memory&cache=shared"
kept_open = open_shop()


def report(request: Request) -> Response:
    """Count primes in a slow way."""
    found = [number for number in range(2, 30_000) if is_prime(number)]
    return page("Report", Markup("<p>There are {} primes below 30,000.</p>").format(len(found)))


def is_prime(number: int) -> bool:
    """Whether no smaller number divides it."""
    limit = int(number**0.5) + 1
    return all(number % divisor for divisor in range(2, limit))


def go_on(request: Request) -> Response:
    """Redirect the browser to another page, with status 302."""
    return redirect("/fast", Response=Response)


def form(request: Request) -> Response:
    """Show a form on GET; on POST show also the user's text, escaped."""
    name = request.form.get("name", "")
    answer = Markup("<p>Hello, <b>{}</b>!</p>").format(name) if name else Markup("")
    fields = Markup(
        "<form method='post'><label>Your name <input name='name' value='{}'></label>"
        " <button>Send</button></form>"
    )
    return page("Form", answer + fields.format(name))


def stream(request: Request) -> Response:
    """Send a text piece by piece."""

    def pieces() -> Iterator[str]:
        for number in range(1, 6):
            yield f"piece {number} of 5\n"
            time.sleep(0.3)

    return Response(pieces(), mimetype="text/plain")


def write_log(request: Request) -> Response:
    """Write output in every way a program can."""
    print("print: this goes to standard output")
    print("and this to standard error", file=sys.stderr)
    log.debug("a detail for debugging")
    log.info("somebody asked for %s", request.path)
    log.warning("the coffee is getting cold")
    log.error("the coffee is cold")
    warnings.warn("cold coffee will be removed in version 2", FutureWarning, stacklevel=1)
    # A child process bypasses the streams of this Python process.
    subprocess.run([sys.executable, "-c", "print('a child process says hello')"], check=True)
    return page("Log", Markup("<p>Look at the log pane: press <kbd>2</kbd>.</p>"))


def fail(request: Request) -> Response:
    """Raise an exception."""
    return page("Price", escape(price_of("tea")))


def price_of(item: str) -> str:
    """Return the price of an item. Raises `LookupError`, caused by a `KeyError`."""
    catalogue = {"coffee": "2.50"}
    try:
        return catalogue[item]
    except KeyError as error:
        raise LookupError(f"the catalogue has no {item}") from error


def api(request: Request) -> Response:
    """Describe the request as a JSON object."""
    answer = {
        "greeting": GREETING,
        "method": request.method,
        "query": request.args.to_dict(),
        "pages": list(PAGES),
    }
    return Response(json.dumps(answer), mimetype="application/json")


def image(request: Request) -> Response:
    """Answer with a PNG image of 128 by 128 pixels (https://www.w3.org/TR/png/)."""
    size = 128
    rows = (
        b"\0" + bytes(value for x in range(size) for value in (2 * x, 2 * y, 160))
        for y in range(size)
    )
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    body = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        body += struct.pack(">I", len(data)) + name + data
        body += struct.pack(">I", zlib.crc32(name + data))
    return Response(body, mimetype="image/png")


STYLE = Markup(
    """
    :root { color-scheme: light dark; --accent: light-dark(#0b6e4f, #6ee7b7); }
    body { font: 17px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 12vh auto;
           padding: 0 1.5rem; background: light-dark(#fbfaf7, #15181c); }
    h1 { font-size: 2rem; letter-spacing: -.02em; }
    ul { list-style: none; padding: 0; }
    li { padding: .4rem 0; border-bottom: 1px solid #8883; }
    a { color: var(--accent); font: 15px ui-monospace, monospace; text-decoration: none;
        display: inline-block; min-width: 7rem; }
    a:hover { text-decoration: underline; }
    input, button { font: inherit; padding: .3rem .7rem; border-radius: .4rem;
                    border: 1px solid #8888; }
    .note { border-left: 3px solid var(--accent); padding-left: 1rem; overflow-wrap: anywhere; }
    """
)


def page(title: str, body: Markup) -> Response:
    """Make an HTML page. `Markup(...).format` escapes its arguments, except other `Markup`."""
    html = Markup(
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        "<title>{title}</title><style>{style}</style><h1>{title}</h1>{body}"
    )
    back = Markup("") if title == GREETING else Markup("<p><a href='/'>back</a></p>")
    return Response(html.format(title=title, style=STYLE, body=body + back), mimetype="text/html")


VIEWS = {
    "index": index,
    "fast": fast,
    "slow": slow,
    "orders": orders,
    "report": report,
    "redirect": go_on,
    "form": form,
    "stream": stream,
    "log": write_log,
    "error": fail,
    "json": api,
    "image": image,
}
ROUTES = Map([Rule("/" if name == "index" else f"/{name}", endpoint=name) for name in VIEWS])


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Serve the example, as `devtui app:app` does."""
    request = Request(environ)
    response: Response | HTTPException
    try:
        endpoint, _ = ROUTES.bind_to_environ(environ).match()
        response = VIEWS[endpoint](request)
    except HTTPException as error:  # such as 404; devtui shows any other exception
        response = error
    return response(environ, start_response)
