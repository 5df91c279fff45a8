"""A request as a test for pytest, with the test client of the app's framework."""

from __future__ import annotations

import ast
import json
import math
import pprint
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from msgspec import structs

from devtui.events import AppLoaded, Body, RequestFinished
from devtui.session.replay.export.target_in_app import in_app
from devtui.session.replay.ignores import Ignores
from devtui.session.replay.json_changes import same_parts
from devtui.session.replay.outgoing import Outgoing
from devtui.text.headers import header_of
from devtui.text.secrets import is_secret

MAX_ASSERTIONS = 40
MAX_LINES = 15
_WIDTH = 88

_WARNING = "# This test contains the cookies or credentials of the recorded request.\n"


def pytest_test(
    outgoing: Outgoing,
    answers: Sequence[RequestFinished],
    loaded: AppLoaded,
    base: str,
    ignores: Ignores,
) -> str:
    """Return a module with one test.

    `answers` are those to the request and to its replays. What differs between them is not
    asserted, and neither is what `ignores` ignores.
    """
    outgoing = _as_the_app_saw_it(outgoing)
    name = f"test_{outgoing.method.lower()}_{_words(outgoing.encoded_target)}".rstrip("_")
    if loaded.framework.startswith("django."):
        head, call, text, data = _django(outgoing, loaded, base)
    else:
        head, call, text, data = _werkzeug(outgoing, loaded, base)
    secret = any(is_secret(header) for header, _ in outgoing.headers)
    assertions = list(_assertions(answers, ignores, text, data))
    if any("json.loads" in line for line in assertions):
        is_first = not head.startswith("import os\n")  # of the standard library
        head = f"import json\n\n{head}" if is_first else f"import json\n{head}"
    lines = [
        f"{_WARNING if secret else ''}{head}\n\n\ndef {name}():",
        *_indented(call),
        *_indented(f"assert response.status_code == {answers[0].status}"),
    ]
    for line in assertions:
        lines += _indented(line)
    return "\n".join(lines) + "\n"


def _as_the_app_saw_it(outgoing: Outgoing) -> Outgoing:
    """Return the request with a target and headers that a test client passes on in the same way.

    Werkzeug's server takes the host from a target that names a server. It drops headers with `_`.
    """
    target, host = in_app(outgoing.target)
    if target.startswith("//"):  # a client would take the next part for a host
        target = "/" + target.lstrip("/")
    headers = tuple(pair for pair in outgoing.headers if "_" not in pair[0])
    if host:
        others = (pair for pair in headers if pair[0].lower() != "host")
        headers = (("Host", host), *others)
    return structs.replace(outgoing, target=target, headers=headers)


# -- the call ----------------------------------------------------------------------------------


def _werkzeug(outgoing: Outgoing, loaded: AppLoaded, base: str) -> tuple[str, str, str, str]:
    head, app = _import_of(loaded)
    if loaded.framework.startswith("flask."):
        client = f"{app}.test_client(use_cookies=False)"
    else:
        head = f"from werkzeug.test import Client\n\n{head}"
        client = f"Client({app}, use_cookies=False)"
    arguments = [f"    {outgoing.encoded_target!r},", f"    method={outgoing.method!r},"]
    host = header_of(outgoing.headers, "host")
    scheme = "https" if base.startswith("https:") else "http"
    if host:
        arguments.append(f"    base_url={f'{scheme}://{host}'!r},")
    headers = _joined(pair for pair in outgoing.headers if pair[0].lower() != "host")
    if headers:
        arguments.append(f"    headers={_laid_out(headers, 12)},")
    if outgoing.body:
        arguments.append(f"    data={_laid_out(outgoing.body, 9)},")
    call = "\n".join([f"client = {client}", "response = client.open(", *arguments, ")"])
    return head, call, "response.get_data(as_text=True)", "response.get_data()"


