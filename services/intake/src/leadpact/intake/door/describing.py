"""The hot path in the OpenAPI document: FastAPI does not see it, so its shapes are written in from the structs."""

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from leadpact.intake.domain import names
from leadpact.intake.domain.shapes import KINDS, MOST_ITEMS
from leadpact.intake.domain.sources import segment
from leadpact.intake.door.hot import SEGMENT_PATH
from leadpact.web.app import summarised

_REF = "#/components/schemas/{name}"
_PROBLEM = {"description": "application/problem+json (RFC 9457)"}


_SAYS = (
    "One item or a batch, kept before it is answered. Items of a wrong shape are named in `rejected` and the others"
    " pass; what has no effect is named in `ignored`. `GET /v1/deliveries/{ingest}` says what became of each."
)


def describe(app: FastAPI, *others: FastAPI) -> None:
    """Let `/openapi.json` of `app` tell of the hot path and of the routes of other apps too."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            routes = [route for each in (app, *others) for route in each.routes]
            told = summarised(get_openapi(title=app.title, version=app.version, routes=routes))
            shapes, components = msgspec.json.schema_components(KINDS.values(), ref_template=_REF)
            told.setdefault("components", {}).setdefault("schemas", {}).update(components)
            for door, shape in zip(KINDS, shapes, strict=True):
                told["paths"][f"/v1/{door}"] = {"post": _operation(door, shape)}
            told["paths"] |= _vendors()
            app.openapi_schema = told
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's documentation says


def _vendors() -> dict[str, Any]:
    """Vendors' doors: what comes in is theirs to describe."""
    source = {"name": "source", "in": "path", "required": True, "schema": {"type": "string"}}
    signature = {"name": "Typeform-Signature", "in": "header", "required": True, "schema": {"type": "string"}}
    paths = {"/hooks/typeform/{source}": {"post": _vendor("Typeform's webhook", "typeform", [source, signature])}}
    for method in segment.METHODS:
        said = _vendor(f"Segment's {method}; the write key is the user of basic auth", f"segment_{method}", [])
        paths[f"{SEGMENT_PATH}{method}"] = {"post": said}
    return paths


def _vendor(summary: str, name: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    refusals = {str(status): _PROBLEM for status in (400, 401, 404, 413, 415, 422, 503)}
    return {
        "summary": summary,
        "operationId": f"deliver_{name}",
        "parameters": parameters,
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {"200": {"description": "Kept"}, **refusals},
    }


def _operation(door: str, shape: dict[str, Any]) -> dict[str, Any]:
    several = {"type": "array", "items": shape, "minItems": 1, "maxItems": MOST_ITEMS}
    content = {"application/json": {"schema": {"oneOf": [shape, several]}}}
    lane = {"name": "X-Leadpact-Backfill", "in": "header", "schema": {"type": "string", "pattern": names.PATTERN}}
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    source = {"name": "source", "in": "query", "schema": {"type": "string"}}
    source["description"] = "Who delivers; without it the only source that the key is bound to, else `api`."
    refusals = {str(status): _PROBLEM for status in (400, 401, 403, 404, 413, 415, 422, 503)}
    return {
        "summary": f"Deliver {door}",
        "description": _SAYS,
        "operationId": f"deliver_{door}",
        "parameters": [source, lane, key],
        "requestBody": {"required": True, "content": content},
        "responses": {"202": {"description": "Kept; the ingest id, and which items were rejected"}, **refusals},
    }
