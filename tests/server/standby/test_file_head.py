"""A file whose head runs ahead of the rest ends as one that runs at once."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from devtui.server.standby.file_head import FileChanged, FileHead
from tests.support.projects import app_source

SOURCES = {
    "imports": "import json\nimport os.path\nfrom os import sep as s, path\nx = 1\n",
    "a docstring": '"""What it is."""\n\nimport json\n\ndef f():\n    return json\n',
    "a future": "from __future__ import annotations\nimport json\ndef f(a: nowhere): pass\n",
    "a future and a docstring": (
        "'doc'\nfrom __future__ import annotations\nimport json\nx: nowhere = 1\n"
    ),
    "a star": "from json import *\nx = 1\n",
    "two on a line": "import json; import os\nx = 1\n",
    "one and more on a line": "import json; x = 1\ny = 2\n",
    "several lines": "from os import (\n    sep,\n    path,\n)\nimport \\\n    json\nx = 1\n",
    "a text after the imports": "import json\n'no docstring'\nx = 1\n",
    "a text after the docstring": "'doc'\n'no docstring'\nimport json\nx = 1\n",
    "imports alone": "import json\nimport os\n",
    "no end of the last line": "import os\nimport json",
    "no imports": "x = 1\nimport json\n",
    "nothing": "",
    "other ends of lines": "import json\r\nimport os\r\nx = 1\r\n",
    "an encoding": "# coding: latin-1\nimport json\nx = '\xe9'\n",
    "annotations": "import json\nx: int = 1\nclass C:\n    y: str\n",
    "assignments": "import os\nx = y = os.sep\nx += y\nimport json\nz = 1\n",
    "a call": "import sys\nsys.getrecursionlimit()\nimport json\nz = 1\n",
    "conditions": app_source("standby/conditional_imports.py"),
    "an annotation between": "import os\nx: int = 1\nimport json\ny: str = ''\n",
    "a function between": "import os\ndef f(): pass\nimport json\n",
    "a text between": "'doc'\nimport os\n'no docstring'\nimport json\n",
    "a class": "import json\n\n\nclass C:\n    def f(self): return json\n",
}


def module_from(source: str, tmp_path: Path) -> tuple[FileHead, ModuleType]:
    file = tmp_path / "module.py"
    file.write_bytes(source.encode("latin-1"))
    return FileHead(str(file), str(file)), ModuleType("module")


def seen(module: ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in vars(module).items():
        if name == "__builtins__":
            continue
        code = getattr(value, "__code__", None)
        if code is not None:
            value = (code.co_code, code.co_firstlineno, code.co_filename, value.__annotations__)
        elif isinstance(value, type):
            value = sorted(vars(value))
        found[name] = value
    return found


@pytest.mark.parametrize("name", SOURCES)
def test_the_parts_of_a_file_are_the_whole(name: str, tmp_path: Path) -> None:
    source = SOURCES[name]
    head, module = module_from(source, tmp_path)
    for code in head.codes():
        exec(code, vars(module))
    head.prepare()
    rest = head.rest(source.encode("latin-1"))
    assert rest is not None
    exec(rest, vars(module))
    whole = ModuleType("module")
    exec(
        compile(source.encode("latin-1"), str(tmp_path / "module.py"), "exec", dont_inherit=True),
        vars(whole),
    )
    assert seen(module) == seen(whole)


@pytest.mark.parametrize(
    ("name", "statements"),
    [
        ("assignments", 4),
        ("a call", 3),
        ("conditions", 3),
        ("an annotation between", 1),
        ("a function between", 1),
        ("a text between", 2),
        ("no imports", 2),
        ("a class", 1),
    ],
)
def test_the_head_ends_with_the_last_import_before_anything_long(
    name: str, statements: int, tmp_path: Path
) -> None:
    head, _ = module_from(SOURCES[name], tmp_path)
    assert len(list(head.codes())) == statements


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_the_rest_goes_on_after_what_has_run(count: int, tmp_path: Path) -> None:
    source = "'doc'\nimport json\nimport os\nx = 1\n"
    head, module = module_from(source, tmp_path)
    for _, code in zip(range(count), head.codes(), strict=False):
        exec(code, vars(module))
    rest = head.rest(source.replace("1", "2").encode())
    assert rest is not None
    exec(rest, vars(module))
    assert (module.__doc__, vars(module)["x"]) == ("doc", 2)
    assert vars(module).keys() >= {"json", "os"}


@pytest.mark.parametrize(
    ("now", "fits"),
    [
        ("import json\nimport os\ny = 1\n", True),
        ("import json\nimport os\nimport sys\nx = 1\n", True),
        ("import json\nimport os\n", True),
        ("import json\nimport sys\nimport os\nx = 1\n", False),
        ("import json\nx = 1\n", False),
        ("# text\nimport json\nimport os\nx = 1\n", False),
        ("import json\nimport os.path\nx = 1\n", False),
        ("", False),
    ],
)
def test_a_file_fits_as_long_as_it_begins_so(now: str, fits: bool, tmp_path: Path) -> None:
    head, _ = module_from("import json\nimport os\nx = 1\n", tmp_path)
    list(head.codes())
    (tmp_path / "module.py").write_text(now)
    assert head.fits() is fits
    if fits:
        assert head.rest(now.encode())
    else:
        with pytest.raises(FileChanged):
            head.rest(now.encode())


def test_a_file_that_is_gone_does_not_fit(tmp_path: Path) -> None:
    head, _ = module_from("import json\n", tmp_path)
    (tmp_path / "module.py").unlink()
    assert not head.fits()


def test_an_import_at_the_end_of_the_file_may_become_another(tmp_path: Path) -> None:
    head, _ = module_from("import json\nimport os", tmp_path)
    assert len(list(head.codes())) == 1
    (tmp_path / "module.py").write_text("import json\nimport os.path")
    assert head.fits()


@pytest.mark.parametrize(
    "now", ["x = \n", "from __future__ import annotations\n", "x = 1\nreturn\n"]
)
def test_a_rest_that_is_no_python(now: str, tmp_path: Path) -> None:
    head, _ = module_from("import json\nx = 1\n", tmp_path)
    list(head.codes())
    assert head.rest(f"import json\n{now}".encode()) is None


def test_python_s_warnings_come_once_and_with_the_rest(tmp_path: Path) -> None:
    source = "import json\nx = '\\d'\ny = x is 'a'\n"
    with warnings.catch_warnings(record=True) as ahead:
        warnings.simplefilter("always")
        head, _ = module_from(source, tmp_path)
        list(head.codes())
        head.prepare()
    assert ahead == []
    now = source + "z = 1\n"
    with warnings.catch_warnings(record=True) as later:
        warnings.simplefilter("always")
        assert head.rest(now.encode())
    assert len(later) == 2