def _joined(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return each header once: the client joins repeated headers differently than servers do."""
    found: dict[str, tuple[str, str]] = {}
    for name, value in headers:
        before = found.get(name.lower())
        found[name.lower()] = (
            (name, value) if before is None else (before[0], f"{before[1]},{value}")
        )
    return [*found.values()]


def _django(outgoing: Outgoing, loaded: AppLoaded, base: str) -> tuple[str, str, str, str]:
    client = "from django.test import Client, override_settings"
    if loaded.settings_module:
        variable = f'"DJANGO_SETTINGS_MODULE", {loaded.settings_module!r}'
        setup = f"os.environ.setdefault({variable})\ndjango.setup()"
        head = f"import os\n\nimport django\n{client}\n\n{setup}"
    else:
        head = f"{_import_of(loaded)[0]}  # noqa: F401, I001 - it sets Django up\n{client}"
    kind = header_of(outgoing.headers, "content-type")
    extra = {
        "HTTP_" + name.upper().replace("-", "_"): value
        for name, value in _joined(outgoing.headers)
        if name.lower() != "content-type"
    }
    if kind and not outgoing.body:
        extra["CONTENT_TYPE"] = kind  # the client sends `content_type` only with a body
    secure = ["        secure=True,"] if base.startswith("https:") else []
    call = "\n".join(
        [
            "client = Client(enforce_csrf_checks=True, raise_request_exception=False)",
            # Otherwise the allowed hosts depend on DEBUG, which pytest-django turns off.
            'with override_settings(ALLOWED_HOSTS=["*"]):',
            "    response = client.generic(",
            f"        {outgoing.method!r},",
            f"        {outgoing.encoded_target!r},",
            f"        {_laid_out(outgoing.body, 8)},",
            f"        content_type={kind!r},",
            *secure,
            f"        **{_laid_out(extra, 10)},",
            "    )",
        ]
    )
    return head, call, "response.getvalue().decode()", "response.getvalue()"


def _import_of(loaded: AppLoaded) -> tuple[str, str]:
    """Return the import of the app, and the expression for it."""
    module, _, expression = loaded.app.partition(":")
    if not all(part.isidentifier() for part in module.split(".")):
        module = PurePath(module).stem
    expression = expression or "app"
    try:
        names = [one.id for one in ast.walk(ast.parse(expression)) if isinstance(one, ast.Name)]
    except SyntaxError:
        names = []
    name = next((one for one in names if one not in ("True", "False", "None")), "app")
    return f"from {module} import {name}", expression


def _words(target: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", urlsplit(target).path.lower())[:40].strip("_") or "index"


# -- the assertions ----------------------------------------------------------------------------


def _assertions(
    answers: Sequence[RequestFinished], ignores: Ignores, text: str, data: str
) -> Iterator[str]:
    first = answers[0]
    if (first.status or 500) >= 500:
        return  # the debugger made its body, and a test has no debugger
    location = _stable_header(answers, "location", ignores)
    if location:
        yield f'assert response.headers["Location"] == {location!r}'
    bodies = [one.response_body for one in answers]
    body = bodies[0]
    if body is None:
        if first.method != "HEAD" and not any(bodies):
            yield f"assert {data} == b''"
        return
    if first.cut:
        return  # where it was cut is chance
    if body.text is None or not _is_utf_8(body):
        if not any(k.lower() == "content-encoding" for k, _ in first.response_headers) and all(
            one is not None and one.digest == body.digest for one in bodies
        ):
            yield f"assert len({data}) == {body.size_bytes}"
        return
    texts = [one.text for one in bodies if one is not None and one.text is not None]
    if "json" in body.content_type.lower() and not body.truncated:
        try:
            yield from _json(texts, ignores, data)
            return
        except (ValueError, RecursionError):  # it is not JSON, whatever its type says
            pass
    yield from _text(texts, body, ignores, text)


def _is_utf_8(body: Body) -> bool:
    """Whether a test client decodes the same text."""
    if body.truncated:
        return body.text is not None and "\ufffd" not in body.text[:-1]  # the cut may have made it
    return not body.digest


def _json(texts: Sequence[str], ignores: Ignores, data: str) -> Iterator[str]:
    stable = same_parts(texts, ignores)
    if stable is ...:
        return
    leaves = list(_leaves("body", stable))
    written = [one for one in leaves if not isinstance(one[1], float) or math.isfinite(one[1])]
    yield f"body = json.loads({data})"
    if stable == json.loads(texts[0]) and written == leaves and len(leaves) <= MAX_ASSERTIONS:
        yield f"assert body == {_laid_out(stable, 15)}"
        return
    for path, value in written[:MAX_ASSERTIONS]:
        yield f"assert {path} == {value!r}"


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(f"{path}[{key!r}]", item)
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from _leaves(f"{path}[{number}]", item)
    elif value is not ... and value not in ({}, []):
        yield path, value


def _text(texts: Sequence[str], body: Body, ignores: Ignores, text: str) -> Iterator[str]:
    first = texts[0]
    same = all(one == first for one in texts) and not body.truncated
    lines = first.splitlines()
    volatile = any(ignores.text(line) != line for line in lines)
    if same and not volatile and len(lines) <= MAX_LINES:
        yield f"assert {text} == {_laid_out(first, 12)}"
        return
    others = [set(one.splitlines()) for one in texts[1:]]
    kept = [
        line
        for line in dict.fromkeys(lines[:-1] if body.truncated else lines)
        if len(line.strip()) > 3
        and ignores.text(line) == line
        and all(line in other for other in others)
    ]
    if kept:
        yield f"text = {text}"
    for line in kept[:MAX_LINES]:
        yield f"assert {line!r} in text"


def _stable_header(answers: Sequence[RequestFinished], name: str, ignores: Ignores) -> str | None:
    found = [
        next((v for key, v in one.response_headers if key.lower() == name), None) for one in answers
    ]
    value = found[0]
    if value is None or any(one != value for one in found) or ignores.text(value) != value:
        return None
    return value


def _laid_out(value: Any, indent: int) -> str:
    text = pprint.pformat(value, width=_WIDTH - indent - 4, sort_dicts=False)
    return text.replace("\n", "\n" + " " * indent)


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.split("\n")]
