"""Turn members from the API or a form into a spec, reporting all faults at once."""

from collections.abc import Collection, Mapping
from typing import TypeVar

import msgspec
from msgspec import Meta
from msgspec.structs import FieldInfo, fields, replace

from webhooks_app.catalogue.system import DIGEST
from webhooks_app.channels.email.addresses import recipient
from webhooks_app.channels.webhook.formats import check_secret_for
from webhooks_app.lib.json_faults import REQUIRED, UNKNOWN, as_fault
from webhooks_app.lib.pointers import Fault, Invalid, pointer
from webhooks_app.matching.operators import VALUELESS
from webhooks_app.subscriptions.faults import World, faults
from webhooks_app.subscriptions.spec import EmailSpec, NewWebhookSpec, Spec, member_names

Members = Mapping[str, object]
S = TypeVar("S", bound=Spec)


def new(blank: S, members: Members, world: World) -> S:
    """A new spec from `members`, with defaults for absent ones. Raises `Invalid`."""
    members = _as_digest(members)
    good, found = decoded(type(blank), members)
    found += [
        Fault(pointer(field.name), REQUIRED)
        for field in fields(type(blank))
        if field.required and field.name not in members
    ]
    spec = replace(blank, **good)
    wrong = {member_of(fault) for fault in found}
    if "schedule" in wrong:
        wrong |= {"event_types"}
    found += [one for one in faults(spec, world) if member_of(one) not in wrong]
    if found:
        raise Invalid(*found)
    return tidy(spec)


def changed(
    before: S,
    members: Members,
    world: World,
    broken: Collection[Fault] = (),
    fresh: Collection[str] = (),
) -> S:
    """`before` with `members` changed. Raises `Invalid`.

    Unchanged members are not checked again: rules and network may have changed since. `broken` are
    members that could not be read, `fresh` those that nobody has checked yet.
    """
    members = _as_digest(members)
    good, found = decoded(type(before), members)
    found += [fault for fault in broken if member_of(fault) not in members]
    spec = replace(before, **good)
    judged = (differing(before, spec) | set(fresh)) - {member_of(fault) for fault in found}
    if "schedule" in judged:
        judged |= {"event_types"}
    found += [one for one in faults(spec, world) if member_of(one) in judged]
    if found:
        raise Invalid(*found)
    return tidy(spec)


def decoded(kind: type[Spec], members: Members) -> tuple[dict[str, object], list[Fault]]:
    """The members with the right type and bounds, and the faults of the others."""
    known = {field.name: field for field in fields(kind)}
    found = [Fault(pointer(name), UNKNOWN) for name in members if name not in known]
    good: dict[str, object] = {}
    for name, field in known.items():
        if name in members:
            try:
                good[name] = msgspec.convert(members[name], field.type)
            except msgspec.ValidationError as error:
                found.append(_in_words(as_fault(error), field, members[name]).below(name))
    return good, found


def changes(before: Spec, after: Spec) -> list[str]:
    """The names of the members that differ, for people. `enabled` is a separate change."""
    missing = object()
    names = [
        name
        for name in member_names(type(after))
        if name != "enabled" and getattr(before, name, missing) != getattr(after, name)
    ]
    return names if type(before) is type(after) else ["channel", *names]


def as_far_as_possible(blank: S, members: Members) -> S:
    """An incomplete form: members of the wrong type are left out."""
    good, _ = decoded(type(blank), _as_digest(members))
    return replace(blank, **good)


def differing(before: Spec, after: Spec) -> set[str]:
    """The names of the members in which they differ."""
    both = set(before.__struct_fields__) & set(after.__struct_fields__)
    return {name for name in both if getattr(before, name) != getattr(after, name)}


def member_of(fault: Fault) -> str:
    return fault.at.removeprefix("#/").partition("/")[0]


def tidy(spec: S) -> S:
    """Without what has no effect: spaces around a name, repetitions, unused values."""
    return replace(spec, **_tidied(spec), **_tidied_by_kind(spec))


def _tidied(spec: Spec) -> dict[str, object]:
    return {
        "name": spec.name.strip(),
        "changed_fields": tuple(dict.fromkeys(spec.changed_fields)),
        "conditions": tuple(
            replace(one, value=None) if one.operator in VALUELESS else one
            for one in spec.conditions
        ),
    }


def _tidied_by_kind(spec: Spec) -> dict[str, object]:
    if isinstance(spec, NewWebhookSpec) and isinstance(spec.secret, str):
        return {"secret": check_secret_for(spec.wire_format, spec.secret)}
    if isinstance(spec, EmailSpec):
        addresses = (recipient(written) or written for written in spec.email_to)
        return {
            "email_to": tuple(dict.fromkeys(addresses)),
            "email_subject": (spec.email_subject or "").strip() or None,
        }
    return {}


def _as_digest(members: Members) -> Members:
    """A digest covers all events, whatever event types were sent."""
    return {**members, "event_types": [DIGEST]} if members.get("schedule") else members


def _in_words(fault: Fault, field: FieldInfo, value: object) -> Fault:
    """The message of the member itself, if the member itself is wrong."""
    [said] = [meta.extra or {} for meta in getattr(field.type, "__metadata__", (Meta(),))]
    if fault.at != "#" or not said:
        return fault
    return Fault("#", said["empty"] if value in ("", []) and "empty" in said else said["error"])
