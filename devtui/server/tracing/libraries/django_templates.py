"""Record the templates that Django renders; those that they include are a part of them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from devtui.server.tracing import own_lines
from devtui.server.tracing.recorder import Args, Kwargs
from devtui.server.tracing.wrapping import wrap


def hook(module: ModuleType) -> None:
    """Wrap the method that renders a template."""
    base: Any = module
    wrap(base.Template, "render", "template", "django", _describe)
    code = base.Node.render_annotated.__code__
    own_lines.tags[code.co_filename] = code


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    return args[0].name or "<template>", None
