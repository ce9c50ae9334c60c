"""Code that reports an event of one type, for the page of that type."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from webhooks_app.inbox.snippets import Snippet
from webhooks_app.web import command_examples, python_examples, typescript_examples

CALL = "events.send"


def event_examples(base: str, name: str, sample: Mapping[str, Any]) -> list[Snippet]:
    """All take the key from `HOOKLINE_API_KEY`."""
    event = {"type": name, "data": sample}
    command = command_examples.example(CALL, (), event)
    assert command is not None
    return [
        Snippet("curl", _curl(base, event)),
        Snippet("Command line", command),
        Snippet("Python", python_examples.example(base, CALL, (), event, "object")),
        Snippet("TypeScript", typescript_examples.example(base, CALL, (), event, "object")),
    ]


def _curl(base: str, event: Mapping[str, Any]) -> str:
    lines = [
        f"curl {base}/api/v1/events",
        '-H "Authorization: Bearer $HOOKLINE_API_KEY"',
        '-H "Content-Type: application/json"',
        f"-d {shlex.quote(json.dumps(event, indent=2, ensure_ascii=False))}",
    ]
    return " \\\n  ".join(lines)
