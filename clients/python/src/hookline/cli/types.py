"""Types of event data, for TypeScript and Python, from the JSON Schemas of the catalogue."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from hookline.cli.command import Command, Failed
from hookline.cli.output import print_json
from hookline.cli.state import State, pass_state

Schema = Mapping[str, Any]
TS = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "null": "null",
}
PY = {"string": "str", "number": "float", "integer": "int", "boolean": "bool", "null": "None"}
FROM = "Made by `hookline types` from the event types of {}."


@click.command(cls=Command)
@click.option("--lang", type=click.Choice(["ts", "py"]), default="ts", help="The language.")
@click.option("--type", "only", multiple=True, metavar="TYPE", help="Only these event types.")
@pass_state
def types(state: State, lang: str, only: Sequence[str]) -> None:
    """Print types for the data of your event types.

    hookline types --lang py > events.py
    """
    found = [one for one in state.ask("GET", "/event-types")["data"] if _wanted(one, only)]
    if missing := sorted(set(only) - {one["name"] for one in found}):
        raise Failed(f"There is no event type called {missing[0]!r}.", 4)
    if state.as_json:
        print_json({one["name"]: one["schema"] for one in found})
        return
    source = FROM.format(state.client.connection.url)
    write = typescript if lang == "ts" else python
    click.echo(write({one["name"]: schema_of(one) for one in found}, source))


def _wanted(event_type: Mapping[str, Any], only: Sequence[str]) -> bool:
    return event_type["name"] in only or not only


def schema_of(event_type: Mapping[str, Any]) -> Schema:
    """Its schema; without one, what its sample shows."""
    schema = event_type["schema"]
    return schema if isinstance(schema, Mapping) else _of_value(event_type["sample"])


def _of_value(value: Any) -> Schema:
    match value:
        case bool():
            return {"type": "boolean"}
        case int() | float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case list():
            return {"type": "array", "items": _of_value(value[0]) if value else {}}
        case dict():
            return {"type": "object", "properties": {k: _of_value(v) for k, v in value.items()}}
        case _:
            return {}


def typescript(schemas: Mapping[str, Schema], source: str) -> str:
    lines = [f"// {source}", ""]
    for name, schema in schemas.items():
        lines += [f"export interface {_class(name)} {_ts_object(schema, '')}", ""]
    lines.append("export interface EventData {")
    lines += [f"  {json.dumps(name)}: {_class(name)};" for name in schemas]
    return "\n".join([*lines, "}", ""])


def _ts(schema: Schema, indent: str) -> str:
    def of(kind: str) -> str:
        if kind == "object":
            has = isinstance(schema.get("properties"), Mapping)
            return _ts_object(schema, indent) if has else "Record<string, unknown>"
        if kind == "array":
            return f"Array<{_ts(_items(schema), indent)}>"
        return TS.get(kind, "unknown")

    return _union(schema, of, lambda one: _ts(one, indent), json.dumps, " | ", "unknown")


def _ts_object(schema: Schema, indent: str) -> str:
    inner, lines = indent + "  ", ["{"]
    for name, member, required in _members(schema):
        shown = name if re.fullmatch(r"[A-Za-z_$][\w$]*", name) else json.dumps(name)
        if about := _about(member):
            lines.append(f"{inner}/** {about.replace('*/', '* /')} */")
        lines.append(f"{inner}{shown}{'' if required else '?'}: {_ts(member, inner)};")
    return "\n".join([*lines, f"{inner}[member: string]: unknown;", f"{indent}}}"])


def python(schemas: Mapping[str, Schema], source: str) -> str:
    classes: list[str] = []
    for name, schema in schemas.items():
        _py_class(_class(name), schema, classes)
    named = ", ".join(f"{json.dumps(name)}: {_class(name)}" for name in schemas)
    head = [
        f'"""{source}"""',
        "from __future__ import annotations",
        "from typing import Any, Literal, NotRequired, TypedDict",
    ]
    return "\n\n".join([*head, *classes, f"EVENT_DATA = {{{named}}}", ""])


def _py_class(name: str, schema: Schema, classes: list[str]) -> None:
    """The class, after those of the objects inside it."""
    members = []
    for member, inner, required in _members(schema):
        kind = _py(inner, name + _class(member), classes)
        members.append((member, kind if required else f"NotRequired[{kind}]"))
    if all(one.isidentifier() and not keyword.iskeyword(one) for one, _ in members):
        lines = [f"    {one}: {kind}" for one, kind in members] or ["    pass"]
        classes.append("\n".join([f"class {name}(TypedDict):", *lines]))
    else:
        shown = ", ".join(f"{json.dumps(one)}: {json.dumps(kind)}" for one, kind in members)
        classes.append(f'{name} = TypedDict("{name}", {{{shown}}})')


def _py(schema: Schema, name: str, classes: list[str]) -> str:
    def of(kind: str) -> str:
        if kind == "object":
            if not isinstance(schema.get("properties"), Mapping):
                return "dict[str, Any]"
            _py_class(name, schema, classes)
            return name
        if kind == "array":
            return f"list[{_py(_items(schema), name + 'Item', classes)}]"
        return PY.get(kind, "Any")

    return _union(
        schema, of, lambda one: _py(one, name, classes), lambda v: f"Literal[{v!r}]", " | ", "Any"
    )


def _union(
    schema: Schema,
    of: Callable[[str], str],
    inner: Callable[[Schema], str],
    literal: Callable[[Any], str],
    between: str,
    unknown: str,
) -> str:
    """A schema as a choice of types."""
    if isinstance(choices := schema.get("enum"), list) and choices:
        found = [literal(one) for one in choices]
    elif "const" in schema:
        found = [literal(schema["const"])]
    elif isinstance(several := schema.get("anyOf") or schema.get("oneOf"), list):
        found = [inner(one) for one in several if isinstance(one, Mapping)]
    else:
        kinds = schema.get("type")
        listed = kinds if isinstance(kinds, list) else [kinds] if isinstance(kinds, str) else []
        found = [of(one) for one in listed]
    return between.join(dict.fromkeys(found)) or unknown


def _members(schema: Schema) -> Iterator[tuple[str, Schema, bool]]:
    required = schema.get("required") or ()
    properties = schema.get("properties")
    for name, member in (properties if isinstance(properties, Mapping) else {}).items():
        yield name, member if isinstance(member, Mapping) else {}, name in required


def _items(schema: Schema) -> Schema:
    found = schema.get("items")
    return found if isinstance(found, Mapping) else {}


def _about(schema: Schema) -> str:
    return " ".join(str(schema.get("description", "")).split())


def _class(name: str) -> str:
    """`lead.captured` as LeadCaptured."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    made = "".join(word[:1].upper() + word[1:] for word in words)
    return f"Type{made}" if not made or made[0].isdigit() else made
