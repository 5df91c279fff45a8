"""Find the application in a module: the named one, or the one that the user must mean."""

from __future__ import annotations

import difflib
import inspect
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn, cast

import msgspec

from devtui.server.app.spec import AppNotFound, Attribute, Call, Step
from devtui.server.app.wsgi_callables import (
    Kind,
    describe,
    is_class,
    is_function,
    is_module,
    is_surely_wsgi,
    kind_of,
    shape_of,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

APP_NAMES = ("app", "application")
FACTORY_NAMES = ("create_app", "make_app")

_MAX_LISTED = 6


class Found(msgspec.Struct, frozen=True):
    """An application, and the expression that leads to it in its module."""

    app: WSGIApplication
    expression: str


class Search:
    """The search in one module. `typed` is how the user writes the module's name."""

    def __init__(self, module: ModuleType, typed: str) -> None:
        self._module = module
        self._typed = typed

    def best(self) -> Found:
        """Return the application that the user must mean by naming only the module.

        The order is Flask's, for any WSGI application: `app`, `application`, the only one there is,
        then the results of the factories `create_app` and `make_app`. Raise `AppNotFound` if there
        is none.
        """
        usual = [name for name in APP_NAMES if getattr(self._module, name, None) is not None]
        for name in usual:
            if (found := _as_app(getattr(self._module, name), name, sure=True)) is not None:
                return found
        if (found := self._only_one()) is not None:
            return found
        made: list[tuple[object, str]] = []  # by factories, but not applications
        for name in (*FACTORY_NAMES, *usual):
            value = getattr(self._module, name, None)
            kind = kind_of(value, name)
            if kind is Kind.WSGI and name in usual:
                return _found(value, name)
            if kind is Kind.FACTORY and is_function(value):
                returned = self._call(value, name, Call())
                if (found := _as_app(returned, f"{name}()")) is not None:
                    return found
                made.append((returned, f"{name}()"))
        if made:
            self._refuse(*made[0])
        self._fail_without_app(usual)

    def named(self, steps: tuple[Step, ...], expression: str) -> Found:
        """Follow the steps to the application; call a factory. Raise `AppNotFound` if none is."""
        value: object = self._module
        done = ""  # the part of the expression that was followed
        for step in steps:
            if isinstance(step, Attribute):
                value = self._attribute(value, step.name, done)
                done = f"{done}.{step.name}" if done else step.name
            elif step == Call() and _is_instance(value) and is_surely_wsgi(value):
                # Like Flask, accept an application that was needlessly called.
                expression = expression.replace(f"{done}()", done, 1)
            else:
                value = self._call(value, done, step)
                done = f"{done}{_shown(step)}"
        last = steps[-1]
        if isinstance(last, Attribute) and kind_of(value, last.name) is Kind.FACTORY:
            return self._of_factory(value, expression)
        found = _as_app(value, expression)
        return found if found is not None else self._refuse(value, expression)

    def _attribute(self, value: object, name: str, done: str) -> object:
        try:
            return getattr(value, name)
        except AttributeError:
            if isinstance(inspect.getattr_static(value, name, None), property):
                raise  # the user's code ran, so show what it raised
        if value is not self._module:
            raise AppNotFound(f"{self._typed}:{done} ({describe(value)}) has no {name!r}.")
        close = difflib.get_close_matches(name, vars(self._module), n=1)
        if self._has_submodule(name):
            hint = f"; for the module of that name type {self._typed}.{name}."
        else:
            hint = f"; did you mean {close[0]!r}?" if close else self._candidates_hint()
        raise AppNotFound(f"There is no {name!r} in {self._where()}{hint}")

    def _has_submodule(self, name: str) -> bool:
        folders = getattr(self._module, "__path__", ())
        return any(os.path.isfile(os.path.join(folder, f"{name}.py")) for folder in folders)

    def _call(self, factory: object, name: str, call: Call) -> object:
        """Call a factory. Only arguments that do not fit it become an `AppNotFound`."""
        target = f"{self._typed}:{name}"
        if not callable(factory):
            raise AppNotFound(f"{target} is {describe(factory)} and cannot be called.")
        if kind_of(factory, name) is Kind.ASGI:
            self._refuse(factory, name)
        try:
            signature = inspect.signature(factory, follow_wrapped=False)
        except (TypeError, ValueError):
            signature = None
        if signature is not None:
            try:
                signature.bind(*call.args, **dict(call.kwargs))
            except TypeError as error:
                raise AppNotFound(self._misfit(factory, name, call, str(error))) from None
        return cast("Callable[..., object]", factory)(*call.args, **dict(call.kwargs))

    def _of_factory(self, factory: object, name: str) -> Found:
        value = self._call(factory, name, Call())
        found = _as_app(value, f"{name}()")
        return found if found is not None else self._refuse(value, f"{name}()")

    def _only_one(self) -> Found | None:
        """Return the only application in the module. One object under two names counts once."""
        apps: dict[int, Found] = {}
        for name, value in list(vars(self._module).items()):
            found = None if name.startswith("__") else _as_app(value, name, sure=True)
            if found is not None:
                apps.setdefault(id(found.app), found)
        if len(apps) <= 1:
            return next(iter(apps.values()), None)
        flask = getattr(sys.modules.get("flask"), "Flask", None)
        of_flask = [f for f in apps.values() if flask is not None and isinstance(f.app, flask)]
        if len(of_flask) == 1:
            return of_flask[0]
        names = [f"{self._typed}:{found.expression}" for found in apps.values()]
        raise AppNotFound(
            f"There are several applications in {self._where()}; type {_one_of(names)}."
        )

    def _misfit(self, factory: object, name: str, call: Call, problem: str) -> str:
        target = f"{self._typed}:{name}"
        if kind_of(factory, name) is Kind.WSGI:
            return f"{target} is itself an application, not a factory of one; type {target}."
        required = _required(factory)
        what = f"{target}{_defined_elsewhere(factory, self._module)}"
        if not call.args and not call.kwargs and required:
            values = ", ".join(f"{argument}=..." for argument in required)
            plural = "s" if len(required) > 1 else ""
            return (
                f"The factory {what} needs the argument{plural} {', '.join(required)}; "
                f"type '{target}({values})' with literals for the dots."
            )
        taken = inspect.signature(cast("Callable[..., object]", factory))
        return f"The factory {what} does not take these arguments: {problem}. It takes {taken}."

    def _refuse(self, value: object, expression: str) -> NoReturn:
        target, what = f"{self._typed}:{expression}", describe(value)
        if expression.endswith(")"):
            if value is None:
                raise AppNotFound(
                    f"{target} returned None; it must return the application, so a return may be "
                    f"missing."
                )
            what = f"returned {what}"
        else:
            what = f"is {what}"
        if kind_of(value) is Kind.ASGI:
            if inspect.iscoroutine(value):
                value.close()
            raise AppNotFound(f"{target} {what}, which is asynchronous (ASGI){_NOT_ASGI}")
        if inspect.iscoroutine(value):
            value.close()  # else Python warns that nobody awaited it
        reason = ", not a WSGI application"
        if "Blueprint" in (ancestor.__name__ for ancestor in type(value).__mro__):
            reason = ", which an application registers, not an application"
        raise AppNotFound(f"{target} {what}{reason}{self._inside_hint(value)}")

    def _inside_hint(self, value: object) -> str:
        if not is_module(value):
            return self._candidates_hint()
        return Search(value, value.__name__)._candidates_hint()

    def _fail_without_app(self, usual: list[str]) -> NoReturn:
        for name, value in list(vars(self._module).items()):
            expected = name in (*APP_NAMES, *FACTORY_NAMES) or _is_instance(value)
            if expected and kind_of(value, name) is Kind.ASGI:
                self._refuse(value, name)
        if usual:
            self._refuse(getattr(self._module, usual[0]), usual[0])
        raise AppNotFound(
            f"There is no WSGI application in {self._where()}{self._candidates_hint()}"
        )

    def _where(self) -> str:
        file = getattr(self._module, "__file__", None)
        if file is None and (folders := list(getattr(self._module, "__path__", ()))):
            return f"the folder {folders[0]!r}, which has no __init__.py"
        return f"{self._typed!r} ({file or 'built into Python'})"

    def _candidates_hint(self) -> str:
        """End a sentence: with what in the module may be meant, and how to type it."""
        names = []
        for name, value in list(vars(self._module).items()):
            if name.startswith("_") or is_module(value):
                continue
            if _as_app(value, name, sure=True) is not None:
                names.append(f"{self._typed}:{name}")
            elif "app" in name and self._defines(value) and kind_of(value, name) is Kind.FACTORY:
                names.append(f"{self._typed}:{name}({'...' if _required(value) else ''})")
        if names:
            return f"; type {_one_of(names)}."
        for name in ("wsgi", "app"):
            if self._has_submodule(name):
                return f"; for the one in its {name}.py type {self._submodule(name)}."
        return (
            f"; type {self._typed}:NAME, where NAME is the application or a function returning it."
        )

    def _defines(self, value: object) -> bool:
        return is_function(value) and getattr(value, "__module__", None) == self._module.__name__

    def _submodule(self, name: str) -> str:
        if self._typed == self._module.__name__:
            return f"{self._typed}.{name}"
        return os.path.join(self._typed, f"{name}.py")


_NOT_ASGI = (
    "; devtui serves WSGI applications. Type the name of one, or run this with an ASGI server."
)


def _as_app(value: object, expression: str, *, sure: bool = False) -> Found | None:
    """Return `value` if it is an application, or its `server`, as in Dash; else None."""
    if is_surely_wsgi(value) if sure else kind_of(value) is Kind.WSGI:
        return _found(value, expression)
    if is_module(value) or not _is_instance(value):
        return None
    server = inspect.getattr_static(value, "server", None)
    return _found(server, f"{expression}.server") if is_surely_wsgi(server) else None


def _found(app: object, expression: str) -> Found:
    return Found(cast("WSGIApplication", app), expression)


def _is_instance(value: object) -> bool:
    return not is_function(value) and not is_class(value)


def _shown(call: Call) -> str:
    named = (f"{name}={value!r}" for name, value in call.kwargs)
    return f"({', '.join([*map(repr, call.args), *named])})"


def _required(factory: object) -> tuple[str, ...]:
    """Return the arguments that a factory needs, seen through its decorators."""
    shape = shape_of(factory, wrapped=True)
    return shape.required if shape is not None else ()


def _defined_elsewhere(factory: object, module: ModuleType) -> str:
    """Return the place of a factory that is defined in another module."""
    code = getattr(inspect.unwrap(factory) if callable(factory) else factory, "__code__", None)
    if code is None or code.co_filename == getattr(module, "__file__", None):
        return ""
    return f" (defined in {code.co_filename}, line {code.co_firstlineno})"


def _one_of(names: list[str]) -> str:
    quoted = [f"'{name}'" if "(" in name else name for name in names[:_MAX_LISTED]]
    return " or ".join(quoted) + (" or another" if len(names) > _MAX_LISTED else "")
