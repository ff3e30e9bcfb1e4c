"""Static files under URLs that hold their hash, so that a browser may keep them for ever and never sees an old one."""

from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from mimetypes import guess_type
from typing import NamedTuple

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

PREFIX = "/static"
_FOR_EVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """One file as it is served."""

    url: str
    media_type: str
    body: bytes


class Assets:
    """The files below `static/` of some packages, read once, each under `/static/<package's last name>/`."""

    def __init__(self, packages: tuple[str, ...]) -> None:
        """Read the files of packages, such as `leadpact.web`, whose assets are then named `web/frame.css`."""
        self._assets: dict[str, Asset] = {}
        for package in packages:
            self._read(package.rpartition(".")[2], files(package) / "static")

    def url(self, name: str) -> str:
        """Give the URL path of an asset; KeyError for a name that no package has."""
        return self._assets[name].url

    def router(self) -> APIRouter:
        """Give the route that serves them; a URL with another hash than today's is not found."""
        by_url = {asset.url: asset for asset in self._assets.values()}
        router = APIRouter(include_in_schema=False)

        @router.get(PREFIX + "/{path:path}")
        async def asset(path: str) -> Response:
            found = by_url.get(f"{PREFIX}/{path}")
            if found is None:
                raise HTTPException(404)
            return Response(found.body, media_type=found.media_type, headers={"cache-control": _FOR_EVER})

        return router

    def _read(self, name: str, folder: Traversable) -> None:
        for entry in folder.iterdir():
            path = f"{name}/{entry.name}"
            if entry.is_dir():
                self._read(path, entry)
            else:
                body = entry.read_bytes()
                package, _, rest = path.partition("/")
                url = f"{PREFIX}/{package}/{sha256(body).hexdigest()[:16]}/{rest}"
                self._assets[path] = Asset(url, guess_type(entry.name)[0] or "application/octet-stream", body)
