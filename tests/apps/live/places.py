"""Pages and what they embed in each place that a save may change."""

from flask import Flask, Response, request, send_file

app = Flask(__name__)
TEXT = "first"
PAGE = "<!doctype html><html><head>{}<title>x</title></head><body><h1>" + TEXT + "</h1>{}</body>"

@app.get("/")
def index():
    return PAGE.format("", "")

@app.get("/of")
def of():
    return PAGE.format(request.args.get("head", ""), request.args.get("body", ""))

@app.get("/tagged")
def tagged():
    answer = Response("<!doctype html><title>x</title><h1>same</h1>", content_type="text/html")
    answer.add_etag()
    return answer.make_conditional(request)

@app.get("/plain")
def plain():
    headers = {"Content-Security-Policy": "script-src 'none'"}
    return f"<title>x</title><iframe src='{request.args['frame']}'></iframe>", headers

@app.get("/wide")
def wide():
    body = PAGE.format("", "").encode("utf-16")
    return Response(body, content_type="text/html")

@app.get("/xhtml")
def xhtml():
    head = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>'
    body = head + "<body><h1>" + TEXT + "</h1></body></html>"
    return Response(body, content_type="application/xhtml+xml")

@app.get("/download")
def download():
    headers = {"Content-Disposition": "attachment"}
    return Response("<h1>saved</h1>", content_type="text/html", headers=headers)

@app.get("/kept/<name>")
def kept(name):
    # The browser keeps it without asking, for a tenth of its age.
    answer = send_file(f"static/{name}", conditional=False)
    del answer.headers["Cache-Control"]
    answer.headers["Last-Modified"] = "Mon, 01 Jan 2024 00:00:00 GMT"
    return answer

@app.get("/large")
def large():
    def pieces():
        yield PAGE.format("", "")
        for _ in range(50):
            yield "<p hidden>" + "x" * 1_000_000  # to lay it out takes the browser ten seconds
    return Response(pieces(), content_type="text/html")

@app.get("/worker.js")
def worker():
    code = WORKER.replace("ORDER", request.args["order"])
    return Response(code, content_type="text/javascript")

WORKER = '''
const fresh = async (request) => {
  const answer = await fetch(request);
  await (await caches.open("v1")).put(request.url, answer.clone());
  return answer;
};
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  event.respondWith("ORDER" === "network" ? fresh(request)
    : caches.match(request.url).then((found) => found ?? fresh(request)));
});
'''
