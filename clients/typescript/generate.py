"""Write the parts of the TypeScript packages that follow from docs/openapi.json.

python -m clients.typescript.generate
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from webhooks_app.web.reference import JSON, OPERATIONS, SPEC, Operation, resolved
from webhooks_app.web.typescript_examples import camel

HERE = Path(__file__).parent
HEAD = "// Made of docs/openapi.json by generate.py.\n"
SCHEMAS: Mapping[str, Any] = SPEC["components"]["schemas"]
PLAIN = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
    "object": "Record<string, unknown>",
    "array": "unknown[]",
}
IMPORTS = """import type { Pages } from "./pages.js";
import { Resource, segment } from "./resource.js";
import type { Call, Conditional, Keyed, Put } from "./resource.js";
"""
OPTIONS = {"POST": "Keyed", "PUT": "Put", "PATCH": "Conditional", "DELETE": "Conditional"}


class Types:
    """Turns schemas into types. `moment` is the type of a date-time."""

    def __init__(self, moment: str = "string") -> None:
        self.moment = moment

    def of(self, schema: Any) -> str:
        if "$ref" in schema:
            return str(schema["$ref"]).rpartition("/")[2]
        if "const" in schema:
            return json.dumps(schema["const"])
        if "enum" in schema:
            return union(json.dumps(one) for one in schema["enum"])
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return union(self.of(one) for one in schema[word])
        kind = schema.get("type")
        if isinstance(kind, list):
            return union(self.of({**schema, "type": one}) for one in kind)
        if kind == "array":
            return self._array(schema)
        if kind == "object":
            return self._object(schema)
        if schema.get("format") == "date-time":
            return self.moment
        return PLAIN[kind] if kind else "unknown"

    def _array(self, schema: Any) -> str:
        if "prefixItems" in schema:
            return "[" + ", ".join(self.of(one) for one in schema["prefixItems"]) + "]"
        return f"readonly {enclosed(self.of(schema.get('items', {})))}[]"

    def _object(self, schema: Any) -> str:
        if "properties" in schema:
            return "{\n" + indented(self.members(schema)) + "}"
        more = schema.get("additionalProperties")
        return f"Record<string, {self.of(more)}>" if isinstance(more, dict) else PLAIN["object"]

    def members(self, schema: Any) -> str:
        required = schema.get("required", ())
        return "".join(
            f"{doc(one)}readonly {key(name)}{'' if name in required else '?'}: {self.of(one)};\n"
            for name, one in schema["properties"].items()
        )


def types() -> str:
    """An interface or a type for each schema."""
    answered = set(_reached([one.declared["responses"] for one in OPERATIONS.values()]))
    whole = HEAD
    for name, schema in SCHEMAS.items():
        made = Types() if name in answered else Types("string | Date")
        whole += f"\n{doc(schema)}"
        if "properties" in schema:
            whole += f"export interface {name} {{\n{indented(made.members(schema))}}}\n"
        else:
            whole += f"export type {name} = {made.of(schema)};\n"
    kinds = union(json.dumps(slug) for slug in _problem_kinds())
    return f"{whole}\n/** The kinds of problems. */\nexport type ProblemKind = {kinds};\n"


def events() -> str:
    """The data of each event type."""
    whole = f"{HEAD}\n/** The `data` of each event type, as the catalogue has it. */\n"
    whole += "export interface EventTypes {\n"
    for name, methods in SPEC["webhooks"].items():
        [schema] = [
            one["schema"]["properties"]["data"]
            for one in methods["post"]["requestBody"]["content"].values()
        ]
        whole += indented(f"{doc(schema)}{key(name)}: {Types().of(schema)};\n")
    return f"{whole}}}\n"


def operations() -> str:
    """A class for each resource, with a method for each operation, and one for all of them."""
    calls = sorted(OPERATIONS.values(), key=resource_of)
    by_resource = {resource: list(group) for resource, group in groupby(calls, resource_of)}
    own = by_resource.pop("")
    whole = "".join(
        f"export class {class_of(resource)} extends Resource {{\n{methods(members)}}}\n\n"
        for resource, members in by_resource.items()
    )
    fields = "".join(
        f"readonly {camel(one)} = new {class_of(one)}(this.transport);\n" for one in by_resource
    )
    whole += "/** Every operation of the API. */\n"
    whole += f"export class Operations extends Resource {{\n{indented(fields)}\n{methods(own)}}}\n"
    words = re.findall(r"\w+", re.sub(r"/\*\*.*?\*/", "", whole))
    named = "".join(f"  {one},\n" for one in sorted(SCHEMAS.keys() & set(words)))
    return f'{HEAD}\n{IMPORTS}import type {{\n{named}}} from "./types.js";\n\n{whole}'


def class_of(resource: str) -> str:
    return f"{camel(f'_{resource}')}Api"


def resource_of(one: Operation) -> str:
    """Empty for what the client itself does."""
    return str(one.declared["x-call"]).rpartition(".")[0]


def methods(members: Sequence[Operation]) -> str:
    return "\n".join(indented(method(one)) for one in members)


def method(one: Operation) -> str:
    name = str(one.declared["x-call"]).rpartition(".")[2]
    ids = [str(parameter["name"]) for parameter in one.parameters["path"]]
    query = {parameter["name"]: parameter for parameter in one.parameters["query"]}
    item = item_of(one)
    parameters = [f"{camel(each)}: string" for each in ids]
    if "requestBody" in one.declared:
        parameters.append(body_of(one))
    members = [
        f"{each}?: {Types('string | Date').of(about['schema'])}"
        for each, about in query.items()
        if each != "cursor" or not item
    ]
    acts_again = "x-acts-again" in one.declared
    options = "Call" if acts_again else OPTIONS.get(one.method, "Call")
    options += f" & {{ {'; '.join(members)} }}" if members else ""
    path = re.sub(r"\{(\w+)\}", lambda found: f"${{segment({camel(found[1])})}}", one.path)
    words = [f'"{one.method}"', f"`{path}`", "options", json.dumps(list(query))]
    words += ["body"] if "requestBody" in one.declared else []
    words += ["false"] if acts_again else []
    answer, sends = (f"Pages<{item}>", "pages") if item else (f"Promise<{answer_of(one)}>", "send")
    about = doc({"description": one.description or f"{one.title}."})
    signature = f"{camel(name)}({', '.join([*parameters, f'options: {options} = {{}}'])}): {answer}"
    return f"{about}{signature} {{\n  return this.transport.{sends}({', '.join(words)});\n}}\n"


def body_of(one: Operation) -> str:
    body = one.declared["requestBody"]
    kind = Types("string | Date").of(body["content"][JSON]["schema"])
    return f"body: {kind}" if body.get("required") else f"body: {kind} | undefined = undefined"


def item_of(one: Operation) -> str | None:
    """What an operation lists page by page; None for another."""
    if one.comes_back != "page":
        return None
    return Types().of(resolved(_answers(one)[0])["properties"]["data"]["items"])


def answer_of(one: Operation) -> str:
    return union(Types().of(schema) for schema in _answers(one)) or "void"


def _answers(one: Operation) -> list[Any]:
    return [
        answer["content"][JSON]["schema"]
        for status, answer in one.declared["responses"].items()
        if status < "300" and "content" in answer
    ]


def _problem_kinds() -> list[str]:
    return sorted({kind for one in OPERATIONS.values() for kind in one.declared["x-problems"]})


def _reached(tree: Any) -> Iterator[str]:
    """The names of the schemas that something refers to."""
    todo, seen = [tree], set()
    while todo:
        one = todo.pop()
        todo.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
        name = str(one.get("$ref", "")).rpartition("/")[2] if isinstance(one, dict) else ""
        if name in SCHEMAS and name not in seen:
            seen.add(name)
            todo.append(SCHEMAS[name])
            yield name


def union(kinds: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(kinds))


def enclosed(kind: str) -> str:
    return f"({kind})" if " " in kind else kind


def doc(schema: Any) -> str:
    words = " ".join(str(schema.get("description", "")).split()).replace("*/", "*\\/")
    return f"/** {words} */\n" if words else ""


def key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else json.dumps(name)


def indented(text: str) -> str:
    return re.sub(r"^(?=.)", "  ", text, flags=re.MULTILINE)


WRITTEN = {
    HERE / "client/src/types.ts": types,
    HERE / "client/src/operations.ts": operations,
    HERE / "receive/src/events.ts": events,
}

if __name__ == "__main__":
    for file, text in WRITTEN.items():
        file.write_text(text())
