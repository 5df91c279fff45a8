"""A request in the editor: what is given up, and what the next edit goes on with."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from msgspec import structs
from textual.app import App

from devtui.dashboard.replay.request_editor import RequestEditor
from devtui.session.replay.outgoing import CannotSend, Outgoing

REQUEST = Outgoing("POST", "/order", (("Host", "shop"),), b"item=tea")


class Editor:
    """An editor that runs a line for the shell, in which `$file` is the text."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._script, self._seen = folder / "code", folder / "seen"  # a name of a graphical one
        self._editor: RequestEditor = RequestEditor(App())
        monkeypatch.setenv("VISUAL", str(self._script))

    async def edit(self, line: str) -> Outgoing | None:
        seen = shlex.quote(str(self._seen))
        self._script.write_text(
            f'#!/bin/sh\nfor file; do :; done\nfile="${{file%:1}}"\ncp "$file" {seen}\n{line}\n'
        )
        self._script.chmod(0o755)
        return await self._editor.edit("1-1", REQUEST)

    @property
    def seen(self) -> str:
        return self._seen.read_text()


@pytest.mark.parametrize("emptied", ['rm "$file"', ': > "$file"', 'echo "# no" > "$file"'])
async def test_a_mistake_is_gone_on_with_until_it_is_given_up(
    emptied: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = Editor(tmp_path, monkeypatch)
    assert await editor.edit("true") is None
    recorded = editor.seen
    assert recorded.endswith("POST /order\nHost: shop\n\nitem=tea\n")
    mistake = """sed -i 's/Host: /Host /' "$file" """
    for give_up in ("true", emptied):
        with pytest.raises(CannotSend, match="'Host shop' is not a header"):
            await editor.edit(mistake)
        if give_up == "true":
            assert await editor.edit(give_up) is None
        else:
            with pytest.raises(CannotSend, match="no request, so nothing was sent"):
                await editor.edit(give_up)
        assert "Host shop" in editor.seen
        assert await editor.edit("true") is None
        assert editor.seen == recorded


@pytest.mark.parametrize("line", ["s/$/\\r/", "1s/^/\\xef\\xbb\\xbf/"])
async def test_what_an_editor_of_another_system_adds_is_no_change(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = Editor(tmp_path, monkeypatch)
    assert await editor.edit(f"sed -i '{line}' \"$file\"") is None
    changed = await editor.edit(f"sed -i 's/tea/pie/; {line}' \"$file\"")
    assert changed == structs.replace(REQUEST, body=b"item=pie")
    with pytest.raises(CannotSend, match="'Host shop' is not a header"):
        await editor.edit(f"sed -i 's/Host:/Host/; {line}' \"$file\"")
    assert await editor.edit(f"sed -i '{line}' \"$file\"") is None


async def test_a_return_that_the_user_added_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = Editor(tmp_path, monkeypatch)
    changed = await editor.edit("""printf 'item=pie\\r\\nand\\n' >> "$file" """)
    assert changed == structs.replace(REQUEST, body=b"item=tea\nitem=pie\r\nand")


async def test_an_editor_that_is_ended_is_named_with_its_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = Editor(tmp_path, monkeypatch)
    with pytest.raises(CannotSend, match="code was ended by SIGTERM: nothing was sent"):
        await editor.edit("kill -TERM $$")
    with pytest.raises(CannotSend, match="code ended with exit status 3: nothing was sent"):
        await editor.edit("exit 3")
