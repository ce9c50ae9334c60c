"""`resources.py` and `async_resources.py`: a class for a resource, a method for an operation."""

import re
from collections.abc import Iterator

from clients.python.generator.arguments import Argument, arguments_of, signature
from clients.python.generator.document import Operation, Schema, operations, resource_about
from clients.python.generator.layout import HEAD, docstring
from clients.python.generator.types import INPUTS, MODELS, UNIONS, WORDS, answer_type

SPLIT = {"messages.report": ("report", "report_batch")}  # bodies that are two different requests


class Method:
    """One method: an operation with one of its bodies, or all of them merged."""

    def __init__(
        self, operation: Operation, name: str, bodies: list[Schema], answer: Schema | None
    ):
        self.operation, self.name, self.bodies, self.answer = operation, name, bodies, answer

    @property
    def arguments(self) -> list[Argument]:
        return list(arguments_of(self.operation, self.bodies))

    @property
    def returned(self) -> str | None:
        """The type in its signature. A method is called `list`, so no type can be."""
        return self.shape.replace("list[", "Sequence[") if self.shape else None

    @property
    def shape(self) -> str | None:
        return answer_type(self.answer) if self.answer else None


def methods_of(resource: str) -> Iterator[Method]:
    for one in operations():
        if one.resource != resource:
            continue
        names = SPLIT.get(one.declared["x-call"])
        if names is None:
            yield Method(one, one.name, one.bodies, one.answer)
            continue
        answers = (one.answer or {})["anyOf"]
        for name, body, answer in zip(names, one.bodies, answers, strict=True):
            yield Method(one, name, [body], answer)


def resources(asynchronous: bool) -> str:
    named = sorted({one.resource for one in operations()} - {""})
    classes = [_class(name, asynchronous) for name in named]
    text = "\n\n\n".join([*classes, _api(named, asynchronous)])
    return "\n\n".join([_head(text, asynchronous), *_kinds(), text]) + "\n"


def class_name(resource: str, asynchronous: bool) -> str:
    words = "".join(word.capitalize() for word in resource.split("_"))
    return f"Async{words}Resource" if asynchronous else f"{words}Resource"


def _head(text: str, asynchronous: bool) -> str:
    words = set(re.findall(r"\w+", text))
    known = sorted({*MODELS, *WORDS, *UNIONS.values()} & (words | _returned()))
    inputs = sorted(set(INPUTS.values()) & words)
    base, listing = ("AsyncResource", "AsyncListing") if asynchronous else ("Resource", "Listing")
    return "\n".join(
        [
            HEAD.format("The operations of the API, by resource."),
            "from collections.abc import AsyncIterator, Iterator, Mapping, Sequence",
            "from datetime import datetime",
            "from functools import cached_property",
            "from typing import Any, Literal",
            "from hookline._call import UNSET, Call, Unset, given, path_to, sent_with",
            f"from hookline._listing import {listing}",
            "from hookline._model import Kind, Model",
            f"from hookline._resource import {base}",
            f"from hookline.inputs import {', '.join(inputs)}",
            f"from hookline.models import {', '.join(known)}",
        ]
    )


def _returned() -> set[str]:
    return {word for shape in _shapes() for word in re.findall(r"\w+", shape)}


def _shapes() -> list[str]:
    """The types at run time of all answers."""
    found = {
        answer_type(schema)
        for resource in {one.resource for one in operations()}
        for method in methods_of(resource)
        for schema in (method.operation.item or method.answer, method.operation.line)
        if schema
    }
    return sorted(found)


def _kinds() -> Iterator[str]:
    for shape in _shapes():
        yield f"{_kind(shape)} = Kind[{shape}]({shape})"


def _kind(shape: str) -> str:
    words = re.findall(r"[A-Z]?[a-z]+", shape.replace("Any", "").replace("str", ""))
    return "_" + "_".join(words).upper()


def _class(resource: str, asynchronous: bool) -> str:
    base = "AsyncResource" if asynchronous else "Resource"
    methods = [text for method in methods_of(resource) for text in _methods(method, asynchronous)]
    about = docstring(resource_about(resource), 4)
    return "\n\n".join([f"class {class_name(resource, asynchronous)}({base}):\n{about}", *methods])


