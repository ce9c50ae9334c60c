"""The rules for an event, however it is reported."""

from collections.abc import Container, Iterator
from typing import Any

import msgspec

from webhooks_app.catalogue import event_type
from webhooks_app.catalogue.operational import NAMES
from webhooks_app.lib.json_faults import as_fault, misplaced
from webhooks_app.lib.pointers import Fault

LARGEST_DATA = 256 * 1024
DEEPEST_DATA = 100


def faults_of_type(name: str, own: Container[str]) -> Iterator[Fault]:
    """The faults of a reported event type's name, at `#/type`.

    `own` are the names that the organisation registered; it is not asked for catalogue names,
    except those that were free before Hookline reserved them.
    """
    known = event_type(name)
    if known is None and name not in own:
        yield Fault("#/type", f"There is no event type called {name[:100]!r}.")
    elif known is not None and known.is_system and not (name in NAMES and name in own):
        yield Fault("#/type", f"{name} is reserved: the product sends it.")


def faults_of_data(text: bytes) -> Iterator[Fault]:
    """The faults of the JSON text of an event's data, at `#/data`.

    It is decoded in full: `msgspec.Raw` would accept numbers out of range, which conditions could
    not read.
    """
    size = len(text)
    if size > LARGEST_DATA:
        yield Fault(
            "#/data", f"The data has {size} bytes; at most {LARGEST_DATA} are allowed.", status=413
        )
        return
    try:
        data = msgspec.json.decode(text)
    except msgspec.ValidationError as error:
        yield as_fault(error).below("data")
        return
    except (msgspec.DecodeError, RecursionError) as error:
        yield misplaced(text, error).below("data")
        return
    if not isinstance(data, dict):
        yield Fault("#/data", "This must be an object.")
    elif _deeper_than(DEEPEST_DATA, text, data):
        yield Fault("#/data", f"This is nested more than {DEEPEST_DATA} levels deep.")


def _deeper_than(levels: int, text: bytes, data: object) -> bool:
    """Whether the JSON is nested too deeply. It is walked only if it has enough brackets."""
    if text.count(b"{") + text.count(b"[") <= levels:
        return False
    row = [data]
    for _ in range(levels):
        row = [child for node in row for child in _children(node)]
    return bool(row)


def _children(node: Any) -> list[Any]:
    """The containers directly inside a container."""
    inner = node.values() if isinstance(node, dict) else node
    return [child for child in inner if isinstance(child, dict | list)]
