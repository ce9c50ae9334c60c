"""The example of an operation on the command line, where `hookline` has a command for it."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

# What each group of commands can do, by the resource that the API calls it.
STATES = ("enable", "disable", "pause", "resume", "test", "rotate_secret")
OF_RESOURCES: Mapping[str, Sequence[str]] = {
    "webhooks": ("list", "get", "create", "update", "delete", *STATES),
    "actions": ("list", "get", "create", "update", "delete", *STATES),
    "events": ("list", "get"),
    "event_types": ("list", "get", "create", "update", "delete"),
    "deliveries": ("list", "get", "retry_now", "cancel"),
    "replays": ("list", "get", "cancel"),
    "api_keys": ("list", "get", "create", "delete", "rotate"),
    "inboxes": ("list", "get", "create", "delete"),
}
OWN_NAMES = {"api_keys": "keys"}
WITH_BODY = ("create", "update")


def example(call: str, ids: Sequence[str], body: Mapping[str, Any] | None) -> str | None:
    """`call` is `webhooks.create`. None where no command does that."""
    if call == "whoami":
        return "hookline whoami"
    if call == "events.explain":
        return _line("hookline", "explain", *ids)
    if call in ("events.send", "events.dry_run") and body is not None:
        return _report(body, dry_run=call == "events.dry_run")
    resource, _, method = call.partition(".")
    if method not in OF_RESOURCES.get(resource, ()):
        return None
    noun = OWN_NAMES.get(resource, resource).replace("_", "-")
    line = _line("hookline", noun, method.replace("_", "-"), *ids)
    if method not in WITH_BODY:
        return line
    return f"{line} --file - <<'JSON'\n{_json(body)}\nJSON"


def _report(event: Mapping[str, Any], dry_run: bool) -> str:
    words = ["hookline", "send", event["type"], "--body", json.dumps(event["data"])]
    if "chatbot_id" in event:
        words += ["--chatbot", event["chatbot_id"]]
    if "id" in event:
        words += ["--id", event["id"]]
    return _line(*words, *(["--dry-run"] if dry_run else []))


def _line(*words: str) -> str:
    return shlex.join(words)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
