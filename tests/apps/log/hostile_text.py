"""An app that logs, prints and answers what would attack a terminal."""
import logging, os, sys

EVIL = (
    "mark-one \x1b]0;PWNED-TITLE\x07 \x1b]52;c;UFdORUQ=\x07 \x1b]8;;http://pwned.example/\x07link"
    "\x1b]8;;\x07 \x1b[31;5;7mred\x1b[2J\x1b[?1049l\x1b[6n \x9b31m [red]markup[/] "
    "[@click=app.quit]quit[/] \u202egnp.exe \u200b\u2066 mark-two"
)

def app(environ, start_response):
    print(EVIL)
    logging.getLogger("evil\x1b[5m[blink]").error(EVIL)
    os.write(1, b"invalid \xff\xfe\xc3( \xf0\x9f bytes\n")
    print("x" * 1_000_000, "end-of-line")
    sys.stdout.flush()
    if environ["PATH_INFO"].startswith("/raise"):
        raise ValueError(EVIL)
    start_response("200 OK", [("X-Evil", "[red]\u202e".encode().decode("latin-1"))])
    return [b"\x1b]0;PWNED-BODY\x07[@click=app.quit]"]
