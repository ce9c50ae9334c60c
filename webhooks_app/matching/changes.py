"""What changed between two states of an object, and whether a field filter includes it. Pure.

A path is written as in conditions: `owner.email` or `data.owner.email`; digits index lists. The
path `data` means the whole object. Two paths match if they are equal, or one leads to something
inside the other.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

MOST = 100
LONGEST = 200
ALL = "data"
UPDATED = "updated"

# Events that start an object's life, so that its first update has something to compare with.
BEGINNINGS = ("created", "captured")

Steps = tuple[str | int, ...]
Data = dict[str, object]
_NOTHING = object()


def changed_paths(before: Data, after: Data) -> tuple[str, ...]:
    """The paths of all values that differ, appeared or disappeared between two JSON objects.

    For more than `MOST` only the top-level names are returned, and for more than `MOST` of those
    only `data`; a path longer than `LONGEST` is shortened. So the result may include too much, but
    never too little.
    """
    steps = list(islice(_differing(before, after, ()), MOST + 1))
    if len(steps) > MOST:
        names = (name for name in before | after if _differ(before, after, name))
        steps = [(name,) for name in islice(names, MOST + 1)]
    if len(steps) > MOST:
        return (ALL,)
    return tuple(dict.fromkeys(map(_path, steps)))


def concerns(fields: Sequence[str], changed: Sequence[str] | None, object_type: str) -> bool:
    """Whether one of `fields` is on a changed path.

    None means unknown, so everything may have changed.

    For a `customer`, `customer.stage` means `stage`.
    """
    if changed is None:
        return True
    ends = {steps for path in changed for steps in _spellings(path, object_type)}
    ways = {steps[:n] for steps in ends for n in range(len(steps) + 1)}
    return any(
        asked in ways or any(asked[:n] in ends for n in range(len(asked)))
        for field in fields
        for asked in _spellings(field, object_type)
    )


def object_type(event_type: str) -> str:
    """`customer` for `customer.updated`."""
    return event_type.rpartition(".")[0]


def is_update(event_type: str) -> bool:
    """Field filters apply only to these."""
    return event_type.rpartition(".")[2] == UPDATED


def update_of(event_type: str) -> str | None:
    """The type whose filters compare with the state in this event, so that it must be stored."""
    object_, _, word = event_type.rpartition(".")
    return f"{object_}.{UPDATED}" if word in (UPDATED, *BEGINNINGS) else None


def _differing(before: object, after: object, path: Steps) -> Iterator[Steps]:
    """The deepest places that differ.

    Steps are names, or numbers in lists: `{"0": 1}` is not `[1]`.
    """
    inner_before, inner_after = _inside(before), _inside(after)
    for step in inner_before | inner_after:
        left, right = inner_before.get(step, _NOTHING), inner_after.get(step, _NOTHING)
        # Most values are equal scalars; checking here halves the time for a long list.
        if type(left) is not type(right) or isinstance(left, (dict, list)) or left != right:
            yield from _differing(left, right, (*path, step))
    if not inner_before and not inner_after and not _same(before, after):
        yield path


def _differ(before: Data, after: Data, name: str) -> bool:
    found = _differing(before.get(name, _NOTHING), after.get(name, _NOTHING), ())
    return next(found, None) is not None


def _inside(value: object) -> dict[str | int, object]:
    if isinstance(value, dict):
        return value
    return dict(enumerate(value)) if isinstance(value, list) else {}


def _same(left: object, right: object) -> bool:
    """Compare by value; in Python, `1` equals `True`."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _path(steps: Steps) -> str:
    while len(path := ".".join(map(str, steps))) >= LONGEST - len(ALL):
        steps = steps[:-1]
    if not steps:
        return ALL
    return f"{ALL}.{path}" if path.split(".")[0] == ALL else path


def _spellings(path: str, object_type: str) -> Iterator[tuple[str, ...]]:
    """The steps below the data, empty for the data itself; also without the object's own name."""
    steps, own = tuple(path.split(".")), tuple(object_type.split("."))
    if steps[0] == ALL:
        steps = steps[1:]
    yield steps
    if len(steps) > len(own) and steps[: len(own)] == own:
        yield steps[len(own) :]
