"""Targets, bodies and log lines show no value whose name means a secret."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtui.text.masking import body, in_log, parameters, target
from devtui.text.secrets import MASK

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/login?password=hunter2", f"/login?password={MASK}"),
        ("/a?b=1&api_key=hunter2&c=3", f"/a?b=1&api_key={MASK}&c=3"),
        ("/a?user%5Bpass%77ord%5D=hunter2", f"/a?user%5Bpass%77ord%5D={MASK}"),
        ("/a?access+token=hunter2;x", f"/a?access+token={MASK}"),
        ("/a?b=1;password=hunter2;c=3", f"/a?b=1;password={MASK};c=3"),
        ("/a?next=%2Freset%3Ftoken%3Dhunter2", f"/a?next=/reset?token={MASK}"),
        ("/a?b=1?password=hunter2", f"/a?b=1?password={MASK}"),
        ("/cb#access_token=hunter2", f"/cb#access_token={MASK}"),
        ('/a?p={"password":"hunter2"}', f'/a?p={{"password":"{MASK}"}}'),
        ("http://ada:hunter2@host/a", f"http://ada:{MASK}@host/a"),
        ("/a?password=", "/a?password="),
        ("/a?keyboard=de&page=2#part", "/a?keyboard=de&page=2#part"),
        ("/password/hunter", "/password/hunter"),
    ],
)
def test_targets(text: str, shown: str) -> None:
    assert target(text) == shown
    assert target(text, reveal=True) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '127.0.0.1 "GET /a?token=hunter2 HTTP/1.1" 200 -',
            f'127.0.0.1 "GET /a?token={MASK} HTTP/1.1" 200 -',
        ),
        ("POST /a?x=1&pwd=hunter2 took 3 ms", f"POST /a?x=1&pwd={MASK} took 3 ms"),
        # What an app prints to be clicked on stays.
        ("reset: http://localhost/r?token=abc", "reset: http://localhost/r?token=abc"),
    ],
)
def test_log_lines(text: str, shown: str) -> None:
    assert in_log(text) == shown
    assert in_log(text, reveal=True) == text


def test_decoded_parameters() -> None:
    found = parameters([("password", "hunter2"), ("q", "a"), ("next", "/r?token=hunter2")])
    assert found == [("password", MASK), ("q", "a"), ("next", f"/r?token={MASK}")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"password": "hunter2", "a": 1}', f'{{"password": "{MASK}", "a": 1}}'),
        ('{"a": [{"apiKey": 12345}]}', f'{{"a": [{{"apiKey": "{MASK}"}}]}}'),
        ('{"p\\u0061ssword": "hunt\\"er2"}', f'{{"p\\u0061ssword": "{MASK}"}}'),
        (
            '{"credentials": {"user": "x", "more": ["y"]}, "b": "z"}',
            f'{{"credentials": {{"user": "{MASK}", "more": ["{MASK}"]}}, "b": "z"}}',
        ),
        (
            '{"tokens": [[1], {"a": 2}, "hunter2"], "a": 3}',
            f'{{"tokens": [["{MASK}"], {{"a": "{MASK}"}}, "{MASK}"], "a": 3}}',
        ),
        (
            '{"token": null, "secret": "", "csrf": true}',
            '{"token": null, "secret": "", "csrf": true}',
        ),
        ('{"a": "b", "password": "hunt', f'{{"a": "b", "password": "{MASK}"'),  # cut off
        ('{"a": "password", "b": "c"}', '{"a": "password", "b": "c"}'),
        ('\ufeff{"password": "hunter2"}', f'\ufeff{{"password": "{MASK}"}}'),
        # pairs of a name and a value
        ('[["password", "hunter2"], ["b", "c"]]', f'[["password", "{MASK}"], ["b", "c"]]'),
        ('{"a": [["pin", ["x"]], ["b", 1]]}', f'{{"a": [["pin", ["{MASK}"]], ["b", 1]]}}'),
        (
            '[{"name": "Cookie", "value": "x"}, {"name": "b", "value": "c"}]',
            f'[{{"name": "Cookie", "value": "{MASK}"}}, {{"name": "b", "value": "c"}}]',
        ),
        (
            '[{"name": "pin", "more": [1], "val": 2}]',
            f'[{{"name": "pin", "more": [1], "val": "{MASK}"}}]',
        ),
        ('["password", "email"]', '["password", "email"]'),  # names alone
        ('[["new password", "b"]]', '[["new password", "b"]]'),  # a sentence
        # JSON in a string of JSON, also one that is cut off
        (r'{"a": " {\"pwd\":\"\u00e9\"}"}', rf'{{"a": " {{\"pwd\":\"{MASK}\"}}"}}'),
        (r'["[\"{\\\"pin\\\":1}\"]"]', rf'["[\"{{\\\"pin\\\":\\\"{MASK}\\\"}}\"]"]'),
        (r'{"a": "{\"pwd\": \"\ud800hunt\u00', rf'{{"a": "{{\"pwd\": \"{MASK}\"'),
        (r'{"a": "{\"pwd\": \"hunt\"', rf'{{"a": "{{\"pwd\": \"{MASK}\"'),
        (r'["{\"\ud800\":\"é\",\"pin\":1}"]', rf'["{{\"\ud800\":\"é\",\"pin\":\"{MASK}\"}}"]'),
        (r'{"a": "{\"b\":\u0022c\"}"}', r'{"a": "{\"b\":\u0022c\"}"}'),  # as it was
    ],
)
def test_json(text: str, shown: str) -> None:
    assert body(text, "application/json") == shown
    assert body(text, "text/plain") == shown
    assert body(text, "application/json", reveal=True) == text


def test_forms() -> None:
    assert body("user=ada&password=hunter2", FORM) == f"user=ada&password={MASK}"
    assert body("user=ada&password=hunter2", "") == f"user=ada&password={MASK}"
    assert body("a sentence = here", "text/html") == "a sentence = here"


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_multipart_forms(end: str) -> None:
    def written(secret: str) -> str:
        lines = [
            "--b1", 'Content-Disposition: form-data; name="user"', "", "ada",
            "--b1", 'Content-Disposition: form-data; name="password"', "", secret,
            "--b1", 'Content-Disposition: form-data; name="f"; filename="x"', "", "text",
            "--b1--", "",
        ]  # fmt: skip
        return end.join(lines)

    assert body(written("hunter2"), "multipart/form-data; boundary=b1") == written(MASK)


@given(
    st.dictionaries(
        st.sampled_from(["a", "password", "tokens"]),
        st.recursive(
            st.text(min_size=1) | st.integers(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=20,
        ),
    )
)
def test_json_stays_json(data: dict[str, object]) -> None:
    shown = json.loads(body(json.dumps(data), "application/json"))
    assert shown.keys() == data.keys()
    assert shown.get("a") == json.loads(body(json.dumps(data.get("a")), "application/json"))


@pytest.mark.parametrize(
    "piece",
    ['"', '\\"', '{"password":', "[", "&", "=", ";", "a=b;", '"a" ', "%", "?", "--\r\n\r\n", "://",
     r'"{\"pin\":', r'["{\"', r'"{\u00', "@", "http://a:", "?a=", "GET /", "a" * 50 + "=", " "],
)  # fmt: skip
def test_time_grows_with_the_length_only(piece: str) -> None:
    text = (piece * 75_000)[:75_000]
    for lead in ("", "/a?", "--", "{", '"\\'):
        began = time.thread_time()  # other programs may have the processor meanwhile
        target(lead + text)
        in_log(lead + text)
        for kind in ("application/json", FORM, "multipart/form-data", ""):
            body(lead + text, kind)
        assert time.thread_time() - began < 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<a><password>hunter2</password><b>1</b></a>",
         f"<a><password>{MASK}</password><b>1</b></a>"),
        ("<s:passWord x='1'>hunter2</s:passWord>2", f"<s:passWord x='1'>{MASK}</s:passWord>2"),
        ("<pwd><![CDATA[hunter2<b>]]></pwd>", f"<pwd>{MASK}</pwd>"),
        ("<pwd><![CDATA[hunter2", f"<pwd>{MASK}"),
        ("<pwd>hunter2", f"<pwd>{MASK}"),
        ("<credentials><a>hunter2</a>\n<b/></credentials><c>1</c>",
         f"<credentials><a>{MASK}</a>\n<b/></credentials><c>1</c>"),
        ('<user name="ada" password="hunter2"/>1', f'<user name="ada" password="{MASK}"/>1'),
        ("<user token = 'hunter2'>1</user>", f'<user token = "{MASK}">1</user>'),
        ('<user password="hunter2', f'<user password="{MASK}"'),
        ('<user password=""/><password></password>1', '<user password=""/><password></password>1'),
        ("<?xml version='1.0'?><!-- a --><a>b</a>", "<?xml version='1.0'?><!-- a --><a>b</a>"),
        ("</a></password>1<", "</a></password>1<"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["text/xml", "application/soap+xml; charset=utf-8"])
def test_xml(text: str, shown: str, kind: str) -> None:
    assert body(text, kind) == shown
    assert body(text, kind, reveal=True) == text
    assert body(text, "text/plain") == text


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<a ", "<![CDATA[", "<!--", '<a b="', "<a b='\"", " ", "a=", "<a a", "</"]
)
def test_long_xml_is_read_once(piece: str) -> None:
    start = time.monotonic()
    for text in (piece * 100_000, "<a " + piece[1:] * 100_000, "<" + piece * 100_000 + ">"):
        body(text, "text/xml")
    assert time.monotonic() - start < 5


@given(st.text(alphabet="<>/!?[]CDATA-=\"' pwd\n"))
def test_any_xml_is_masked_without_an_error(text: str) -> None:
    body(text, "text/xml")
    assert "hunter2" not in body(f"<pwd>hunter2</pwd>{text}", "text/xml")
