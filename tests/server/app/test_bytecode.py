"""No stale bytecode: in real interpreters that write it, with saves within one second."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
import time
import zipfile
from importlib.machinery import PathFinder
from importlib.util import cache_from_source
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from devtui.server.app import bytecode
from devtui.server.guest.clocks import clock
from tests.support.processes import eventually
from tests.support.projects import app_source

SECONDS = 30

WITH_THE_RULE = "from devtui.server.app import bytecode; bytecode.install()\n"
PLAIN = ""

IMPORT = "import sys; sys.path.insert(0, {folder!r})\nimport mod; print(mod.VALUE)\n"

# Both saves and both imports have to lie in one second of the clock, so it begins with one; where
# the machine was too slow for that, it tries again.
TWO_SAVES = app_source("loading/two_saves.py")


def run(code: str, *arguments: str, **environment: str) -> str:
    """What the code prints, in an interpreter that writes bytecode."""
    env = {**os.environ, **environment}
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        if name not in environment:
            env.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        cwd=os.sep,
        env=env,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def load(folder: Path, rule: str = WITH_THE_RULE, **environment: str) -> str:
    """`VALUE` of the module `mod` in that folder, as a fresh interpreter sees it."""
    return run(rule + IMPORT.format(folder=str(folder)), **environment)


def save(folder: Path, value: int, modified: float) -> Path:
    folder.mkdir(exist_ok=True)
    source = folder / "mod.py"
    source.write_text(f"VALUE = {value}")
    os.utime(source, (modified, modified))
    return source


@pytest.mark.parametrize(("rule", "seen"), [(PLAIN, "1"), (WITH_THE_RULE, "2")])
def test_two_saves_of_equal_size_within_one_second(rule: str, seen: str, tmp_path: Path) -> None:
    assert run(rule + TWO_SAVES, str(tmp_path)) == seen


@pytest.mark.parametrize(("rule", "seen"), [(PLAIN, "1"), (WITH_THE_RULE, "2")])
def test_the_same_across_processes(rule: str, seen: str, tmp_path: Path) -> None:
    # A second that has not come yet stays the current one however slow the machine is.
    second = int(time.time()) + 60
    save(tmp_path, 1, second + 0.2)
    assert load(tmp_path, rule) == "1"
    save(tmp_path, 2, second + 0.7)
    assert load(tmp_path, rule) == seen


@pytest.mark.parametrize(("rule", "seen"), [(PLAIN, "1"), (WITH_THE_RULE, "2")])
def test_a_stale_pyc_of_another_python_is_ignored(rule: str, seen: str, tmp_path: Path) -> None:
    second = int(time.time()) - 100
    source = save(tmp_path, 1, second + 0.2)
    assert load(tmp_path, PLAIN) == "1"
    os.utime(cache_from_source(str(source)), (second + 0.4, second + 0.4))
    save(tmp_path, 2, second + 0.7)
    assert load(tmp_path, rule) == seen


def test_bytecode_is_written_and_used_where_the_source_is_older(tmp_path: Path) -> None:
    before = int(time.time()) - 100
    source = save(tmp_path, 1, before)
    pyc = cache_from_source(str(source))
    # Nothing is written for a moment after the file system's note of the change.
    assert eventually(lambda: load(tmp_path) == "1" and os.path.isfile(pyc), SECONDS)
    other = save(tmp_path / "other", 3, before)
    py_compile.compile(str(other), cfile=pyc, doraise=True)
    assert load(tmp_path) == "3"  # it is the bytecode that is run


@pytest.mark.parametrize(("rule", "seen"), [(PLAIN, "1"), (WITH_THE_RULE, "2")])
@pytest.mark.parametrize("way", ["written", "replaced", "linked"])
def test_a_source_of_the_same_size_and_time(rule: str, seen: str, way: str, tmp_path: Path) -> None:
    before = int(time.time()) - 100
    source = save(tmp_path, 1, before)
    other = save(tmp_path / "other", 2, before)
    pyc = Path(cache_from_source(str(source)))
    assert eventually(lambda: load(tmp_path, rule) == "1" and pyc.is_file(), SECONDS)
    if way == "written":
        save(tmp_path, 2, before)
    elif way == "replaced":
        save(tmp_path / "other", 2, before).replace(source)
    else:
        source.unlink()
        source.symlink_to(other)
    assert load(tmp_path, rule) == seen


def test_nothing_is_written_of_a_source_that_was_replaced_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    before = int(time.time()) - 100
    source = save(tmp_path, 1, before)
    monkeypatch.setattr(clock, "time", lambda: before + 1000)

    class Slow(bytecode.OwnSourceLoader):
        def source_to_code(  # type: ignore[override]
            self, *arguments: Any, **options: Any
        ) -> CodeType:
            code = super().source_to_code(*arguments, **options)
            noted = source.stat().st_ctime_ns
            while source.stat().st_ctime_ns == noted:  # the clock of a file system is slow
                save(tmp_path, 2, before)
            return code

    assert Slow("mod", str(source)).get_code("mod") is not None
    assert not os.path.exists(cache_from_source(str(source)))


def compiled(source: Path, mode: py_compile.PycInvalidationMode | None = None) -> Path:
    pyc = py_compile.compile(str(source), doraise=True, invalidation_mode=mode)
    assert pyc is not None
    return Path(pyc)


def test_an_ignored_pyc_is_replaced_by_a_good_one(tmp_path: Path) -> None:
    before = int(time.time()) - 100
    source = save(tmp_path, 1, before)
    pyc = compiled(source)
    os.utime(pyc, (before, before))
    # Nothing is written in the second in which the source was changed.
    assert eventually(lambda: load(tmp_path) == "1" and pyc.stat().st_mtime > before)


def test_nothing_is_written_where_python_may_not(tmp_path: Path) -> None:
    source = save(tmp_path, 1, time.time() - 100)
    assert load(tmp_path, PYTHONDONTWRITEBYTECODE="1") == "1"
    assert not os.path.exists(cache_from_source(str(source)))


def test_the_prefix_for_bytecode_is_respected(tmp_path: Path) -> None:
    save(tmp_path, 1, time.time() - 100)
    prefix = tmp_path / "elsewhere"
    assert load(tmp_path, PYTHONPYCACHEPREFIX=str(prefix)) == "1"
    assert list(prefix.rglob("mod.*.pyc"))
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize(
    ("read_after", "written"),
    [(-0.5, False), (0.9, False), (1.0, False), (1.01, False), (1.1, True)],
)
def test_what_counts_is_when_the_source_was_read(
    read_after: float, written: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    second = int(time.time()) + 60  # later than the file system's own note of the change
    source = save(tmp_path, 1, second)
    loader = bytecode.OwnSourceLoader("mod", str(source))
    monkeypatch.setattr(clock, "time", lambda: second + read_after)
    assert loader.get_code("mod") is not None
    assert os.path.exists(cache_from_source(str(source))) is written


def test_bytecode_with_a_hash_is_left_to_python(tmp_path: Path) -> None:
    second = int(time.time()) + 60
    source = save(tmp_path, 1, second)
    pyc = compiled(source, py_compile.PycInvalidationMode.UNCHECKED_HASH)
    content = pyc.read_bytes()
    save(tmp_path, 2, second)
    assert load(tmp_path) == "1"  # its maker asked that the source be not looked at
    assert pyc.read_bytes() == content


def test_everything_else_is_found_as_before(tmp_path: Path) -> None:
    (tmp_path / "space" / "part").mkdir(parents=True)
    (tmp_path / "space" / "part" / "leaf.py").write_text("X = 'namespace'")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "mod.py").write_text("")
    (tmp_path / "pkg" / "data.txt").write_text("resource")
    (tmp_path / "lone_source.py").write_text("X = 'sourceless'")
    py_compile.compile(str(tmp_path / "lone_source.py"), cfile=str(tmp_path / "lone.pyc"))
    with zipfile.ZipFile(tmp_path / "zipped.zip", "w") as archive:
        archive.writestr("inzip.py", "X = 'zip'")
    extension = _an_extension_module()
    if extension is not None:
        (tmp_path / "native").mkdir()
        (tmp_path / "native" / extension.name).symlink_to(extension)
    code = WITH_THE_RULE + app_source("loading/loaders.py")
    assert run(code, str(tmp_path), extension.name if extension else "") == "fine"


def test_folders_that_were_asked_before_follow_the_rule_too(tmp_path: Path) -> None:
    save(tmp_path, 1, time.time() - 100)
    code = app_source("loading/folder_asked_before.py")
    assert run(code, str(tmp_path)) == "OwnSourceLoader"


def test_installing_asks_which_folders_are_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path_hooks", list(sys.path_hooks))
    monkeypatch.setattr(sys, "path_importer_cache", {})
    bytecode.install(lambda path: path == str(tmp_path / "own"))
    for name in ("own", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mod.py").write_text("")
        spec = PathFinder.find_spec("mod", [str(tmp_path / name)])
        assert spec is not None
        assert isinstance(spec.loader, bytecode.OwnSourceLoader) is (name == "own")


def _an_extension_module() -> Path | None:
    """Some extension module of this interpreter that is a file of its own."""
    for name in ("_json", "_bisect", "_csv", "_heapq", "_struct", "_queue"):
        spec = PathFinder.find_spec(name)
        if spec is not None and spec.origin is not None and os.path.isfile(spec.origin):
            return Path(spec.origin)
    return None
