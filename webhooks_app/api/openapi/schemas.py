"""JSON Schemas of the Structs that the API reads and answers, under the names that people see."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from webhooks_app.api.openapi.examples import EXAMPLES

Schema = dict[str, Any]
REF = "#/components/schemas/"
# Words in the code that mean nothing to clients.
RENAMED = (
    (r"^(?:Searched)?PageAnswer_(\w+?)(?:Answer)?_$", r"\1Page"),
    (r"^NewWebhookSpec$", "NewWebhook"),
    (r"(Answer|Members)$", ""),
)


class Schemas:
    """The schemas of these types together, since they share components."""

    def __init__(self, kinds: Iterable[object]) -> None:
        distinct = list(dict.fromkeys(kinds))
        found, components = msgspec.json.schema_components(distinct, ref_template=REF + "{name}")
        self._by_kind = {kind: _renamed(one) for kind, one in zip(distinct, found, strict=True)}
        renamed = {public_name(name): _renamed(schema) for name, schema in components.items()}
        if len(renamed) < len(components):
            raise ValueError("two Structs of the API have the same public name")
        self.components = dict(sorted(renamed.items()))
        for kind, example in EXAMPLES.items():
            name = public_name(kind.__name__)
            if name in self.components:
                self.components[name]["examples"] = [example]
            if page := self.components.get(f"{name}Page"):
                page["examples"] = [_page(page, example)]

    def of(self, kind: object) -> Schema:
        """The schema of one of them, as a reference if it has a name."""
        return self._by_kind[kind]

    def taken(self, kind: object) -> Schema:
        """The schema of the Struct that reads a query: its members become parameters."""
        return self.components[_name_in(self.of(kind))]

    def published(self, queries: Iterable[object]) -> dict[str, Schema]:
        """All named schemas except these."""
        hidden = {_name_in(self.of(kind)) for kind in queries}
        return {name: schema for name, schema in self.components.items() if name not in hidden}


def _page(schema: Schema, example: object) -> object:
    return {**dict.fromkeys(schema["properties"]), "data": [example]}


def _name_in(schema: Schema) -> str:
    return str(schema["$ref"]).removeprefix(REF)


def public_name(name: str) -> str:
    for pattern, replacement in RENAMED:
        name = re.sub(pattern, replacement, name)
    return name


def parameters_of(schema: Schema) -> list[Schema]:
    """The query's parameters, from the schema of the Struct that reads it."""
    return [
        _parameter(name, dict(field), name in schema["required"])
        for name, field in schema["properties"].items()
    ]


def _parameter(name: str, field: Schema, required: bool) -> Schema:
    parameter: Schema = {"name": name, "in": "query", "required": required}
    if description := field.pop("description", None):
        parameter["description"] = description
    if field.get("type") == "object":
        parameter |= {"style": "deepObject", "explode": True}
    return parameter | {"schema": _without_null(field)}


def _without_null(field: Schema) -> Schema:
    """Remove null: in a query, an absent parameter is null."""
    kinds: list[Schema] = [one for one in field.get("anyOf", ()) if one != {"type": "null"}]
    rest = {name: value for name, value in field.items() if name != "anyOf"}
    if rest.get("default", 0) in (None, {}):
        rest.pop("default")
    match kinds:
        case []:
            return rest
        case [only]:
            return rest | only
        case _:
            return rest | {"anyOf": kinds}


def _renamed(schema: Mapping[str, object]) -> Schema:
    text = re.sub(
        rf'"{REF}(\w+)"', lambda found: f'"{REF}{public_name(found[1])}"', json.dumps(schema)
    )
    renamed: Schema = json.loads(text)
    if "properties" in renamed:
        renamed["title"] = public_name(re.sub(r"\W", "_", renamed["title"]))
    return renamed
