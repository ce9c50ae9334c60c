"""One operation as OpenAPI describes it: parameters, body, answers and problems."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import NamedTuple

from webhooks_app.api.answers import JSON, NDJSON
from webhooks_app.api.openapi.parts import PATH_PARAMETERS, RATE_HEADERS
from webhooks_app.api.openapi.schemas import Schema, Schemas, parameters_of
from webhooks_app.api.operation import Operation
from webhooks_app.api.problem_kinds import PROBLEM_KINDS

HEADERS_OF = {
    "GET": ("If-None-Match",),
    "POST": ("Idempotency-Key",),
    "PUT": ("If-Match", "If-None-Match"),
    "PATCH": ("If-Match",),
    "DELETE": ("If-Match",),
}


class Endpoint(NamedTuple):
    """One method of one path; `id` is unique."""

    path: str
    method: str
    id: str
    operation: Operation


def kinds_of(operation: Operation) -> Iterator[object]:
    """The types that it reads and answers."""
    for kind in (operation.body, operation.query, operation.lines, *operation.answers.values()):
        if kind is not None and not isinstance(kind, Mapping):
            yield from kind if isinstance(kind, tuple) else (kind,)


def described(endpoint: Endpoint, schemas: Schemas) -> dict[str, object]:
    operation = endpoint.operation
    shown: Schema = {"summary": operation.summary, "tags": [operation.tag]}
    if operation.description:
        shown["description"] = operation.description
    if parameters := list(_parameters(endpoint, schemas)):
        shown["parameters"] = parameters
    if operation.body is not None:
        shown["requestBody"] = {
            "required": not operation.body_optional,
            "content": {JSON: {"schema": _schema(operation.body, schemas)}},
        }
    shown["responses"] = {
        str(status): _answer(endpoint, status, kind, schemas) for status, kind in _answers(endpoint)
    } | {
        str(status): {"$ref": f"#/components/responses/{status}"}
        for status in _problem_statuses(endpoint)
    }
    if operation.scope is not None:
        shown["security"] = [{"key": [operation.scope]}]
    if operation.by_session:
        shown["security"] = [*shown["security"], {"session": []}]
    if operation.public:
        shown["security"] = []
    if operation.acts_again:
        shown["x-acts-again"] = True
    shown["x-problems"] = list(problems_of(endpoint))
    return shown


def problems_of(endpoint: Endpoint) -> Iterator[str]:
    """The possible kinds of problems, sorted by status."""
    operation = endpoint.operation
    found = {"unknown-host", "internal-error", *operation.problems}
    if not operation.public:
        found |= {"unauthorized", "unavailable", "too-many-requests"}
    if operation.scope is not None:
        found |= {"insufficient-scope"}
    if operation.live_only:
        found |= {"live-key-needed"}
    if operation.by_session:
        found |= {"forbidden", "cross-origin"}
    if "{" in endpoint.path:
        found |= {"not-found", "invalid-request"}
    if operation.query is not None:
        found |= {"invalid-request"}
    if operation.body is not None:
        found |= {"malformed-json", "incomplete-body", "too-slow", "payload-too-large"}
        found |= {"unsupported-media-type", "invalid-request"}
    if endpoint.method in ("PUT", "PATCH", "DELETE"):
        found |= {"changed-meanwhile"}
    if endpoint.method == "POST" and not (operation.public or operation.acts_again):
        found |= {"invalid-request", "idempotency-key-reused"}
        found |= set() if operation.knows_repeats else {"idempotency-key-in-use"}
    yield from (kind for kind in PROBLEM_KINDS if kind in found)


def _problem_statuses(endpoint: Endpoint) -> list[int]:
    return sorted({PROBLEM_KINDS[kind].status for kind in problems_of(endpoint)})


def _parameters(endpoint: Endpoint, schemas: Schemas) -> Iterator[Schema]:
    for name in re.findall(r"{(\w+)}", endpoint.path):
        about = PATH_PARAMETERS[name]
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": about.description,
            "schema": {"type": "string", "minLength": 1, "examples": [about.example]},
        }
    if endpoint.operation.query is not None:
        yield from parameters_of(schemas.taken(endpoint.operation.query))
    if not endpoint.operation.public:
        headers = () if endpoint.operation.acts_again else HEADERS_OF.get(endpoint.method, ())
        for name in headers:
            yield {"$ref": f"#/components/parameters/{name}"}


def _answers(endpoint: Endpoint) -> Iterator[tuple[int, object]]:
    yield from endpoint.operation.answers.items()
    if _is_tagged(endpoint):
        yield 304, None


def _is_tagged(endpoint: Endpoint) -> bool:
    return endpoint.method == "GET" and not endpoint.operation.public


def _answer(endpoint: Endpoint, status: int, kind: object, schemas: Schemas) -> Schema:
    operation = endpoint.operation
    shown: Schema = {"description": HTTPStatus(status).phrase}
    headers = [] if operation.public else [*RATE_HEADERS]
    if operation.location and status == HTTPStatus.CREATED:
        headers = ["Location", *headers]
    if _is_tagged(endpoint):
        headers = ["ETag", *headers]
    headers = [*headers, "X-Request-Id"]
    shown["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    if kind is not None:
        shown["content"] = {JSON: {"schema": _schema(kind, schemas)}}
        if operation.lines is not None:
            shown["content"][NDJSON] = {"schema": _schema(operation.lines, schemas)}
    return shown


def _schema(kind: object, schemas: Schemas) -> Schema:
    """A tuple of types is one of them; a mapping is a schema already."""
    if isinstance(kind, Mapping):
        return dict(kind)
    if isinstance(kind, tuple):
        return {"anyOf": [schemas.of(one) for one in kind]}
    return schemas.of(kind)
