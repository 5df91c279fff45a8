"""Check that the pages name files, functions and pages that are there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from msgspec import structs

from devtui import events
from devtui.cli import command
from devtui.cli.config_values import TYPED_ONLY
from devtui.config import preferences
from devtui.config.shell_line import VARIABLES
from devtui.dashboard.keys.keyboard import CONFIGURABLE, VIM
from devtui.events.event import Event
from devtui.session.state import State

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(
    not (ROOT / "screenshots").is_dir(), reason="the pages are not part of this copy"
)

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(r"^ *```.*?^ *```$", re.M | re.S)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")
_OURS = re.compile(r"(?:devtui|tests|screenshots)/[\w./-]*")
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*\(\)")


def heading_anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings get."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def missing_links(page: Path, text: str) -> Iterator[str]:
    """Yield each relative link that leads nowhere."""
    for link in _LINK.findall(_BLOCK.sub("", text)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in heading_anchors(target)):
            yield link


@cache
def functions_of(file: Path) -> frozenset[str]:
    """Return the functions of a module, those of classes as `Class.method`."""
    found: set[str] = set()

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(prefix + child.name)
                is_class = isinstance(child, ast.ClassDef)
                visit(child, f"{prefix}{child.name}." if is_class else prefix)
            elif not isinstance(child, ast.expr):
                visit(child, prefix)

    visit(ast.parse(file.read_text(encoding="utf-8")), "")
    return frozenset(found)


def missing_names(text: str) -> Iterator[str]:
    """Yield each file of ours that is not there, and each function that its file does not have.

    A name with parentheses belongs to the file that the text names last before it.
    """
    file: Path | None = None
    words = (word for span in _SPAN.findall(_BLOCK.sub("", text)) for word in span.split())
    for word in words:
        if _OURS.fullmatch(word):
            path = ROOT / word
            file = path if path.suffix == ".py" and path.is_file() else None
            if not path.exists():
                yield word
        elif file is not None and _FUNCTION.fullmatch(word) and word[:-2] not in functions_of(file):
            yield f"{word} in {file.relative_to(ROOT)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert list(missing_links(page, page.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_function_is_there(page: Path) -> None:
    if page.name != "CHANGELOG.md":  # which names what was there at its time
        assert list(missing_names(page.read_text(encoding="utf-8"))) == []


def test_every_nox_session_is_there() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = " ".join(re.findall(r"nox -s ([a-z ]+)", page)).split()
    assert named
    assert set(named) <= functions_of(ROOT / "noxfile.py")


def events_by_type() -> dict[str, type[Event]]:
    """Return every kind of event by the `type` that its lines have."""
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type)]
    return {
        str(kind.__struct_config__.tag): kind
        for kind in kinds
        if issubclass(kind, Event) and kind is not Event
    }


def test_the_fields_of_each_event_are_listed() -> None:
    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| (.*) \|$", page, re.M))
    kinds = events_by_type()
    assert len(rows) > 15
    for name, listed in rows.items():
        fields = {field.encode_name for field in structs.fields(kinds[name])}
        assert set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", listed))) == fields - {
            "at",
            "generation",
        }, name


def test_the_states_are_listed() -> None:
    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    listed = page.partition("The states are")[2].partition("## ")[0]
    assert set(re.findall(r"`([^`]+)`", listed)) == {state.value for state in State}


def test_what_is_missing_is_found() -> None:
    text = "`devtui/plain_lines.py`: `describe()` and `no_such()`; `devtui/no_such.py`, `tests/no/`"
    assert list(missing_names(text)) == [
        "no_such() in devtui/plain_lines.py",
        "devtui/no_such.py",
        "tests/no/",
    ]
    page = ROOT / "README.md"
    found = list(missing_links(page, "[a](no_such.md) [b](LICENSE) [c](#no-such) [d](http://x/)"))
    assert found == ["no_such.md", "#no-such"]


# Phrases that sound translated, with a plain word in their place.
_STIFF = {
    r"(?<![A-Za-z])anew(?![A-Za-z])": "again",
    r"\bfor good\b": "for ever",
    r"\bwhom\b": "a subject",
    r"\b(?:is|are) told\b": "gets, is reported",
    r"\b(?:is|was|be) had\b": "gets",
    r"\bto be had\b": "is there",
}
_MOST_WORDS = 40


def stiff_phrases(text: str) -> Iterator[str]:
    """Yield each phrase that has a plainer form, with that form."""
    for phrase, plain in _STIFF.items():
        for found in re.findall(phrase, text):
            yield f"{found}: {plain}"


def long_sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a page that have more than `_MOST_WORDS` words."""
    for paragraph in re.split(r"\n\s*\n|\n\s*[-*|] |\n\s*\d+\. ", _BLOCK.sub("", text)):
        for sentence in re.split(r"(?<=[.!?:])\s+", paragraph):
            if len(sentence.split()) > _MOST_WORDS:
                yield " ".join(sentence.split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pages_are_in_plain_english(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not [*stiff_phrases(text), *long_sentences(text)]


def test_the_code_is_in_plain_english() -> None:
    found = {
        str(path.relative_to(ROOT)): phrases
        for path in sorted((ROOT / "devtui").rglob("*.py"))
        if (phrases := [*stiff_phrases(path.read_text(encoding="utf-8"))])
    }
    assert not found


def test_stiff_phrases_and_long_sentences_are_found() -> None:
    assert [*stiff_phrases("It begins anew.\nNobody to whom")] == ["anew: again", "whom: a subject"]
    assert [*stiff_phrases("self._begin_anew()")] == ["anew: again"]
    assert [*long_sentences("Short.\n\n" + "word " * 41 + ".")]
    assert not [*long_sentences("word " * 20 + ".\n\n- " + "word " * 20)]


def table_below(page: str, heading: str) -> dict[str, str]:
    """Return the second column of the first table after a line, by the names in the first."""
    after = page.partition(heading)[2].lstrip("\n").partition("\n\n")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.*?) \|", after, re.M))


def test_the_config_page_lists_every_setting() -> None:
    page = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    options = {
        name.removeprefix("--")
        for param in command.command.params
        if isinstance(param, click.Option)
        for name in param.opts
        if name.startswith("--")
    }
    listed = table_below(page, "wherever you start devtui below it.")
    assert listed.keys() == options - TYPED_ONLY
    assert all(f"`{name}`" in page for name in TYPED_ONLY - {"help", "version"})
    assert all(f"`{name}" in page or f"[{name}" in page for name in preferences.SETTINGS)
    keys = table_below(page, "have keys of their own, which stand in their borders.")
    assert keys == {
        name: f"`{one.shown}`" if one.shown else "none" for name, one in CONFIGURABLE.items()
    }
    vim = table_below(page, "turns off a set of your own file.")
    assert vim.keys() == VIM.keys()
    placeholders = dict(re.findall(r"^\| `\{(\w+)\}` \| .* \| `(\w+)` \|$", page, re.M))
    assert placeholders == VARIABLES
    fields = re.findall(r"^\| `(key|name|run|in)` \| ", page, re.M)
    assert tuple(fields[-4:]) == preferences.COMMAND_FIELDS


def test_the_examples_of_the_config_page_are_valid(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```", page, re.M | re.S)
    assert len(blocks) > 3
    for block in blocks:
        file = tmp_path / ("pyproject.toml" if "[tool.devtui]" in block else "devtui.toml")
        file.write_text(block, encoding="utf-8")
        result = CliRunner().invoke(
            command.command, ["--config", str(file), "--who", "--port", "0"]
        )
        assert "--who needs a port" in result.output, (block, result.output)
