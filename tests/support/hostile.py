"""What hostile clients send, by name: the bytes, and the status that each deserves."""

from __future__ import annotations

EVIL = (
    b"\x1b]0;PWNED\x07\x1b]52;c;UFdORUQ=\x07\x1b[31;5;7m\x1b[2J\x1b[?1049l\x1b[6n\x9b31m"
    b"[red]x[/red][@click=app.quit]x[/]" + "\u202e\u200b".encode()
)

FORBIDDEN = (
    b"\x1b]0;PWNED",
    b"\x1b]52;c;UFdORUQ=",
    b"\x1b[31;5;7m",
    b"\x1b[6n",
    b"\x9b31m",
    "\x9b".encode(),
    "\u202e".encode(),
    "\u200b".encode(),
)
"""What a terminal would have to be sent for any of `EVIL` to work."""

CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(190)) + b"\n"


CLOSE = b"Connection: close"
"""The field of a client that reads to the end of the connection."""


def get(target: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    """A request with these headers, and with a host if they have none."""
    host = [] if any(header.startswith(b"Host:") for header in headers) else [b"Host: localhost"]
    return b"\r\n".join([method + b" " + target + b" HTTP/1.1", *host, *headers, b"", b""])


def post(*headers: bytes, body: bytes = b"") -> bytes:
    return get(b"/read", *headers, method=b"POST") + body


def chunked(body: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked", body=body)


REQUESTS: dict[str, tuple[bytes, int]] = {
    "a target of 64 KB": (get(b"/" + b"a" * 65_500), 200),
    "a longer target": (get(b"/" + b"a" * 200_000), 414),
    "NUL": (get(b"/\0", b"X-\0: \0", method=b"G\0T"), 400),
    "CR in a header": (get(b"/", b"X-A: a\rX-B: b"), 400),
    "a folded header": (get(b"/", b"X-A: a", b" b"), 200),
    "a header that continues nothing": (b"GET / HTTP/1.1\r\n a: b\r\nHost: a\r\n\r\n", 400),
    "a header without a name": (get(b"/", b": a"), 400),
    "a header without a colon": (get(b"/", b"no colon"), 400),
    "invalid UTF-8": (get(b"/\xff\xfe\xc3(?\xf0\x9f", b"X-A: \xff\xfe"), 200),
    "escapes and markup": (
        get(b"/" + EVIL, b"X-A: " + EVIL, method=b"G" + EVIL) + EVIL, 200,
    ),
    "escapes in a header's name": (get(b"/", b"X-" + EVIL + b": a"), 400),
    "escapes in a body": (
        post(b"Content-Type: text/" + EVIL, b"Transfer-Encoding: chunked",
             body=b"%x\r\n" % len(EVIL) + EVIL + b"\r\n0\r\n\r\n"), 200,
    ),
    "a method of 60 KB": (get(b"/", method=b"G" * 60_000), 200),
    "an absolute target": (get(b"http://evil.example/x", b"Host: good.example"), 200),
    "a broken absolute target": (get(b"http://[evil/x"), 400),
    "two slashes": (get(b"//evil.example/x"), 200),
    "two slashes, broken": (get(b"//[evil/x"), 200),
    "an authority": (get(b"evil.example:443", method=b"CONNECT"), 200),
    "an asterisk": (get(b"*", method=b"OPTIONS"), 200),
    "no target": (b"GET\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "a version of 5,000 digits": (b"GET / HTTP/1." + b"9" * 5000 + b"\r\n\r\n", 400),
    "TLS": (CLIENT_HELLO, 400),
    "a negative length": (post(b"Content-Length: -5"), 400),
    "a length of 5,000 digits": (post(b"Content-Length: " + b"9" * 5000, body=b"abc"), 400),
    "a length that is no number": (post(b"Content-Length: \xd9\xa3"), 400),
    "two lengths": (get(b"/", b"Content-Length: 0", b"Content-Length: 5"), 400),
    "a header 90 times": (get(b"/", *[b"X-A: a"] * 90), 200),
    "a host 90 times": (get(b"/", *[b"Host: a"] * 90), 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "a chunk that is shorter": (chunked(b"ffff\r\nabc\r\n0\r\n\r\n"), 500),
    "a chunk of 2**64 bytes": (chunked(b"f" * 16 + b"\r\nabc"), 500),
    "a chunk that is longer": (chunked(b"2\r\nabcdef\r\n0\r\n\r\n"), 500),
    "a chunk of negative size": (chunked(b"-5\r\nabc\r\n0\r\n\r\n"), 500),
    "a chunk of no size": (chunked(b"zz\r\nabc\r\n0\r\n\r\n"), 500),
    "a chunk's size of 1 MB": (chunked(b"f" * 1_000_000), 500),
    "100,000 headers": (get(b"/", *[b"X-A: b"] * 100_000), 431),
    "a header's name of 60 KB": (get(b"/", b"X" * 60_000 + b": y"), 200),
    "headers of 6 MB": (get(b"/", *[b"X" * 60_000 + b": y"] * 98), 200),
    "a header of 70 KB": (get(b"/", b"X-A: " + b"X" * 70_000), 431),
    "a header injected by value": (get(b"/inject/value"), 500),
    "a header injected by name": (get(b"/inject/name"), 500),
    "a header injected by the status": (get(b"/inject/status"), 500),
    "a header that is not latin-1": (get(b"/euro"), 500),
    "a response of many headers": (get(b"/many"), 200),
}  # fmt: skip
