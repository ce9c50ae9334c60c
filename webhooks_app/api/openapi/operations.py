"""One operation as OpenAPI describes it: parameters, body, answers and problems."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from webhooks_app.api.openapi.parts import PATH_PARAMETERS, PLAIN_HEADERS
from webhooks_app.api.openapi.schemas import Schema, Schemas, parameters_of
from webhooks_app.api.operation import Operation
from webhooks_app.api.problem_kinds import PROBLEM_KINDS

JSON = "application/json"


def kinds_of(operation: Operation) -> Iterator[object]:
    """The types that it reads and answers."""
    for kind in (operation.body, operation.query, *operation.answers.values()):
        if kind is not None and not isinstance(kind, Mapping):
            yield from kind if isinstance(kind, tuple) else (kind,)


def described(operation: Operation, path: str, schemas: Schemas) -> dict[str, object]:
    shown: dict[str, Any] = {"summary": operation.summary, "tags": [operation.tag]}
    if operation.description:
        shown["description"] = operation.description
    if parameters := list(_parameters(operation, path, schemas)):
        shown["parameters"] = parameters
    if operation.body is not None:
        shown["requestBody"] = {
            "required": not operation.body_optional,
            "content": {JSON: {"schema": _schema(operation.body, schemas)}},
        }
    shown["responses"] = {
        str(status): _answer(operation, status, kind, schemas)
        for status, kind in operation.answers.items()
    } | {
        str(status): {"$ref": f"#/components/responses/{status}"}
        for status in _problem_statuses(operation, path)
    }
    if operation.scope is not None:
        shown["security"] = [{"key": [operation.scope]}]
    if operation.by_session:
        shown["security"] = [*shown["security"], {"session": []}]
    if operation.public:
        shown["security"] = []
    shown["x-problems"] = list(problems_of(operation, path))
    return shown


def problems_of(operation: Operation, path: str) -> Iterator[str]:
    """The possible kinds of problems, in the order of their statuses."""
    found = {"unknown-host", "internal-error", *operation.problems}
    if not operation.public:
        found |= {"unauthorized", "unavailable"}
    if operation.scope is not None:
        found |= {"insufficient-scope"}
    if operation.live_only:
        found |= {"live-key-needed"}
    if operation.by_session:
        found |= {"forbidden", "cross-origin"}
    if "{" in path:
        found |= {"not-found", "invalid-request"}
    if operation.query is not None:
        found |= {"invalid-request"}
    if operation.body is not None:
        found |= {"malformed-json", "incomplete-body", "too-slow", "payload-too-large"}
        found |= {"unsupported-media-type", "invalid-request"}
    if operation.limited:
        found |= {"too-many-requests"}
    yield from (kind for kind in PROBLEM_KINDS if kind in found)


def _problem_statuses(operation: Operation, path: str) -> list[int]:
    return sorted({PROBLEM_KINDS[kind].status for kind in problems_of(operation, path)})


def _parameters(operation: Operation, path: str, schemas: Schemas) -> Iterator[Schema]:
    for name in re.findall(r"{(\w+)}", path):
        about = PATH_PARAMETERS[name]
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": about.description,
            "schema": {"type": "string", "minLength": 1, "examples": [about.example]},
        }
    if operation.query is not None:
        yield from parameters_of(schemas.taken(operation.query))
    if operation.repeatable:
        yield {"$ref": "#/components/parameters/Idempotency-Key"}


def _answer(operation: Operation, status: int, kind: object, schemas: Schemas) -> dict[str, object]:
    shown: dict[str, object] = {"description": HTTPStatus(status).phrase}
    headers = [*PLAIN_HEADERS] if operation.limited else []
    if operation.location and status == HTTPStatus.CREATED:
        headers = ["Location", *headers]
    if headers:
        shown["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    if kind is not None:
        shown["content"] = {JSON: {"schema": _schema(kind, schemas)}}
    return shown


def _schema(kind: object, schemas: Schemas) -> Schema:
    """A tuple of types is one of them; a mapping is a schema already."""
    if isinstance(kind, Mapping):
        return dict(kind)
    if isinstance(kind, tuple):
        return {"anyOf": [schemas.of(one) for one in kind]}
    return schemas.of(kind)
