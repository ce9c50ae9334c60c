"""The arguments of a method, from the parameters and bodies of its operation."""

from collections.abc import Iterator
from keyword import iskeyword
from typing import NamedTuple

from clients.python.generator.document import Operation, Schema
from clients.python.generator.types import either, input_type

POSITIONAL = {
    "events.send": ("type", "data"),
    "events.dry_run": ("type", "data"),
    "events.send_batch": ("events",),
}
RENAMED = {"limit": "page_size"}
ABOUT = {"page_size": "How many objects each request fetches, up to 100."}


class Argument(NamedTuple):
    """`where` is path, query, body or header; `default` is None if it is required."""

    name: str
    sent_as: str
    where: str
    type: str
    default: str | None
    about: str


def arguments_of(operation: Operation, bodies: list[Schema]) -> Iterator[Argument]:
    for one in operation.parameters("path"):
        yield Argument(one["name"], one["name"], "path", "str", None, "")
    yield from _members(bodies)
    for one in operation.parameters("query"):
        name = str(RENAMED.get(one["name"]) or one["name"])
        about = ABOUT.get(name) or str(one.get("description", ""))
        kind = either([input_type(one["schema"]), "None"])
        if one["name"] == "metadata":
            kind = "Mapping[str, str] | None"
        yield Argument(name, one["name"], "query", kind, "None", about)
    yield from _headers(operation)


def signature(arguments: list[Argument], call: str) -> str:
    """Ids first. Everything else is named, except what `POSITIONAL` says."""
    early = POSITIONAL.get(call, ())
    first = [one for one in arguments if one.where == "path" or one.name in early]
    named = [one for one in arguments if one not in first]
    named.sort(key=lambda one: one.default is not None)
    shown = ["self", *map(_shown, first), *(["*"] if named else []), *map(_shown, named)]
    return ", ".join(shown)


def _shown(one: Argument) -> str:
    return f"{one.name}: {one.type}" + (f" = {one.default}" if one.default else "")


def _members(bodies: list[Schema]) -> Iterator[Argument]:
    """Members of several bodies are merged: required is what all of them require."""
    names = dict.fromkeys(name for body in bodies for name in body["properties"])
    for name in names:
        assert not iskeyword(name), name
        found = [body["properties"][name] for body in bodies if name in body["properties"]]
        if found[0] == {}:
            continue  # only for clients that send an object back as they got it
        kind = either([input_type(one) for one in found])
        required = all(name in body.get("required", ()) for body in bodies)
        if not required:
            kind = either([kind, "Unset"])
        about = str(found[0].get("description", ""))
        yield Argument(name, name, "body", kind, None if required else "UNSET", about)


def _headers(operation: Operation) -> Iterator[Argument]:
    if operation.has_header("Idempotency-Key"):
        about = "Made by the client when absent."
        yield _header("idempotency_key", "str | None", "None", about)
    if operation.has_header("If-Match"):
        about = "The object as you read it, or its ETag: refused if it was changed since."
        yield _header("if_match", "str | Model | None", "None", about)
    if operation.method == "PUT" and operation.has_header("If-None-Match"):
        yield _header("only_if_new", "bool", "False", "Refused if there is one already.")


def _header(name: str, kind: str, default: str, about: str) -> Argument:
    return Argument(name, name, "header", kind, default, about)