def _api(named: list[str], asynchronous: bool) -> str:
    """What the client itself has: a property for each resource, and some operations."""
    base = "AsyncResource" if asynchronous else "Resource"
    properties = [
        f"    @cached_property\n    def {name}(self) -> {class_name(name, asynchronous)}:\n"
        f"{docstring(resource_about(name), 8)}\n"
        f"        return {class_name(name, asynchronous)}(self._transport)"
        for name in named
    ]
    methods = [text for method in methods_of("") for text in _methods(method, asynchronous)]
    head = f'class {"AsyncApi" if asynchronous else "Api"}({base}):\n    """Every resource."""'
    return "\n\n".join([head, *properties, *methods])


def _methods(method: Method, asynchronous: bool) -> Iterator[str]:
    operation = method.operation
    if operation.item is not None:
        yield _listing(method, asynchronous)
        if operation.line is not None:
            yield _export(method, asynchronous)
        return
    awaits, prefix = ("await ", "async ") if asynchronous else ("", "")
    call = _call(method, method.arguments)
    line = f"{awaits}self._do({call})"
    if method.shape is not None:
        line = f"return {awaits}self._send({_kind(method.shape)}, {call})"
    yield _text(method, method.name, prefix, method.arguments, method.returned or "None", line)


def _listing(method: Method, asynchronous: bool) -> str:
    shape = answer_type(method.operation.item or {})
    call = _call(method, method.arguments)
    listing = "AsyncListing" if asynchronous else "Listing"
    line = f"return self._list({_kind(shape)}, {call})"
    return _text(method, method.name, "", method.arguments, f"{listing}[{shape}]", line)


def _export(method: Method, asynchronous: bool) -> str:
    """The same as lines: all that match, in one answer."""
    shape = answer_type(method.operation.line or {})
    arguments = [one for one in method.arguments if one.sent_as not in ("limit", "cursor")]
    call = _call(method, arguments, ', accept="application/x-ndjson"')
    iterator = "AsyncIterator" if asynchronous else "Iterator"
    line = f"return self._lines({_kind(shape)}, {call})"
    return _text(method, "export", "", arguments, f"{iterator}[{shape}]", line)


def _text(
    method: Method, name: str, prefix: str, arguments: list[Argument], returned: str, line: str
) -> str:
    about = docstring(_about(method.operation, arguments), 8)
    shown = signature(arguments, method.operation.declared["x-call"])
    return f"    {prefix}def {name}({shown}) -> {returned}:\n{about}\n        {line}"


def _about(operation: Operation, arguments: list[Argument]) -> str:
    declared = operation.declared
    scope = f"The key needs the scope `{operation.scope}`." if operation.scope else ""
    more = " ".join(filter(None, [declared.get("description"), scope]))
    lines = "\n".join(f"- `{one.name}`: {one.about}" for one in arguments if one.about)
    return "\n\n".join(filter(None, [f"{declared['summary']}.", more, lines]))


def _call(method: Method, arguments: list[Argument], more: str = "") -> str:
    operation = method.operation
    ids = [one.name for one in arguments if one.where == "path"]
    template = re.sub(r"\{\w+\}", "{}", operation.path)
    shown = f'path_to("{template}", {", ".join(ids)})' if ids else f'"{template}"'
    parts = [f'Call("{operation.method}", {shown}']
    query = [f'"{one.sent_as}": {one.name}' for one in arguments if one.where == "query"]
    if query:
        parts.append(f"query={{{', '.join(query)}}}")
    body = [f"{one.sent_as}={one.name}" for one in arguments if one.where == "body"]
    if body:
        parts.append(
            f"body=given({', '.join(body)}){'' if operation.body_required else ' or None'}"
        )
    heads = [f"{one.name}={one.name}" for one in arguments if one.where == "header"]
    if heads:
        parts.append(f"headers=sent_with({', '.join(heads)})")
    waits = {one.where for one in arguments if one.name == "wait"}
    if waits:
        in_body = "0 if isinstance(wait, Unset) else wait"
        parts.append(f"wait={in_body if waits == {'body'} else 'wait or 0'}")
    if operation.declared.get("x-acts-again"):
        parts.append("keyed=False")
    return ", ".join(parts) + more + ")"
