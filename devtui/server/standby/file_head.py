"""Run ahead the head of a file that may change: its imports, and the short statements between them.

The statements run one by one. After a save that leaves them alone, only the rest of the file has to
run. They count as done only if the saved file begins with the same bytes.
"""

from __future__ import annotations
import __future__

import ast
import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType

_NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)


class FileChanged(Exception):
    """The file does not begin as it did when its head ran."""


class FileHead:
    """The statements at the head of a file, and how far they have run.

    `path` is the name that its code has for the file.
    """

    def __init__(self, file: str, path: str) -> None:
        self.file = file
        with open(file, "rb") as opened:
            self._source = opened.read()
        self._path = path
        with _without_warnings():  # they are shown when the rest of the file runs
            self._statements = _head(self._source)
        self._begun = 0
        self._prepared: CodeType | None = None

    def codes(self) -> Iterator[CodeType]:
        """Yield the code of each statement, which counts as run from then on."""
        flags = _flags(self._statements)
        for statement in self._statements:
            self._begun += 1
            tree = ast.Module([statement], [])
            yield compile(tree, self._path, "exec", flags, dont_inherit=True)

    def prepare(self) -> None:
        """Compile the rest: another file may be the one that changes."""
        with _without_warnings():
            self._prepared = self._rest(self._source)

    def fits(self) -> bool:
        """Whether the file still begins with the statements that have run."""
        try:
            with open(self.file, "rb") as opened:
                return self._begins(opened.read())
        except OSError:
            return False

    def rest(self, source: bytes) -> CodeType | None:
        """Return the code of the rest of the file as it is now, None if it is not valid Python.

        Raise `FileChanged` if it does not begin as it did.
        """
        if not self._begins(source):
            raise FileChanged
        if self._prepared is not None and source == self._source:
            return self._prepared
        return self._rest(source)

    def _begins(self, source: bytes) -> bool:
        last = self._statements[self._begun - 1].end_lineno if self._begun else 0
        return source.startswith(b"".join(self._source.splitlines(keepends=True)[:last]))

    def _rest(self, source: bytes) -> CodeType | None:
        run = self._statements[: self._begun]
        try:
            tree = ast.parse(source, self._path)
            tree.body = tree.body[self._begun :]
            if any(map(_is_future, tree.body)) and not all(map(_may_precede_future, run)):
                return None  # a `from __future__` import would come too late
            while tree.body and run and _is_text(tree.body[0]):
                del tree.body[0]  # it would become a docstring, which it is not
            code: CodeType = compile(tree, self._path, "exec", _flags(run), dont_inherit=True)
        except _NOT_PYTHON:
            return None
        return code


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Show no warnings about the code that is compiled in the block.

    `warnings.catch_warnings` would make Python forget which ones it has shown.
    """
    filters, warnings.filters = warnings.filters, [("ignore", None, Warning, None, 0)]
    try:
        yield
    finally:
        warnings.filters = filters


def _head(source: bytes) -> list[ast.stmt]:
    """Return the statements up to the last import before the first function, class or loop.

    Each is on lines of its own.
    """
    try:
        body = ast.parse(source).body
    except _NOT_PYTHON:
        return []
    length = 0
    for number, statement in enumerate(body, 1):
        if not _is_short(statement) and not (number == 1 and _is_text(statement)):
            break
        if _imports(statement):
            length = number
    head = body[:length]
    ended = source.endswith((b"\n", b"\r"))
    if head and head[-1] is body[-1] and not ended:
        head.pop()  # what follows on its line would belong to it
    return head if any(map(_imports, head)) else []


def _is_short(statement: ast.stmt) -> bool:
    """Whether it is an import or what usually stands between imports.

    A bare string is not: as the first statement of its own code it would be a docstring. Annotated
    assignments are not: since Python 3.14 (PEP 649) all annotations of a file share one code.
    """
    if isinstance(statement, (ast.If, ast.Try)):
        bodies = [statement.body, statement.orelse]
        if isinstance(statement, ast.Try):
            bodies += [statement.finalbody, *(handler.body for handler in statement.handlers)]
        return all(map(_is_short, itertools.chain.from_iterable(bodies)))
    return not _is_text(statement) and isinstance(
        statement,
        (ast.Import, ast.ImportFrom, ast.Assign, ast.AugAssign, ast.Expr, ast.Pass),
    )


def _imports(statement: ast.stmt) -> bool:
    """Whether it imports a module, or may do so."""
    return any(
        isinstance(part, ast.Import) or (isinstance(part, ast.ImportFrom) and not _is_future(part))
        for part in ast.walk(statement)
    )


def _flags(statements: list[ast.stmt]) -> int:
    """Return what the `from __future__` imports among them mean for all that follows."""
    flags = 0
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and _is_future(statement):
            for alias in statement.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _is_future(statement: ast.AST) -> bool:
    return (
        isinstance(statement, ast.ImportFrom)
        and statement.module == "__future__"
        and not statement.level
    )


def _may_precede_future(statement: ast.stmt) -> bool:
    return _is_text(statement) or _is_future(statement)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
