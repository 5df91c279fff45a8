"""The search for the application: each case in a fresh interpreter, in a folder of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devtui.server.app.find import apply_debug
from devtui.server.app.spec import AppNotFound, AppSpec, Attribute, Call, parse
from devtui.server.guest import own_code
from tests.support.projects import APPS, app_source

SECONDS = 30
DJANGO = "django.core.handlers.wsgi.WSGIHandler"

# Each search is made in a fork of an interpreter that has imported the loader and nothing else, as
# in a fresh one, but sooner. The fork ends as a program does, with the warnings of its exit.
PROBES = app_source("finding/probes.py")

WSGI = "def app(environ, start_response): return []\n"
MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n'
APPLICATION = """
class Application:
    def __call__(self, environ, start_response):
        return []
"""


class Prober:
    """Tells what `load_app` does, in an interpreter that has loaded nothing else."""

    def __init__(self, output: Path, *, warnings: str = "error", **environment: str) -> None:
        self._output = output
        self._process = subprocess.Popen(
            [sys.executable, "-W", warnings, "-c", PROBES],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=os.sep,  # what lies in the folder must not be imported by the probe itself
            env={**os.environ, **environment},
        )

    def __enter__(self) -> Prober:
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.communicate(timeout=SECONDS)

    def __call__(self, spec: str | None, folder: Path, **environment: str) -> dict[str, str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = [spec, str(folder), str(self._output), environment]
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], SECONDS)
        assert ready, f"no answer within {SECONDS} s"
        status = self._process.stdout.readline().strip()
        said, complaints = (Path(f"{self._output}.{fd}").read_text() for fd in (1, 2))
        assert status == "0", complaints
        assert "never awaited" not in complaints
        found: dict[str, str] = json.loads(said.splitlines()[-1])
        return found


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prober]:
    with Prober(tmp_path_factory.mktemp("probe") / "output") as prober:
        yield prober


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))


@dataclass(frozen=True)
class Case:
    id: str
    files: dict[str, str]
    spec: str | None
    name: str = ""
    framework: str = "function"
    says: tuple[str, ...] = ()
    raises: str = ""
    silent_on: tuple[str, ...] = field(default=())


FOUND = [
    Case("module", {"hello.py": WSGI}, "hello", "hello:app"),
    Case("module and name", {"hello.py": WSGI}, "hello:app", "hello:app"),
    Case("file", {"hello.py": WSGI}, "hello.py", "hello:app"),
    Case("file and name", {"hello.py": WSGI}, "./hello.py:app", "hello:app"),
    Case("file in a folder", {"sub/hello.py": WSGI}, "sub/hello.py", "sub/hello.py:app"),
    Case("module in a folder", {"sub/hello.py": WSGI}, "sub/hello", "sub/hello:app"),
    Case("dotted name behind a folder", {"src/p/__init__.py": "", "src/p/m.py": WSGI},
         "src/p.m", "src/p.m:app"),
    Case("package", {"shop/__init__.py": WSGI}, "shop", "shop:app"),
    Case("package by its init", {"shop/__init__.py": WSGI}, "shop/__init__.py", "shop:app"),
    Case("dotted module", {"pkg/__init__.py": "", "pkg/mod.py": WSGI}, "pkg.mod", "pkg.mod:app"),
    Case("dotted module without init", {"pkg/mod.py": WSGI}, "pkg.mod:app", "pkg.mod:app"),
    Case("file in a package has its full name", {
        "pkg/__init__.py": "", "pkg/sub/__init__.py": "",
        "pkg/sub/other.py": WSGI, "pkg/sub/mod.py": "from .other import app\n",
    }, "pkg/sub/mod.py", "pkg.sub.mod:app"),
    Case("file with a dash", {"my-app.py": WSGI}, "my-app.py", "my-app:app"),
    Case("script of the same name beside", {"hello": "#!/bin/sh", "hello.py": WSGI},
         "hello", "hello:app"),
    Case("wsgi.py first", {"wsgi.py": WSGI, "app.py": WSGI}, None, "wsgi:app"),
    Case("then app.py", {"app.py": WSGI}, None, "app:app"),
    Case("empty is none", {"app.py": WSGI}, "", "app:app"),
    Case("package folder app", {"app/__init__.py": WSGI}, None, "app:app"),
    Case("package folder app with a factory elsewhere", {
        "app/__init__.py": "from app.factory import create_app\n",
        "app/factory.py": f"{WSGI}\ndef create_app(): return app\n",
    }, None, "app:create_app()"),
    Case("application", {"m.py": WSGI.replace("app(", "application(")}, "m", "m:application"),
    Case("only one", {"m.py": APPLICATION + "site = Application()\n"},
         "m", "m:site", "m.Application"),
    Case("one under two names", {"m.py": APPLICATION + "a = Application()\nb = a\n"},
         "m", "m:a", "m.Application"),
    Case("app before others", {"m.py": APPLICATION + "a = Application()\napp = Application()\n"},
         "m", "m:app", "m.Application"),
    Case("factory found", {"m.py": f"{WSGI}_app = app\ndel app\ndef create_app(): return _app\n"},
         "m:create_app", "m:create_app()"),
    Case("make_app", {"m.py": APPLICATION + "def make_app(): return Application()\n"},
         "m", "m:make_app()", "m.Application"),
    Case("factory with literals", {"m.py": APPLICATION + """
