"""Turn msgspec's errors into faults with pointers."""

import re

import msgspec

from webhooks_app.lib.pointers import Fault, pointer

REQUIRED = "This is required."
UNKNOWN = "Unknown field."

MSGSPEC_PATH = re.compile(r"\.([^.\[\]`]+)|\[(\d+)\]")
# msgspec also says this about a text that ends in half a character, such as "\\ud83d".
SAID_BETTER = {"Input data was truncated": "The JSON ends too early, or a \\u escape is incomplete"}
MISSING_PATTERN = re.compile(r"Object missing required field `(.+)`")
UNKNOWN_PATTERN = re.compile(r"Object contains unknown field `(.+)`")


def malformed(error: msgspec.DecodeError | RecursionError) -> Fault:
    detail = "The JSON is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return Fault("#", f"{SAID_BETTER.get(detail, detail)}.", status=400)


def as_fault(error: msgspec.ValidationError) -> Fault:
    """From `Expected `str`, got `int` - at `$.subject.id`` to a pointer and a sentence."""
    detail, _, path = str(error).replace("`key` in ", "").partition(" - at `$")
    at = pointer(*(name or index for name, index in MSGSPEC_PATH.findall(path)))
    if missing := MISSING_PATTERN.fullmatch(detail):
        return Fault(f"{at}{pointer(missing[1])[1:]}", REQUIRED)
    if unknown := UNKNOWN_PATTERN.fullmatch(detail):
        return Fault(f"{at}{pointer(unknown[1])[1:]}", UNKNOWN)
    return Fault(at, f"{detail.replace('`', '')}.")
