"""Turn msgspec's errors into faults with pointers."""

import json
import re

import msgspec

from webhooks_app.lib.pointers import Fault, pointer

REQUIRED = "This is required."
UNKNOWN = "Unknown field."

MSGSPEC_PATH = re.compile(r"\.([^.\[\]`]+)|\[(\d+)\]")
# msgspec also says this about a text that ends in half a character, such as "\\ud83d".
SAID_BETTER = {"Input data was truncated": "The JSON ends too early, or a \\u escape is incomplete"}
# What the standard library says about the first fault of a JSON text, in other words.
IN_WORDS = {
    "Expecting property name enclosed in double quotes": "A name in double quotes is missing here",
    "Expecting value": "A value is missing here",
    "Expecting ',' delimiter": "A comma is missing here",
    "Expecting ':' delimiter": "A colon is missing here",
    "Extra data": "The JSON has already ended here",
    "Unterminated string starting at": "The text that begins here has no closing quote",
    "Invalid control character at": "A text has a line break or tab here; write \\n or \\t",
    "Invalid \\escape": "A backslash must be written as \\\\",
}
MISSING_PATTERN = re.compile(r"Object missing required field `(.+)`")
UNKNOWN_PATTERN = re.compile(r"Object contains unknown field `(.+)`")


def malformed(error: msgspec.DecodeError | RecursionError) -> Fault:
    detail = "The JSON is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return Fault("#", f"{SAID_BETTER.get(detail, detail)}.", status=400)


def misplaced(text: bytes, error: msgspec.DecodeError | RecursionError) -> Fault:
    """Like `malformed`, for what a person typed: with the line and the column."""
    try:
        json.loads(text)
    except json.JSONDecodeError as found:
        said = IN_WORDS.get(found.msg.removesuffix(": "), found.msg)
        if not found.doc[found.pos :].strip():
            said = "The JSON ends too early"
        return Fault("#", f"Line {found.lineno}, column {found.colno}: {said}.", status=400)
    except (ValueError, RecursionError):
        pass
    return malformed(error)


def as_fault(error: msgspec.ValidationError) -> Fault:
    """From `Expected `str`, got `int` - at `$.subject.id`` to a pointer and a sentence."""
    detail, _, path = str(error).replace("`key` in ", "").partition(" - at `$")
    at = pointer(*(name or index for name, index in MSGSPEC_PATH.findall(path)))
    if missing := MISSING_PATTERN.fullmatch(detail):
        return Fault(f"{at}{pointer(missing[1])[1:]}", REQUIRED)
    if unknown := UNKNOWN_PATTERN.fullmatch(detail):
        return Fault(f"{at}{pointer(unknown[1])[1:]}", UNKNOWN)
    return Fault(at, f"{detail.replace('`', '')}.")
