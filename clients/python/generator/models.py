"""`models.py` of the client: what comes back. And `inputs.py`: what is sent inside a body."""

from keyword import iskeyword

from clients.python.generator.document import SCHEMAS, Schema
from clients.python.generator.layout import HEAD, docstring
from clients.python.generator.types import (
    INPUTS,
    MODELS,
    UNIONS,
    WORDS,
    answer_type,
    input_type,
    literal,
)


def models() -> str:
    classes = [_model(name, SCHEMAS[name]) for name in MODELS]
    unions = [f"{name} = {union}" for union, name in UNIONS.items()]
    return "\n\n".join(
        [
            HEAD.format("What the API answers."),
            "from dataclasses import dataclass\nfrom datetime import datetime\n"
            "from typing import Any, Literal\n",
            "from hookline._model import Model",
            *(f"{name} = {literal(SCHEMAS[name]['enum'])}" for name in WORDS),
            *classes,
            *unions,
        ]
    )


def inputs() -> str:
    return "\n\n".join(
        [
            HEAD.format("Objects inside what is sent, as dictionaries."),
            "from collections.abc import Mapping, Sequence\nfrom datetime import datetime\n"
            "from typing import Any, Literal, NotRequired, TypedDict\n",
            f"from hookline.models import {', '.join(sorted({*WORDS, *MODELS} & _named()))}",
            *(_input(name, SCHEMAS[shown]) for shown, name in INPUTS.items()),
        ]
    )


def _named() -> set[str]:
    texts = [_input(name, SCHEMAS[shown]) for shown, name in INPUTS.items()]
    return {word for text in texts for word in text.replace("[", " ").replace("]", " ").split()}


def _model(name: str, schema: Schema) -> str:
    lines = [
        "@dataclass(frozen=True, kw_only=True)",
        f"class {name}(Model):",
        docstring(str(schema.get("description", "")), 4),
    ]
    for member, declared in schema["properties"].items():
        assert not iskeyword(member), member
        kind, default = answer_type(declared), ""
        if member not in schema["required"]:
            kind, default = kind if "None" in kind else f"{kind} | None", " = None"
        lines.append(f"    {member}: {kind}{default}")
        lines.append(docstring(str(declared.get("description", "")), 4))
    return "\n".join(line for line in lines if line) + "\n"


def _input(name: str, schema: Schema) -> str:
    lines = [f"class {name}(TypedDict):", docstring(str(schema.get("description", "")), 4)]
    for member, declared in schema["properties"].items():
        kind = input_type(declared)
        if member not in schema.get("required", ()):
            kind = f"NotRequired[{kind}]"
        lines.append(f"    {member}: {kind}")
        lines.append(docstring(str(declared.get("description", "")), 4))
    return "\n".join(line for line in lines if line) + "\n"
