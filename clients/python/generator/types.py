"""Python's types for schemas: of what comes back, and of what is sent."""

from collections.abc import Mapping

from clients.python.generator.document import SCHEMAS, Schema, components_of, name_of, operations

SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
UNIONS = {"WebhookAction | EmailAction": "Action"}


def _is_page(name: str) -> bool:
    return set(SCHEMAS[name].get("properties", ())) >= {"data", "next_cursor"}


ANSWERS = [
    name
    for name in components_of([one.answer for one in operations() if one.answer])
    if not _is_page(name)
]
WORDS = [name for name, schema in SCHEMAS.items() if "enum" in schema]
MODELS = [name for name in ANSWERS if name not in WORDS]


def _nested() -> list[str]:
    """Components inside bodies. The outermost ones become arguments."""
    members = [
        member
        for one in operations()
        for body in one.bodies
        for member in body.get("properties", {}).values()
    ]
    return [name for name in components_of(members) if name not in WORDS]


INPUTS: Mapping[str, str] = {name: f"{name}Input" if name in MODELS else name for name in _nested()}


def answer_type(schema: Schema) -> str:
    return _type(schema, sent=False)


def input_type(schema: Schema) -> str:
    return _type(schema, sent=True)


def either(types: list[str]) -> str:
    """A union, each type once."""
    parts = dict.fromkeys(part for one in types for part in _parts(one))
    joined = " | ".join(sorted(parts, key=lambda one: one == "None"))
    return UNIONS.get(joined, joined)


def literal(values: list[object]) -> str:
    return f"Literal[{', '.join(repr(one) for one in values)}]"


def _type(schema: Schema, sent: bool) -> str:
    name = name_of(schema)
    if name is not None:
        return _component(name, sent)
    if "enum" in schema:
        return literal(schema["enum"])
    if "anyOf" in schema:
        return either([_type(one, sent) for one in schema["anyOf"]])
    kinds = schema.get("type", "anything")
    if isinstance(kinds, list):
        return either([_type({**schema, "type": kind}, sent) for kind in kinds])
    return _of_kind(kinds, schema, sent)


def _of_kind(kind: str, schema: Schema, sent: bool) -> str:
    if schema.get("format") == "date-time":
        return "datetime | str" if sent else "datetime"
    if kind == "array":
        if "prefixItems" in schema:
            return f"tuple[{', '.join(_type(one, sent) for one in schema['prefixItems'])}]"
        return f"{'Sequence' if sent else 'list'}[{_type(schema.get('items', {}), sent)}]"
    if kind == "object":
        more = schema.get("additionalProperties")
        values = SCALARS.get(more.get("type", "")) if isinstance(more, Mapping) else None
        return f"{'Mapping' if sent else 'dict'}[str, {values or 'Any'}]"
    return SCALARS.get(kind, "Any")


def _component(name: str, sent: bool) -> str:
    if name in WORDS:
        return name
    if not sent:
        return name
    return f"{INPUTS[name]} | {name}" if name in MODELS else INPUTS[name]


def _parts(union: str) -> list[str]:
    """The members of a union, brackets kept whole."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(union):
        depth += {"[": 1, "]": -1}.get(character, 0)
        if depth == 0 and union[at : at + 3] == " | ":
            parts.append(union[start:at])
            start = at + 3
    return [*parts, union[start:]]
