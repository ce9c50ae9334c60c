"""The OpenAPI document, as far as the client needs it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]
ROOT = Path(__file__).parents[3]
DOCUMENT: Schema = json.loads((ROOT / "docs/openapi.json").read_text())
SCHEMAS: Mapping[str, Schema] = DOCUMENT["components"]["schemas"]
JSON, LINES = "application/json", "application/x-ndjson"


@dataclass(frozen=True)
class Operation:
    path: str
    method: str
    declared: Schema

    @property
    def resource(self) -> str:
        """Empty for what belongs to the client itself."""
        return str(self.declared["x-call"].rpartition(".")[0])

    @property
    def name(self) -> str:
        return str(self.declared["x-call"].rpartition(".")[2])

    @property
    def tag(self) -> str:
        return str(self.declared["tags"][0])

    @property
    def scope(self) -> str | None:
        ways = self.declared.get("security", ())
        return next((scope for way in ways for scope in way.get("key", ())), None)

    def parameters(self, where: str) -> list[Schema]:
        every = [_resolved(one) for one in self.declared.get("parameters", ())]
        return [one for one in every if one["in"] == where]

    def has_header(self, name: str) -> bool:
        return name in [one["name"] for one in self.parameters("header")]

    @property
    def bodies(self) -> list[Schema]:
        """The schemas of what can be sent; empty for an operation without a body."""
        if "requestBody" not in self.declared:
            return []
        schema = self.declared["requestBody"]["content"][JSON]["schema"]
        return [_resolved(one) for one in schema.get("anyOf", [schema])]

    @property
    def body_required(self) -> bool:
        return bool(self.declared.get("requestBody", {}).get("required"))

    @cached_property
    def answer(self) -> Schema | None:
        """The schema of what comes back; None for nothing."""
        for status, declared in self.declared["responses"].items():
            if status.startswith("2") and JSON in declared.get("content", {}):
                found: Schema = declared["content"][JSON]["schema"]
                return found
        return None

    @property
    def line(self) -> Schema | None:
        """The schema of a line, where the answer can also be lines of JSON."""
        found: Schema | None = (
            self.declared["responses"].get("200", {}).get("content", {}).get(LINES, {})
        ).get("schema")
        return found

    @property
    def item(self) -> Schema | None:
        """The schema of an object of the page that comes back; None if it is not a page."""
        properties = _resolved(self.answer or {}).get("properties", {})
        if set(properties) >= {"data", "next_cursor"}:
            found: Schema = properties["data"]["items"]
            return found
        return None


def operations() -> Iterator[Operation]:
    for path, methods in DOCUMENT["paths"].items():
        for method, declared in methods.items():
            yield Operation(path, method.upper(), declared)


def name_of(schema: Schema) -> str | None:
    """The name of a component that is meant."""
    return str(schema["$ref"]).rpartition("/")[2] if "$ref" in schema else None


def _resolved(schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Any = DOCUMENT
    for step in str(schema["$ref"]).removeprefix("#/").split("/"):
        found = found[step]
    result: Schema = found
    return result


def components_of(schemas: list[Schema]) -> list[str]:
    """The components that schemas lead to, in the order of the document."""
    found: set[str] = set()
    waiting: list[Any] = [*schemas]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            name = name_of(one)
            if name and name not in found:
                found.add(name)
                waiting.append(SCHEMAS[name])
            waiting += [value for key, value in one.items() if key != "examples"]
        elif isinstance(one, list):
            waiting += one
    return [name for name in SCHEMAS if name in found]


def resource_about(resource: str) -> str:
    tags = {one["name"]: one["description"] for one in DOCUMENT["tags"]}
    return next(str(tags[one.tag]) for one in operations() if one.resource == resource)
