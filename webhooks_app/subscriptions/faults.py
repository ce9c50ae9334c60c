"""The faults of a subscription beyond types and bounds."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import msgspec

from webhooks_app.channels.email.addresses import recipient
from webhooks_app.channels.retry_policy import InvalidPolicy, parse_policy
from webhooks_app.channels.webhook.formats import FORMATS, check_secret_for
from webhooks_app.channels.webhook.headers import InvalidHeader, check_custom_headers
from webhooks_app.digests.schedule import InvalidSchedule, parse_schedule
from webhooks_app.events.subjects import subject_faults
from webhooks_app.lib.pointers import Fault, pointer
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.urls import InvalidUrl, check_endpoint_url
from webhooks_app.mail.subject_template import check_subject
from webhooks_app.matching.conditions import InvalidCondition, parse_conditions
from webhooks_app.matching.paths import path_faults
from webhooks_app.matching.type_patterns import fits, is_pattern
from webhooks_app.subscriptions.spec import (
    MOST_ADDRESSES,
    MOST_FIELDS,
    EmailSpec,
    NewWebhookSpec,
    Scope,
    Spec,
    WebhookSpec,
)
from webhooks_app.vocabulary import Mode

ANY_ZONE = "UTC"  # a schedule without a zone is valid with any organisation's zone


@dataclass(frozen=True, slots=True)
class World:
    """What a subscription is checked against.

    The organisation's event types, whether patterns of them are allowed, the allowed addresses, and
    the current secret.
    """

    event_types: Collection[str]
    guard: Guard
    mode: str
    patterns: bool = False
    secret: str | None = None


def faults(spec: Spec, world: World) -> Iterator[Fault]:
    """All faults, with pointers to the members."""
    yield from unreadable(spec)
    yield from _of_all(spec, world)
    match spec:
        case WebhookSpec():
            yield from _of_webhook(spec, world)
        case EmailSpec():
            yield from _of_email(spec)


def unreadable(spec: Spec) -> Iterator[Fault]:
    """The faults that make a stored subscription unusable."""
    try:
        parse_conditions(msgspec.to_builtins(spec.conditions))
    except InvalidCondition as error:
        yield Fault(pointer("conditions", error.index, error.member), str(error))
    try:
        parse_policy(spec.retry_policy)
    except InvalidPolicy as error:
        yield Fault(pointer("retry_policy"), str(error))
    match spec:
        case WebhookSpec() if spec.wire_format not in FORMATS:
            yield Fault(
                pointer("wire_format"), f"The wire format must be one of: {', '.join(FORMATS)}."
            )
        case EmailSpec() if spec.schedule is not None:
            try:
                parse_schedule(msgspec.to_builtins(spec.schedule), ANY_ZONE)
            except InvalidSchedule as error:
                yield Fault(pointer("schedule", error.member), str(error))


def _of_all(spec: Spec, world: World) -> Iterator[Fault]:
    if not spec.name.strip().isprintable():
        yield Fault("#/name", "A name cannot contain line breaks or other invisible characters.")
    if "\0" in spec.description:
        yield Fault("#/description", "A description cannot contain NUL characters.")
    if not (isinstance(spec, EmailSpec) and spec.schedule):
        yield from _of_types(spec.event_types, world)
    if spec.scope is not None:
        yield from (fault.below("scope") for fault in _of_scope(spec.scope))
    for key, value in spec.metadata.items():
        if not value.isprintable():
            yield Fault(pointer("metadata", key), "Use only printable characters in a value.")
    for fault in path_faults(spec.changed_fields, MOST_FIELDS):
        yield fault.below("changed_fields")


def _of_types(names: tuple[str, ...], world: World) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if fault := _of_type(name, world):
            yield Fault(pointer("event_types", index), fault)
        elif name in names[:index]:
            yield Fault(pointer("event_types", index), "This is already in the list.")


def _of_type(name: str, world: World) -> str | None:
    if is_pattern(name):
        if not world.patterns:
            return "An action asks for event types by name. Use a webhook for a pattern."
        if any(fits(name, one) for one in world.event_types):
            return None
        return f"No event type fits {name[:100]!r}."
    return None if name in world.event_types else f"There is no event type called {name[:100]!r}."


def _of_scope(scope: Scope) -> Iterator[Fault]:
    if not scope.id:
        yield Fault("#/id", f"Enter the ID of the {scope.type}, or choose Everything.")
    else:
        yield from subject_faults(scope.type, scope.id)


def _of_webhook(spec: WebhookSpec, world: World) -> Iterator[Fault]:
    try:
        check_endpoint_url(spec.url, world.guard, https_only=world.mode == Mode.LIVE)
    except InvalidUrl as error:
        yield Fault("#/url", str(error))
    try:
        check_custom_headers(spec.headers)
    except InvalidHeader as error:
        yield Fault(pointer("headers", error.name), str(error))
    if isinstance(spec, NewWebhookSpec) and isinstance(spec.secret, str):
        yield from secret_faults(spec.secret, spec.wire_format)
    elif world.secret is not None:
        for fault in secret_faults(world.secret, spec.wire_format):
            detail = (
                f"Its secret does not work with this format. {fault.detail} Rotate it first: a "
                "generated secret works with every format."
            )
            yield Fault("#/wire_format", detail)


def _of_email(spec: EmailSpec) -> Iterator[Fault]:
    if not 1 <= len(spec.email_to) <= MOST_ADDRESSES:
        yield Fault("#/email_to", f"Enter 1 to {MOST_ADDRESSES} e-mail addresses.")
    for index, written in enumerate(spec.email_to):
        if recipient(written) is None:
            detail = f"{written[:100]!r} is not an e-mail address."
            yield Fault(pointer("email_to", index), detail)
    try:
        check_subject(spec.email_subject or "")
    except ValueError as error:
        yield Fault("#/email_subject", str(error))


def secret_faults(secret: str, wire_format: str) -> Iterator[Fault]:
    """The fault of a user's own secret that the format cannot sign with."""
    if wire_format in FORMATS:
        try:
            check_secret_for(wire_format, secret)
        except ValueError as error:
            yield Fault("#/secret", str(error))
