"""Long texts of results, which become files."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any, cast

import pytest

from devtui.control.client.link import FAILED, CtlError, Link
from devtui.control.client.long_texts import with_files
from devtui.control.client.mcp.bridge import Bridge

RESULT = {"response": {"text": "x" * 9_000, "content_type": "text/plain"}, "errors": []}


class Answered:
    """A connection to a devtui whose app has answered."""

    def ask(self, verb: str, arguments: dict[str, Any], seconds: float) -> Any:
        return RESULT

    def close(self) -> None:
        return


@pytest.fixture(autouse=True)
def no_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))


def test_a_file_that_cannot_be_written_is_a_sentence() -> None:
    with pytest.raises(CtlError, match="A long text could not be written to a file: No such") as it:
        with_files(RESULT)
    assert it.value.status == FAILED


def test_agents_get_an_answer_then() -> None:
    call = {"name": "send", "arguments": {"method": "GET", "target": "/"}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    out = io.BytesIO()
    bridge = Bridge(out, lambda client: cast(Link, Answered()))
    bridge.run(io.BytesIO(json.dumps(request).encode() + b"\n"))
    answer = json.loads(out.getvalue() or b"null")
    assert answer["result"]["isError"]
    assert "could not be written" in answer["result"]["content"][0]["text"]
