"""Pages rendered on the server: a service brings templates and static files, the frame brings the rest."""

from collections.abc import Sequence
from typing import NamedTuple

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from leadpact.web import filters
from leadpact.web.assets import Assets

_FRAME = "leadpact.web"


class Link(NamedTuple):
    """One entry of the navigation."""

    title: str
    href: str


class Pages:
    """Templates of a package over those of the frame, autoescaped, where an unknown name is an error."""

    def __init__(self, title: str, package: str, navigation: Sequence[Link]) -> None:
        """Take the application's title, the package with `templates/` and `static/`, and the navigation."""
        self.assets = Assets((_FRAME, package))
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(package), PackageLoader(_FRAME)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(application=title, navigation=tuple(navigation), asset=self.assets.url)
        self._environment.filters.update(local_time=filters.local_time, duration=filters.duration, count=filters.count)

    def render(self, request: Request, template: str, /, *, status: int = 200, **context: object) -> HTMLResponse:
        """Render a template, which extends `frame.html` or `wall.html`, into a page that no cache keeps."""
        html = self._environment.get_template(template).render(path=request.url.path, **context)
        # A lone surrogate in a value must not break the page.
        return HTMLResponse(html.encode(errors="replace"), status, {"cache-control": "no-store"})


def pages(app: FastAPI, package: str, navigation: Sequence[Link]) -> Pages:
    """Let an app serve a package's pages and static files, and word its refusals as pages for browsers."""
    made = Pages(app.title, package, navigation)
    app.include_router(made.assets.router())
    app.state.pages = made
    return made