def create_app(name, *, deep):
    assert (name, deep) == ("dev", {"a": [1, -2.5, None]})
    return Application()
"""}, 'm:create_app("dev", deep={"a": [1, -2.5, None]})',
         'm:create_app("dev", deep={"a": [1, -2.5, None]})', "m.Application"),
    Case("colon in an argument", {"m.py": APPLICATION + """
def create_app(url):
    assert url == "sqlite:///x.db"
    return Application()
"""}, 'm:create_app("sqlite:///x.db")', 'm:create_app("sqlite:///x.db")', "m.Application"),
    Case("factory with all defaults", {
        "m.py": APPLICATION + "def create_app(config=None, debug=False): return Application()\n"
    }, "m", "m:create_app()", "m.Application"),
    Case("factory called app with keywords only (pypiserver's look)", {
        "m.py": APPLICATION + "def app(**kwargs): return Application()\n"
    }, "m:app", "m:app()", "m.Application"),
    Case("the same, found", {
        "m.py": APPLICATION + "def app(**kwargs): return Application()\n"
    }, "m", "m:app()", "m.Application"),
    Case("annotated function (radicale's look)", {
        "m.py": "def application(environ: dict, start_response: object) -> list: return []\n"
    }, "m:application", "m:application"),
    Case("two parameters of any name", {"m.py": "def app(e, s): return []\n"}, "m", "m:app"),
    Case("names beat defaults", {
        "m.py": "def app(environ=None, start_response=None): return []\n"
    }, "m:app", "m:app"),
    Case("names beat a factory's name", {
        "m.py": "def make_response(environ, start_response): return []\n"
    }, "m:make_response", "m:make_response"),
    Case("decorated with wraps", {"m.py": """
import functools
def timed(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs): return function(*args, **kwargs)
    return wrapper
@timed
def app(environ, start_response): return []
"""}, "m", "m:app"),
    Case("decorated factory", {"m.py": APPLICATION + """
import functools
def once(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs): return function(*args, **kwargs)
    return wrapper
@once
def build(config=None, debug=False): return Application()
"""}, "m:build", "m:build()", "m.Application"),
    Case("partial of a factory", {"m.py": APPLICATION + """
import functools
def create_app(config): return Application()
make_app = functools.partial(create_app, "dev")
del create_app
"""}, "m", "m:make_app()", "m.Application"),
    Case("generator function", {
        "m.py": "def app(environ, start_response):\n    yield b''\n"
    }, "m", "m:app"),
    Case("class whose instances are responses", {"m.py": """
class App:
    def __init__(self, environ, start_response): pass
    def __iter__(self): return iter([])
