"""The whole document, from the URL map and what each view declares."""

import json
import re
from collections.abc import Iterator

from flask import Flask
from werkzeug.routing import Rule

from webhooks_app.api.openapi import event_webhooks, parts
from webhooks_app.api.openapi.calls import call_of
from webhooks_app.api.openapi.operations import Endpoint, described, kinds_of
from webhooks_app.api.openapi.schemas import Schemas
from webhooks_app.api.operation import operation_of

PREFIX = "/api/v1"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def document(app: Flask) -> dict[str, object]:
    """The served document. Raises AttributeError for a view that declares no operation."""
    every = sorted(endpoints(app), key=lambda one: (one.path, METHODS.index(one.method)))
    schemas = Schemas([*(kind for one in every for kind in kinds_of(one.operation)), *parts.KINDS])
    queries = {one.operation.query for one in every} - {None}
    paths: dict[str, dict[str, object]] = {}
    for one in every:
        methods = paths.setdefault(one.path, {})
        methods[one.method.lower()] = {
            "operationId": one.id,
            "x-call": call_of(one.path, one.method, one.id),
            **described(one, schemas),
        }
    return {
        "openapi": "3.1.0",
        "info": parts.INFO,
        "servers": [{"url": PREFIX, "description": "This site"}],
        "security": [{"key": []}],
        "tags": parts.TAGS,
        "paths": paths,
        "webhooks": event_webhooks.all_of_them(),
        "components": parts.components(schemas.published(queries)),
    }


def text(app: Flask) -> str:
    """The document as it is committed."""
    return json.dumps(document(app), indent=1, ensure_ascii=False) + "\n"


def endpoints(app: Flask) -> Iterator[Endpoint]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(f"{PREFIX}/"):
            view = app.view_functions[rule.endpoint]
            for method in methods_of(rule):
                yield Endpoint(
                    path_of(rule), method, _id(rule, method, view.__name__), operation_of(view)
                )


def methods_of(rule: Rule) -> list[str]:
    return [method for method in METHODS if method in (rule.methods or ())]


def path_of(rule: Rule) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix(PREFIX))


def _id(rule: Rule, method: str, name: str) -> str:
    """A view's PUT besides PATCH is a second operation."""
    words = name.split("_")
    if method == "PUT" and "PATCH" in methods_of(rule):
        words[0] = "put"
    return words[0] + "".join(word.capitalize() for word in words[1:])
