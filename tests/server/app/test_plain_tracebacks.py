"""Imports that fail leave the traceback of a plain import, and warnings name the same place.

Each shape is run by the bare interpreter and by a load of ours, which must find the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.projects import app_source, write

InFork = Callable[..., Any]

# Each is a function of `app.py`, which is run while the app is loaded, and once more after it.
SHAPES = {
    "missing": "__import__('missing')",
    "missing, by statement": "import missing",
    "missing in a package": "__import__('package.missing')",
    "missing, by name": "import_module('missing')",
    "missing, by name, relative": "import_module('.missing', 'package')",
    "missing, by the module's function": "importlib.import_module('missing')",
    "missing, by importlib.__import__": "importlib.__import__('missing')",
    "name missing": "from package import missing",
    "imports what is missing": "__import__('importing')",
    "imports what is missing, by name": "import_module('importing')",
    "raises": "__import__('raising')",
    "raises, by name": "import_module('raising')",
    "raises an ImportError": "import refusing",
    "raises in a package": "import package.raising",
    "raises in a nested import": "__import__('nested')",
    "raises in a nested import, by name": "import_module('nested')",
    "raises in a library": "import library_raising",
    "a library imports what raises": "__import__('library_nested')",
    "a library imports by name what raises": "library.by_name('raising')",
    "a library imports by name what is missing": "library.by_name('missing')",
    "does not compile": "__import__('not_compiled')",
    "does not compile, by name": "import_module('not_compiled')",
    "imports what does not compile": "import not_compiled_nested",
    "is not UTF-8": "__import__('not_utf8')",
    "holds a null byte": "import_module('null')",
    "exits": "__import__('exiting')",
    "imports itself in a circle": "import circle",
    "string of Werkzeug": "from werkzeug.utils import import_string; import_string('missing:app')",
    "string of Werkzeug that raises": (
        "from werkzeug.utils import import_string; import_string('raising.app')"
    ),
    "string of Werkzeug, silent": (
        "from werkzeug.utils import import_string; import_string('importing', silent=True); 1 / 0"
    ),
    "string of Django": (
        "from django.utils.module_loading import import_string; import_string('importing.app')"
    ),
    "string of Django, no such name": (
        "from django.utils.module_loading import import_string; import_string('package.nothing')"
    ),
    "bad name": "__import__('')",
    "no text": "import_module(None)",
    "relative without a package": "import_module('.part')",
    "sub-module of a module": "import raising_not.part",
}

FILES = {
    "package/__init__.py": "",
    "package/raising.py": "1 / 0\n",
    "importing.py": "import missing_inside\n",
    "raising.py": "def function():\n    1 / 0\nfunction()\n",
    "raising_not.py": "",
    "refusing.py": "raise ImportError('not here')\n",
    "nested.py": "import middle\n",
    "middle.py": "from importlib import import_module\nimport_module('raising')\n",
    "not_compiled.py": "def (:\n",
    "not_compiled_nested.py": "import not_compiled\n",
    "exiting.py": "raise SystemExit(3)\n",
    "circle.py": "from circle_back import name\n",
    "circle_back.py": "from circle import other\n",
    "warning.py": "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)\n",
    "site-packages/library_raising.py": "import json, nothing_there\n",
    "site-packages/library_nested.py": "import raising\n",
    "site-packages/library.py": "import importlib\ndef by_name(name):\n"
    "    try:\n        return importlib.import_module(name)\n"
    "    except ImportError as error:\n        raise RuntimeError('no') from error\n",
}

APP = app_source("loading/failing_imports.py")

PLAIN = """
import json, sys
project = sys.argv[1]
sys.path[:0] = [project, project + "/site-packages"]
import builtins
builtins.project, builtins.shapes = project, json.loads(sys.argv[2])
import app
late = {name: app.found(shape) for name, shape in builtins.shapes.items()}
print(json.dumps([app.loading, late, app.warning_loading, app.warned()]))
"""

LOADED = app_source("loading/loaded_by_devtui.py")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, in_fork: InFork) -> tuple[Any, Any]:
    """What the bare interpreter and a load of ours have found: while it loads, and after it."""
    project = tmp_path_factory.mktemp("project")
    write(project, {"app.py": APP, **FILES})
    (project / "not_utf8.py").write_bytes(b"# \xff\n")
    (project / "null.py").write_bytes(b"a = '\0'\n")
    plain = subprocess.run(
        [sys.executable, "-B", "-c", PLAIN, str(project), json.dumps(SHAPES)],
        check=True,
        timeout=60,
        stdout=subprocess.PIPE,
    )
    return json.loads(plain.stdout), in_fork(LOADED, project=str(project), shapes=SHAPES)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("when", "part"), [("while it loads", 0), ("after the load", 1)])
def test_a_failing_import_leaves_the_traceback_of_a_plain_one(
    both: tuple[Any, Any], when: str, part: int, shape: str
) -> None:
    plain, loaded = both
    assert loaded[part][shape] == plain[part][shape]


def test_a_warning_at_import_names_the_line_of_the_import(both: tuple[Any, Any]) -> None:
    plain, loaded = both
    assert loaded[2:4] == plain[2:4]
    assert loaded[2][0][0].endswith("app.py")


def test_what_a_module_has_kept_of_importlib_is_python_s_own(both: tuple[Any, Any]) -> None:
    assert both[1][4] is True