app = App
"""}, "m", "m:app", "class"),
    Case("class whose instances are applications", {"m.py": APPLICATION},
         "m:Application", "m:Application()", "m.Application"),
    Case("bound method", {"m.py": """
class Site:
    def wsgi_app(self, environ, start_response): return []
site = Site()
"""}, "m:site.wsgi_app", "m:site.wsgi_app"),
    Case("dotted attributes", {"m.py": APPLICATION + """
class Dash:
    def __init__(self): self.server = Application()
dash_app = Dash()
"""}, "m:dash_app.server", "m:dash_app.server", "m.Application"),
    Case("server of an object that is none", {"m.py": APPLICATION + """
class Dash:
    def __init__(self): self.server = Application()
app = Dash()
"""}, "m", "m:app.server", "m.Application"),
    Case("attribute of a factory's result", {"m.py": APPLICATION + """
class Dash:
    def __init__(self, name): self.server = Application()
"""}, "m:Dash('x').server", "m:Dash('x').server", "m.Application"),
    Case("application needlessly called", {"m.py": APPLICATION + "app = Application()\n"},
         "m:app()", "m:app", "m.Application"),
    Case("needless call with more behind it", {"m.py": APPLICATION + """
app = Application()
app.inner = Application()
"""}, "m:app().inner", "m:app.inner", "m.Application"),
    Case("__getattr__ of a module", {"m.py": APPLICATION + """
def __getattr__(name):
    if name == "app": return Application()
    raise AttributeError(name)
"""}, "m", "m:app", "m.Application"),
    Case("Werkzeug's decorator", {"m.py": """
from werkzeug import Request, Response
@Request.application
def app(request): return Response("x")
"""}, "m", "m:app"),
    Case("Flask, by its name", {"m.py": """
