"""The example of an operation in TypeScript, as the reference shows it: a call of the client."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

NAME = re.compile(r"[A-Za-z_$][\w$]*")
WIDTH = 72
STEP = "  "


def example(
    base: str, call: str, ids: Sequence[str], body: Mapping[str, Any] | None, kind: str
) -> str:
    """`call` is `webhooks.create`; `kind` what comes back: `page`, `list`, `object`, `nothing`."""
    arguments = [literal(one) for one in ids]
    if body is not None:
        arguments.append(literal(body))
    called = f"hookline.{camel(call)}({', '.join(arguments)})"
    return "\n".join(
        [
            'import { Hookline } from "@hookline/client";',
            "",
            f'const hookline = new Hookline({{ baseUrl: "{base}" }});',
            _used(called, kind),
        ]
    )


def _used(called: str, kind: str) -> str:
    if kind == "page":
        return f"for await (const one of {called}) console.log(one);"
    return f"await {called};" if kind == "nothing" else f"console.log(await {called});"


def literal(value: object, depth: int = 0) -> str:
    """JSON as people write it in TypeScript."""
    if isinstance(value, Mapping):
        members = [f"{_key(name)}: {literal(one, depth + 1)}" for name, one in value.items()]
        opened, closed = "{ ", " }"
    elif isinstance(value, list):
        members = [literal(one, depth + 1) for one in value]
        opened, closed = "[", "]"
    else:
        return json.dumps(value, ensure_ascii=False)
    line = f"{opened}{', '.join(members)}{closed}" if members else opened[0] + closed[-1]
    if len(line) <= WIDTH and "\n" not in line:
        return line
    inner = "".join(f"{STEP * (depth + 1)}{one},\n" for one in members)
    return f"{opened.strip()}\n{inner}{STEP * depth}{closed.strip()}"


def _key(name: str) -> str:
    return name if NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)
