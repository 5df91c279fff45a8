"""A page of Starlette that arel follows."""

from contextlib import asynccontextmanager

import arel
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates
from part import TEXT

reloader = arel.HotReload(paths=[arel.Path("templates"), arel.Path("static")])
templates = Jinja2Templates("templates")
templates.env.globals["hot_reload"] = reloader

async def index(request):
    return templates.TemplateResponse(request, "page.html", {"text": TEXT})

@asynccontextmanager
async def following(app):
    await reloader.startup()
    yield
    await reloader.shutdown()

app = Starlette(
    routes=[
        Route("/", index),
        Mount("/static", StaticFiles(directory="static")),
        WebSocketRoute("/hot-reload", reloader, name="hot-reload"),
    ],
    lifespan=following,
)