from flask import Flask, current_app, g, request, session
site = Flask(__name__)
other = site
"""}, "m", "m:site", "flask.Flask"),
    Case("Flask among middleware", {"m.py": """
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
site = Flask(__name__)
outer = ProxyFix(site)
"""}, "m", "m:site", "flask.Flask"),
    Case("beside an ASGI one", {"m.py": WSGI + "async def asgi(scope, receive, send): ...\n"},
         "m", "m:app"),
]  # fmt: skip

NOT_FOUND = [
    Case("nothing at all", {}, None,
         says=("neither wsgi.py nor app.py in", "such as hello or hello:app")),
    Case("Django one below", {"site1/wsgi.py": WSGI}, None, says=("site1.wsgi may be it",)),
    Case("Django project below", {"site/manage.py": MANAGE}, None,
         says=("for the Django project of '", "/site' type devtui in there")),
    Case("manage.py elsewhere", {"site/manage.py": MANAGE}, "site/manage.py",
         says=("'site/manage.py' belongs to a Django project: type devtui in '", "/site'.")),
    Case("as for runserver", {"manage.py": MANAGE}, "runserver", says=("Type devtui alone",)),
    Case("a port", {}, "8000", says=("8000 is an address", "type devtui -p 8000,")),
    Case("an address", {}, "0.0.0.0:8000", says=("type devtui -h 0.0.0.0 -p 8000,",)),
    Case("wsgi.py without an app", {"wsgi.py": "x = 1\n", "app.py": WSGI}, None,
         says=("no WSGI application in 'wsgi'", "For app.py type app.")),
    Case("factories without an app", {"app.py": "def create_app(): ...\ndef make_app(): ...\n"},
         "app", says=("app:create_app() returned None", "a return may be missing")),
    Case("one without an app", {"wsgi.py": ""}, None,
         says=("no WSGI application in 'wsgi'", "There is no app.py in")),
    Case("misspelt", {"hello.py": WSGI, "x.py": ""}, "helo",
         says=("no module 'helo' in", "did you mean 'hello'?")),
    Case("misspelt file", {"hello.py": WSGI}, "helo.py",
         says=("no file '", "helo.py'", "did you mean 'hello.py'?")),
    Case("misspelt below a folder", {"sub/hello.py": WSGI}, "sub/helo:app",
         says=("sub/helo.py'", "did you mean 'hello.py'?")),
    Case("misspelt in a package", {"pkg/__init__.py": "", "pkg/mod.py": WSGI}, "pkg.mood",
         says=("no module 'pkg.mood'", "did you mean 'pkg.mod'?")),
    Case("nothing like it", {"hello.py": WSGI}, "qqqq", says=("; found: 'hello'.",)),
    Case("empty folder", {}, "hello", says=("no Python module there at all",)),
    Case("no such folder", {}, "nowhere/hello.py", says=("There is no folder '", "nowhere'")),
    Case("no Python file", {"sub/hello.txt": ""}, "sub/hello.txt", says=("does not end in .py",)),
    Case("dot in the file's name", {"my.app.py": WSGI}, "my.app.py",
         says=("because of the dot in 'my.app'", "'my_app.py'")),
    Case("attribute taken for a module", {"hello.py": WSGI}, "hello.app",
         says=("'hello' is a module, not a package", "type hello:app")),
    Case("dots at the end", {"p/__init__.py": ""}, "p..x", says=("is not a module's name",)),
    Case("misspelt name", {"hello.py": WSGI}, "hello:ap",
         says=("There is no 'ap' in 'hello'", "hello.py", "did you mean 'app'?")),
    Case("missing name lists candidates", {"m.py": WSGI + "def create_app(config): ...\n"},
         "m:zzzz", says=("type m:app or 'm:create_app(...)'",)),
    Case("missing attribute of an attribute", {"m.py": "x = 1\n"}, "m:x.server",
         says=("m:x (an instance of int) has no 'server'",)),
    Case("missing attribute of what a factory returns", {"m.py": "def make(x, y=2): return {}\n"},
         "m:make(1, y='z').server.x",
         says=("m:make(1, y='z') (an instance of dict) has no 'server'",)),
    Case("submodule taken for a name", {"pkg/__init__.py": "", "pkg/web.py": WSGI}, "pkg:web.app",
         says=("no 'web' in 'pkg'", "type pkg.web.")),
    Case("package with app.py in it", {"pkg/__init__.py": "", "pkg/app.py": WSGI}, "pkg",
         says=("no WSGI application in 'pkg'", "for the one in its app.py type pkg.app")),
    Case("folder with app.py in it", {"sub/app.py": WSGI}, "sub",
         says=("which has no __init__.py", "type sub.app")),
    Case("this folder", {"sub/x/app.py": WSGI}, "./sub/x", says=("type ./sub/x/app.py",)),
    Case("app is a module", {"pkg/__init__.py": "from . import app\n", "pkg/app.py": WSGI},
         "pkg", says=("pkg:app is a module", "type pkg.app:app")),
    Case("several", {"m.py": APPLICATION + "a = Application()\nb = Application()\n"}, "m",
         says=("several applications in 'm'", "type m:a or m:b")),
    Case("factory needs arguments", {"m.py": "def create_app(config, *, name): ...\n"}, "m",
         says=("factory m:create_app needs the arguments config, name",
               "type 'm:create_app(config=..., name=...)'"), silent_on=("defined in",)),
    Case("factory from elsewhere needs an argument", {
        "wsgi.py": "from shop.factory import create_app\n", "shop/__init__.py": "",
        "shop/factory.py": "\n\ndef create_app(config): ...\n",
    }, None, says=("wsgi:create_app (defined in", "factory.py, line 3", "argument config;",
                   "'wsgi:create_app(config=...)'")),
    Case("two parameters of a factory", {"m.py": "def create_app(config, debug): ...\n"},
         "m:create_app", says=("needs the arguments config, debug",)),
    Case("arguments that do not fit", {"m.py": "def create_app(config): ...\n"},
         "m:create_app(1, 2)", says=("does not take these arguments", "It takes (config)")),
    Case("application called as a factory", {"m.py": WSGI}, "m:app()",
         says=("m:app is itself an application", "type m:app.")),
    Case("calling what cannot be called", {"m.py": "app = 1\n"}, "m:app()",
         says=("m:app is an instance of int and cannot be called",)),
    Case("factory returns None", {"m.py": "def create_app(): pass\n"}, "m",
         says=("m:create_app() returned None", "a return may be missing")),
    Case("factory returns a tuple", {"m.py": "def create_app(): return (1, 2)\n"}, "m:create_app",
         says=("returned an instance of tuple, not a WSGI application",)),
    Case("factory returns an ASGI app", {"m.py": """
