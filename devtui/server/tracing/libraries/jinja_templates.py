"""Record the templates that Jinja renders; those that they include are a part of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from types import ModuleType
from typing import Any

from devtui.server.guest.unnoticed import leave_no_trace, unnoticed
from devtui.server.tracing.recorder import Args, Kwargs, Open, begin, error_text
from devtui.server.tracing.wrapping import like, wrap


def hook(module: ModuleType) -> None:
    """Wrap the methods that render a template."""
    environment: Any = module
    template = environment.Template
    wrap(template, "render", "template", "jinja2", _describe)
    wrap(template, "render_async", "template", "jinja2", _describe)
    template.generate = like(template.generate, _generating(template.generate))
    generate_async = template.generate_async
    template.generate_async = like(generate_async, _generating_async(generate_async))


def hook_native(module: ModuleType) -> None:
    """Wrap the methods that render a template to an object."""
    native: Any = module
    wrap(native.NativeTemplate, "render", "template", "jinja2", _describe)
    wrap(native.NativeTemplate, "render_async", "template", "jinja2", _describe)


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    return args[0].name or "<template>", None


def _generating(generate: Any) -> Any:
    @unnoticed
    def traced(*args: Any, **kwargs: Any) -> Any:
        try:
            pieces = generate(*args, **kwargs)
            call = begin("template", "jinja2", _describe, args)
            return pieces if call is None else _followed(call, pieces)
        except BaseException as error:
            leave_no_trace(error)
            raise

    return traced


@unnoticed
def _followed(call: Open, pieces: Iterator[str]) -> Iterator[str]:
    """Pass the pieces on. Whoever takes them may render other templates in between."""
    try:
        yield from pieces
        call.end()
    except GeneratorExit:
        call.end()
        raise
    except BaseException as error:
        call.fail(error)
        leave_no_trace(error)
        raise


def _generating_async(generate: Any) -> Any:
    @unnoticed
    async def traced(*args: Any, **kwargs: Any) -> AsyncGenerator[str, Any]:
        pieces = generate(*args, **kwargs)
        call = begin("template", "jinja2", _describe, args)
        error = ""
        try:
            piece = await pieces.__anext__()
            while True:
                try:
                    yield piece
                except GeneratorExit:
                    await pieces.aclose()
                    raise
                except BaseException as thrown:
                    piece = await pieces.athrow(thrown)
                else:
                    piece = await pieces.__anext__()
        except StopAsyncIteration:
            return
        except BaseException as raised:
            if not isinstance(raised, GeneratorExit):
                error = error_text(raised)
            leave_no_trace(raised)
            raise
        finally:
            if call is not None:
                call.end(error=error)

    return traced
