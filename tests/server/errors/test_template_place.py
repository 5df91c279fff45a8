"""Where in a Django template an error comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtui.events import Frame
from devtui.server.errors.traceback_data import Described, describe_with_frames
from tests.support.projects import write

template = pytest.importorskip("django.template", reason="Django is not installed")


def described(folder: Path, text: str, *, debug: bool = True) -> Described:
    """The error that the template raises."""
    write(folder, {"page.html": text})
    engine = template.Engine(dirs=[str(folder)], debug=debug)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - of any kind
        engine.get_template("page.html").render(template.Context({"fail": fail}))
    return describe_with_frames(raised.value)


def innermost(folder: Path, text: str, *, debug: bool = True) -> Frame:
    """The last frame of the error that the template raises."""
    return described(folder, text, debug=debug).error.exceptions[0].frames[-1]


def fail() -> None:
    raise ValueError("no good")


def test_the_tag_that_does_not_work(tmp_path: Path) -> None:
    for text in ("<p>\n  {% nothing %}\n", "<p>\n  {% include 'nothing.html' %}\n"):
        place = innermost(tmp_path, text)
        assert (place.file, place.line, place.own) == (str(tmp_path / "page.html"), 2, True)
        assert place.source == text.splitlines()[1].strip()
        assert place.marked is None  # the whole line
        assert place.context == tuple(text.splitlines())


def test_only_the_tag_is_marked(tmp_path: Path) -> None:
    place = innermost(tmp_path, "  <b>ä</b> {% nothing %}</p>\n")
    assert place.marked is not None
    assert place.source[slice(*place.marked)] == "{% nothing %}"


def test_its_variables_are_those_of_the_template(tmp_path: Path) -> None:
    found = described(tmp_path, "{% include 'nothing.html' %}")
    number = len(found.error.exceptions[0].frames) - 1
    live = found.frames[(0,)][number]
    assert live.f_locals["context"]["fail"] is fail
    # One that cannot be parsed has none.
    found = described(tmp_path, "{% nothing %}")
    assert len(found.frames[(0,)]) == len(found.error.exceptions[0].frames) - 1


def test_code_that_the_template_calls_is_nearer(tmp_path: Path) -> None:
    found = described(tmp_path, "<p>\n  {{ fail }}\n")
    frames, live = found.error.exceptions[0].frames, found.frames[(0,)]
    own = [number for number, frame in enumerate(frames) if frame.own]
    *_, tag, called = own
    assert (frames[tag].file, frames[tag].line) == (str(tmp_path / "page.html"), 2)
    assert frames[tag].source == "{{ fail }}"
    assert live[tag].f_locals["context"]["fail"] is fail
    # Each frame's variables are still its own.
    assert frames[called].function == "fail"
    assert [frame.f_code for frame in live][called] is fail.__code__
    assert len(live) == len(frames)


def test_the_innermost_of_two_templates(tmp_path: Path) -> None:
    write(tmp_path, {"part.html": "<i>\n<b>\n{{ fail }}"})
    found = described(tmp_path, "{% include 'part.html' %}")
    places = [(Path(it.file).name, it.line) for it in found.error.exceptions[0].frames if it.own]
    assert places[-2] == ("part.html", 3)


def test_without_debug_django_does_not_tell(tmp_path: Path) -> None:
    assert innermost(tmp_path, "<p>\n{% include 'nothing.html' %}\n", debug=False).line != 2


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("", "Django looked for {folder}/nothing.html."),
        (Path(template.__file__).parent, "Django looked in 1 place, and none in the project: see "),
    ],
)
def test_where_django_looked_for_a_missing_template(
    tmp_path: Path, folder: str | Path, told: str
) -> None:
    folder = folder or tmp_path
    with pytest.raises(template.TemplateDoesNotExist) as raised:
        template.Engine(dirs=[str(folder)]).get_template("nothing.html")
    (exception,) = describe_with_frames(raised.value).error.exceptions
    (note,) = exception.notes
    assert note.startswith(told.format(folder=folder))