async def asgi(scope, receive, send): ...
def create_app(): return asgi
"""}, "m", says=("m:create_app() returned a coroutine function", "asynchronous (ASGI)")),
    Case("ASGI function", {"m.py": "async def app(scope, receive, send): ...\n"}, "m",
         says=("m:app is a coroutine function, which is asynchronous (ASGI)", "ASGI server")),
    Case("ASGI function, named", {"m.py": "async def app(scope, receive, send): ...\n"}, "m:app",
         says=("asynchronous (ASGI)",)),
    Case("ASGI object (FastAPI's look)", {"m.py": """
class FastAPI:
    async def __call__(self, scope, receive, send): ...
api = FastAPI()
"""}, "m", says=("m:api is an instance of m.FastAPI, which is asynchronous (ASGI)",)),
    Case("asynchronous factory", {"m.py": "async def create_app(): ...\n"}, "m",
         says=("m:create_app is a coroutine function",)),
    Case("asynchronous factory, called", {"m.py": "async def create_app(): ...\n"},
         "m:create_app()", says=("m:create_app is a coroutine function",)),
    Case("factory returns a coroutine", {"m.py": """
async def start(): ...
def create_app(): return start()
"""}, "m", says=("returned an instance of coroutine",)),
    Case("Blueprint", {"m.py": "from flask import Blueprint\napp = Blueprint('a', __name__)\n"},
         "m", says=("m:app is an instance of flask.Blueprint, which an application registers",)),
    Case("hidden by an imported module", {"json.py": WSGI}, "json",
         says=("json.py' cannot be imported", "'json', hides it", "Rename yours")),
    Case("hidden by a frozen module", {"site.py": WSGI}, "site.py", says=("hides it",)),
    Case("hidden by a built-in module", {"time.py": WSGI}, "time",
         says=("is built into Python",)),
    Case("file hidden by a package", {"m.py": WSGI, "m/__init__.py": ""}, "m.py",
         says=("m.py' cannot be imported", "m/__init__.py")),
    Case("no module before the colon", {}, ":app", says=("no module before the colon",)),
    Case("no name after the colon", {"m.py": WSGI}, "m:", says=("no name after the colon",)),
    Case("no expression", {"m.py": WSGI}, "m:app +",
         says=("'app +' is neither a name nor a call",)),
    Case("no literal", {"m.py": WSGI}, "m:app(open('x'))", says=("are not literals",)),
]  # fmt: skip

RAISED = [
    Case("ImportError in the app", {"m.py": "import nowhere_to_be_found\n"}, "m",
         raises="ModuleNotFoundError", says=("nowhere_to_be_found",)),
    Case("ModuleNotFoundError of the module's own name",
         {"m.py": "raise ModuleNotFoundError('No module', name='m')\n"}, "m",
         raises="ModuleNotFoundError", says=("No module",)),
    Case("ImportError in wsgi.py beside app.py",
         {"wsgi.py": "from app import nothing\n", "app.py": WSGI}, None,
         raises="ImportError", says=("nothing",)),
    Case("ImportError in a package", {"p/__init__.py": "import nix_da\n", "p/m.py": WSGI}, "p.m",
         raises="ModuleNotFoundError", says=("nix_da",)),
    Case("syntax error", {"m.py": "def app(:\n"}, "m", raises="SyntaxError"),
    Case("exit", {"m.py": "import sys; sys.exit('no')\n"}, "m", raises="SystemExit", says=("no",)),
    Case("error in a factory", {"m.py": "def create_app(): return 1 / 0\n"}, "m",
         raises="ZeroDivisionError"),
    Case("TypeError in a factory", {"m.py": "def create_app(): return len(1, 2)\n"}, "m",
         raises="TypeError", says=("len()",)),
    Case("error in a property",
         {"m.py": "class A:\n    @property\n    def server(self): return self.gone\na = A()\n"},
         "m:a.server", raises="AttributeError", says=("gone",)),
]  # fmt: skip


def ids(case: Case) -> str:
    return case.id


@pytest.mark.parametrize("case", FOUND, ids=ids)
def test_the_app_is_found(probe: Prober, case: Case, tmp_path: Path) -> None:
    write(tmp_path, case.files)
    loaded = probe(case.spec, tmp_path)
    assert (loaded.get("name"), loaded.get("framework")) == (case.name, case.framework), loaded
    assert Path(loaded["file"]).is_relative_to(tmp_path)
    # The name is what to type: it leads to the same thing.
    if case.name != case.spec:
        assert probe(case.name, tmp_path) == loaded


@pytest.mark.parametrize("case", NOT_FOUND, ids=ids)
def test_what_is_not_found_is_told_in_sentences(probe: Prober, case: Case, tmp_path: Path) -> None:
    write(tmp_path, case.files)
    result = probe(case.spec, tmp_path)
    assert list(result) == ["not_found"], result
    for part in case.says:
        assert part in result["not_found"]
    for part in case.silent_on:
        assert part not in result["not_found"]
    assert result["not_found"].rstrip()[-1] in ".?", "it ends as a sentence does"
    assert "\n" not in result["not_found"]


def test_a_folder_of_a_django_project_says_where_to_type(probe: Prober, tmp_path: Path) -> None:
    write(tmp_path, {"manage.py": MANAGE, "polls/deep/views.py": ""})
    told = probe(None, tmp_path / "polls" / "deep")["not_found"]
    assert f"for the Django project of {str(tmp_path)!r} type devtui in there" in told


@pytest.mark.parametrize("case", RAISED, ids=ids)
def test_what_the_users_code_raises_is_passed_on(probe: Prober, case: Case, tmp_path: Path) -> None:
    write(tmp_path, case.files)
    result = probe(case.spec, tmp_path)
    assert result.get("raised") == case.raises, result
    for part in case.says:
        assert part in result["text"]
    assert not any("importlib" in frame for frame in result["frames"])


@pytest.mark.parametrize(
    ("spec", "name", "framework"),
    [
        ("hello", "hello:app", "flask.Flask"),
        ("flaskr", "flaskr:create_app()", "flask.Flask"),
        ("djangosite.wsgi", "djangosite.wsgi:application", DJANGO),
        ("djangosite/wsgi.py", "djangosite.wsgi:application", DJANGO),
        ("bottleapp", "bottleapp:app", "bottle.Bottle"),
    ],
)  # fmt: skip
def test_real_frameworks(
    probe: Prober, spec: str, name: str, framework: str, tmp_path: Path
) -> None:
    loaded = probe(spec, APPS, FLASKR_DATABASE=str(tmp_path / "flaskr.sqlite"))
    assert (loaded.get("name"), loaded.get("framework")) == (name, framework), loaded
    assert Path(loaded["file"]).is_relative_to(APPS)


@pytest.mark.parametrize(
    ("library", "spec", "name"),
    [
        ("pypiserver", "pypiserver:app", "pypiserver:app()"),
        ("pypiserver", "pypiserver", "pypiserver:app()"),
        ("radicale", "radicale:application", "radicale:application"),
        ("radicale", "radicale", "radicale:application"),
        ("httpbin", "httpbin:app", "httpbin:app"),
    ],
)
def test_real_applications_of_others(library: str, spec: str, name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    (tmp_path / "packages").mkdir()
    with Prober(tmp_path / "output", warnings="default", HOME=str(tmp_path)) as probe:
        done = probe(spec, tmp_path)
    assert done.get("name") == name, done


def test_an_installed_module_is_found_from_inside_a_package(probe: Prober, tmp_path: Path) -> None:
    write(tmp_path, {"pkg/__init__.py": "", "pkg/app.py": WSGI})
    with Prober(tmp_path / "output", PYTHONPATH=str(APPS)) as there:
        assert there("bottleapp", tmp_path / "pkg")["name"] == "bottleapp:app"
    assert probe("app.py", tmp_path / "pkg")["name"] == "app.py:app"


def test_links_are_resolved_as_flask_does(probe: Prober, tmp_path: Path) -> None:
    write(tmp_path, {"real/site1.py": WSGI})
    (tmp_path / "link.py").symlink_to(tmp_path / "real" / "site1.py")
    assert probe("link.py", tmp_path)["file"] == str(tmp_path / "real" / "site1.py")
    assert probe("link", tmp_path)["name"] == "link:app"


def test_the_debug_flag_is_set_on_flask_only() -> None:
    flask = pytest.importorskip("flask")
    app = flask.Flask(__name__)
    apply_debug(app, True)
    assert app.debug
    apply_debug(app, False)
    assert not app.debug
    apply_debug(print, True)


@given(st.text() | st.text("ab:.()[]{},='\"*\\/ \x00\n1").map(lambda text: f"m:{text}"))
@example("m:" + "(" * 5000)
@example("m:" + "a." * 4000 + "a")
@example("m:f(" + "-" * 9000 + "1)")
@example("m:f({[]: 1})")
@example("m:f('\\d')")
@example("m:f(**{})")
@example("m:f(*[])")
@example("m:" + "9" * 9000)
@example("\ud800")
@example("x" * 20_000)
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        spec = parse(text)
    except AppNotFound as error:
        refused = str(error)
        assert refused.endswith(".")
    else:
        assert spec.path
        assert bool(spec.steps) == bool(spec.expression)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("hello", AppSpec("hello")),
        (r"C:\web\hello.py", AppSpec(r"C:\web\hello.py")),
        ("C:/web/hello.py:app", AppSpec("C:/web/hello.py", "app", (Attribute("app"),))),
        (" m : a.b ", AppSpec("m", "a.b", (Attribute("a"), Attribute("b")))),
        ("m:f(1, k='v').s", AppSpec("m", "f(1, k='v').s", (
            Attribute("f"), Call((1,), (("k", "v"),)), Attribute("s")))),
    ],
)  # fmt: skip
def test_parsing(text: str, spec: AppSpec) -> None:
    assert parse(text) == spec


def test_own_code_is_told_from_libraries(tmp_path: Path) -> None:
    here = Path(__file__)
    assert own_code.is_own(str(here))
    assert own_code.is_own(str(tmp_path / "scratch.py"))
    assert own_code.is_own(str(tmp_path))
    for other in (
        "", "<string>", "<frozen importlib._bootstrap>", json.__file__, pytest.__file__,
        own_code.__file__, str(tmp_path / ".venv/lib/python3.11/site-packages/flask/app.py"),
        "/usr/lib/python3/dist-packages/x.py", "no-such-file.html",
    ):  # fmt: skip
        assert not own_code.is_own(other), other


def test_own_sources_are_robust_against_odd_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Trap:
        def __getattr__(self, name: str) -> str:
            raise RuntimeError("this module must not be touched")

    module = type(sys)("mine")
    module.__file__ = str(tmp_path / "sub" / ".." / "mine.py")
    for name, value in {"trap": Trap(), "none": None, "number": 1, "mine": module}.items():
        monkeypatch.setitem(sys.modules, f"odd_{name}", value)
    sources = own_code.own_sources()
    assert str(tmp_path / "mine.py") in sources
    assert list(sources) == sorted(sources)
    assert json.__file__ not in sources


def test_a_module_of_the_user_s_in_the_place_of_another_is_one_of_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "replaced", json)
    own_code.own_sources()
    mine = type(sys)("replaced")
    mine.__file__ = str(tmp_path / "mine.py")
    monkeypatch.setitem(sys.modules, "replaced", mine)
    assert mine.__file__ in own_code.own_sources()
