"""The reference of the API, made of `docs/openapi.json`: each operation as a Markdown document,
with examples that run as they are."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from webhooks_app.lib.folders import folder
from webhooks_app.web import command_examples, python_examples, typescript_examples

Schema = Mapping[str, Any]
SPEC: Schema = json.loads((folder("docs") / "openapi.json").read_text())
PREFIX: str = SPEC["servers"][0]["url"]
JSON = "application/json"


class Row(NamedTuple):
    """A parameter, or a member of a body."""

    name: str
    kind: str
    required: bool
    description: str


class ProblemKind(NamedTuple):
    slug: str
    status: int
    title: str
    helps: str


@dataclass(frozen=True)
class Operation:
    """`method` and `path` as they are sent, with `{names}` in the path."""

    path: str
    method: str
    declared: Schema

    @property
    def slug(self) -> str:
        return re.sub("(?<!^)(?=[A-Z])", "-", self.declared["operationId"]).lower()

    @property
    def title(self) -> str:
        return str(self.declared["summary"])

    @property
    def description(self) -> str:
        return str(self.declared.get("description", ""))

    @property
    def tag(self) -> str:
        return str(self.declared["tags"][0])

    @property
    def is_open(self) -> bool:
        """It needs no key."""
        return self.declared.get("security") == []

    @property
    def scopes(self) -> list[str]:
        ways = self.declared.get("security", [])
        return [scope for way in ways for scope in way.get("key", ())]

    @cached_property
    def parameters(self) -> Mapping[str, list[Schema]]:
        """By where they stand: in the path, the query or a header."""
        every = [resolved(one) for one in self.declared.get("parameters", ())]
        return {
            where: [one for one in every if one["in"] == where]
            for where in ("path", "query", "header")
        }

    def rows_of(self, where: str) -> list[Row]:
        return [
            Row(one["name"], kind_of(one["schema"]), one["required"], one.get("description", ""))
            for one in self.parameters[where]
        ]

    @property
    def body(self) -> Schema | None:
        """The schema of what is sent; the first where there are several."""
        if "requestBody" not in self.declared:
            return None
        schema = self.declared["requestBody"]["content"][JSON]["schema"]
        return resolved(schema.get("anyOf", [schema])[0])

    def body_rows(self) -> list[Row]:
        return list(_rows(self.body)) if self.body else []

    @property
    def body_example(self) -> str:
        return shown(self.body["examples"][0]) if self.body else ""

    @property
    def example_path(self) -> str:
        examples = {one["name"]: one["schema"]["examples"][0] for one in self.parameters["path"]}
        return PREFIX + self.path.format_map(examples)

    def python_example(self, base: str) -> str:
        """A call of the Python client."""
        return python_examples.example(base, *self._called)

    def typescript_example(self, base: str) -> str:
        """A call of the TypeScript client."""
        return typescript_examples.example(base, *self._called)

    @property
    def command_example(self) -> str | None:
        """The same on the command line; None where no command does it."""
        call, ids, body, _ = self._called
        return command_examples.example(call, ids, body)

    @property
    def _called(self) -> tuple[str, list[str], Schema | None, str]:
        """The call, the ids in its path, its body, and what comes back."""
        ids = [one["schema"]["examples"][0] for one in self.parameters["path"]]
        body = self.body["examples"][0] if self.body else None
        return self.declared["x-call"], ids, body, self.comes_back

    @property
    def comes_back(self) -> str:
        """`page`, `list`, `object` or `nothing`."""
        success = [one for status, one in self.declared["responses"].items() if status < "300"]
        schema = success[0].get("content", {}).get(JSON, {}).get("schema")
        if schema is None:
            return "nothing"
        is_page = {*resolved(schema).get("properties", ())} >= {"data", "next_cursor"}
        if is_page:
            return "page"
        return "list" if schema.get("type") == "array" else "object"

    def answers(self) -> Iterator[tuple[str, str, str]]:
        """Status, words and example of each answer that was hoped for."""
        for status, declared in self.declared["responses"].items():
            if status < "300":
                schema = declared.get("content", {}).get(JSON, {}).get("schema", {})
                found = resolved(schema.get("anyOf", [schema])[0]) if schema else {}
                example = shown(found["examples"][0]) if "examples" in found else ""
                yield status, declared["description"], example

    def problems(self) -> list[ProblemKind]:
        return [PROBLEMS[slug] for slug in self.declared["x-problems"]]


def resolved(declared: Schema) -> Schema:
    """What a reference stands for."""
    if "$ref" not in declared:
        return declared
    found: Any = SPEC
    for part in str(declared["$ref"]).removeprefix("#/").split("/"):
        found = found[part]
    return found  # type: ignore[no-any-return]


def kind_of(schema: Schema) -> str:
    """The type in words."""
    if "enum" in (schema := {**resolved(schema), **schema}):
        return "one of " + ", ".join(f"`{word}`" for word in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(one) for one in schema["anyOf"]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    if schema.get("format") == "date-time":
        return "moment"
    words = [WORDS.get(one, one) for one in ([kind] if isinstance(kind, str) else kind)]
    return " or ".join(words)


WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "null"}


def _rows(schema: Schema) -> Iterator[Row]:
    for name, member in schema["properties"].items():
        about = {**resolved(member), **member}
        yield Row(
            name,
            kind_of(member),
            name in schema.get("required", ()),
            str(about.get("description", "")),
        )


def shown(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


PROBLEMS: Mapping[str, ProblemKind] = {
    slug: ProblemKind(slug, int(status), one["value"]["title"], one["summary"])
    for status, response in SPEC["components"]["responses"].items()
    for slug, one in response["content"]["application/problem+json"]["examples"].items()
}
OPERATIONS: Mapping[str, Operation] = {
    one.slug: one
    for path, methods in SPEC["paths"].items()
    for method, declared in methods.items()
    for one in [Operation(path, method.upper(), declared)]
}


def by_tag() -> Iterator[tuple[str, str, list[Operation]]]:
    """Name and description of each group, and its operations."""
    for tag in SPEC["tags"]:
        members = [one for one in OPERATIONS.values() if one.tag == tag["name"]]
        yield tag["name"], tag["description"], members
