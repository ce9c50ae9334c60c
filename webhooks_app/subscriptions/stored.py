"""Read and write specs in rows. A broken row says so, and breaks nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.pointers import Fault
from webhooks_app.models import Subscription
from webhooks_app.models.shapes import is_readable
from webhooks_app.subscriptions.faults import unreadable
from webhooks_app.subscriptions.reading import Members, decoded, member_of
from webhooks_app.subscriptions.spec import BLANKS, AnySpec, EmailSpec, Spec
from webhooks_app.vocabulary import ChannelName

# Models already have an attribute of that name.
ATTRIBUTES = {"metadata": "metadata_"}
NO_HEADERS: Mapping[str, str] = {}
NO_MEMBER = "unreadable"  # not a list, an object, or the name of a policy


class Broken(Conflict):
    """A stored subscription cannot be read; the message is a sentence for people."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(sentence(faults))
        self.faults = faults


def of(row: Subscription, headers: Mapping[str, str] = NO_HEADERS) -> AnySpec:
    """The spec of a row. Its custom headers are encrypted, so callers pass them.

    Raises `Broken`.
    """
    spec, faults = as_far_as_readable(row, headers)
    if faults:
        raise Broken(faults)
    return spec


def as_far_as_readable(
    row: Subscription, headers: Mapping[str, str] = NO_HEADERS
) -> tuple[AnySpec, Sequence[Fault]]:
    """The same with a default for each unreadable member, and the faults of those."""
    blank = BLANKS[ChannelName(row.channel)]
    good, found = decoded(type(blank), _members(row, type(blank), headers))
    spec = replace(blank, **good)
    if wrong := list(unreadable(spec)):
        found += wrong
        defaults = {name: getattr(blank, name) for name in map(member_of, wrong)}
        spec = replace(spec, **defaults)
    return spec, found


@dataclass(frozen=True, slots=True)
class ShownSubscription:
    """A row for people: its spec as far as it can be read, and a sentence if something cannot."""

    row: Subscription
    spec: AnySpec
    broken: str | None


def shown(row: Subscription, headers: Mapping[str, str] = NO_HEADERS) -> ShownSubscription:
    spec, faults = as_far_as_readable(row, headers)
    return ShownSubscription(row, spec, sentence(faults) if faults else None)


def sentence(faults: Sequence[Fault]) -> str:
    """Which members of a stored subscription cannot be read."""
    names = " and ".join(dict.fromkeys(member_of(fault).replace("_", " ") for fault in faults))
    return f"Its {names} cannot be read: {faults[0].detail} Edit it, then switch it on again."


def columns_of(spec: Spec) -> dict[str, object]:
    """A spec's columns, except the custom headers, which are encrypted."""
    columns: dict[str, object] = msgspec.json.decode(msgspec.json.encode(spec))
    for apart in ("scope", "headers", "secret"):
        columns.pop(apart, None)
    scope_type, scope_id = (spec.scope.type, spec.scope.id) if spec.scope else (None, None)
    channel = ChannelName.EMAIL if isinstance(spec, EmailSpec) else ChannelName.WEBHOOK
    return {
        **{ATTRIBUTES.get(name, name): value for name, value in columns.items()},
        "channel": channel.value,
        "scope_type": scope_type,
        "scope_id": scope_id,
    }


def _members(row: Subscription, kind: type[Spec], headers: Mapping[str, str]) -> Members:
    apart = {"scope": _scope(row), "headers": dict(headers)}
    return {
        name: apart[name] if name in apart else _read(getattr(row, ATTRIBUTES.get(name, name)))
        for name in kind.__struct_fields__
    }


def _read(value: object) -> object:
    """An unreadable value is not an empty list: keep it, so that it is a fault."""
    return value if is_readable(value) else NO_MEMBER


def _scope(row: Subscription) -> dict[str, str | None] | None:
    return {"type": row.scope_type, "id": row.scope_id} if row.scope_type else None
