"""The members of a webhook as people give them: each checked, all faults told at once."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from webhooks_app.catalogue.system import DIGEST
from webhooks_app.channels.email.addresses import ascii_address
from webhooks_app.channels.retry_policy import InvalidPolicy, parse_policy
from webhooks_app.channels.webhook.formats import FORMATS, check_secret_for
from webhooks_app.channels.webhook.headers import InvalidHeader, check_custom_headers
from webhooks_app.digests.schedule import InvalidSchedule, parse_schedule
from webhooks_app.events.subjects import subject_faults
from webhooks_app.lib.pointers import Fault, Invalid, pointer
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.urls import InvalidUrl, check_endpoint_url
from webhooks_app.mail.subject_template import check_subject
from webhooks_app.matching.conditions import InvalidCondition, parse_conditions
from webhooks_app.matching.paths import path_faults
from webhooks_app.vocabulary import Channel, Match, Mode

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000
DEFAULT_FORMAT = "standard"
MOST_FIELDS = 50
MOST_ADDRESSES = 20
SLOWEST, FASTEST = 0.1, 1000.0
SHORTEST_TIMEOUT, LONGEST_TIMEOUT = 1.0, 60.0
ANY_ZONE = "UTC"  # a schedule without a zone is right whatever the organisation's is

Columns = dict[str, Any]
Check = Callable[[Any], Columns]


def checked(
    fields: Mapping[str, Any], mode: str, guard: Guard, event_types: Container[str]
) -> Columns:
    """What to store for the members in `fields`; others keep their value or default.

    `schedule`: of a digest, see `digests.schedule`, or None. With one, `event_types` are
    those of a digest, whatever else is asked for.

    `name`, `description`, `url`, `match`, `wire_format`, `secret`: text; `event_types`: a list of
    names; `scope`: `{"type", "id"}` or None; `conditions`, `retry_policy`: see `pipeline`;
    `changed_fields`: a list of paths; `rate_limit`: tries a second, or None; `timeout`: seconds,
    or None; `headers`: names and values; `enabled`, `failure_mail`: bools; `channel`: webhook or
    email, with `email_to`: a list of addresses, and `email_subject`: text, empty for one made of
    the event. In live mode a URL has to be https. The parameter `event_types` holds the names that
    may be asked for.
    Raises `Invalid`.
    """
    url = partial(_url, guard=guard, https_only=mode == Mode.LIVE)
    secret = partial(own_secret, format_name=fields.get("wire_format", DEFAULT_FORMAT))
    digest = fields.get("schedule") is not None
    types = _event_types_of_digest if digest else partial(_event_types, known=event_types)
    checks: Mapping[str, Check] = {**CHECKS, "url": url, "secret": secret, "event_types": types}
    columns: Columns = {}
    faults: list[Fault] = []
    for member, value in fields.items():
        try:
            columns |= checks[member](value)
        except Invalid as error:
            faults += error.faults
    if faults:
        raise Invalid(*faults)
    return columns


def _name(text: str) -> Columns:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise _invalid(f"A name has 1 to {LONGEST_NAME} printable characters.", "name")
    return {"name": name}


def _description(text: str) -> Columns:
    if len(text) > LONGEST_DESCRIPTION or "\0" in text:
        detail = f"A description has at most {LONGEST_DESCRIPTION} characters."
        raise _invalid(detail, "description")
    return {"description": text}


def _url(url: str, guard: Guard, https_only: bool) -> Columns:
    try:
        check_endpoint_url(url, guard, https_only=https_only)
    except InvalidUrl as error:
        raise _invalid(str(error), "url") from error
    return {"url": url}


def _event_types(names: Sequence[str], known: Container[str]) -> Columns:
    if faults := list(_faults_of_types(names, known)):
        raise Invalid(*faults)
    return {"event_types": list(names)}


def _faults_of_types(names: Sequence[str], known: Container[str]) -> Iterator[Fault]:
    if not names:
        yield Fault("#/event_types", "Choose at least one event type.")
    for index, name in enumerate(names):
        if name not in known:
            yield Fault(pointer("event_types", index), f"No event type is called {name[:100]!r}.")
        elif name in names[:index]:
            yield Fault(pointer("event_types", index), "This is in the list already.")


def _event_types_of_digest(_: Sequence[str]) -> Columns:
    return {"event_types": [DIGEST]}


def _schedule(raw: Mapping[str, Any] | None) -> Columns:
    if raw is None:
        return {"schedule": None}
    try:
        schedule = parse_schedule(raw, ANY_ZONE)
    except InvalidSchedule as error:
        raise _invalid(str(error), "schedule", error.member) from error
    return {"schedule": schedule.as_json(raw.get("time_zone") or None), "event_types": [DIGEST]}


def _scope(scope: Mapping[str, str] | None) -> Columns:
    if scope is None:
        return {"scope_type": None, "scope_id": None}
    if faults := list(subject_faults(scope["type"], scope["id"])):
        raise Invalid(*(fault.below("scope") for fault in faults))
    return {"scope_type": scope["type"], "scope_id": scope["id"]}


def _conditions(raw: Sequence[Mapping[str, Any]]) -> Columns:
    try:
        conditions = parse_conditions(raw)
    except InvalidCondition as error:
        raise _invalid(str(error), "conditions", error.index, error.member) from error
    return {"conditions": [condition.as_json() for condition in conditions]}


def _changed_fields(paths: Sequence[str]) -> Columns:
    if faults := list(path_faults(paths, MOST_FIELDS)):
        raise Invalid(*(fault.below("changed_fields") for fault in faults))
    return {"changed_fields": list(dict.fromkeys(paths))}


def _match(name: str) -> Columns:
    if name not in set(Match):
        raise _invalid("This is `all` or `any`.", "match")
    return {"match": name}


def _wire_format(name: str) -> Columns:
    if name not in FORMATS:
        raise _invalid(f"The wire formats are {', '.join(FORMATS)}.", "wire_format")
    return {"wire_format": name}


def _retry_policy(raw: Any) -> Columns:
    try:
        parse_policy(raw)
    except InvalidPolicy as error:
        raise _invalid(str(error), "retry_policy") from error
    return {"retry_policy": raw}


def _rate_limit(rate: float | None) -> Columns:
    if rate is not None and not SLOWEST <= rate <= FASTEST:
        detail = f"A limit is {SLOWEST:g} to {FASTEST:g} deliveries a second, or null for none."
        raise _invalid(detail, "rate_limit")
    return {"rate_limit": rate}


def _timeout(seconds: float | None) -> Columns:
    if seconds is not None and not SHORTEST_TIMEOUT <= seconds <= LONGEST_TIMEOUT:
        bounds = f"{SHORTEST_TIMEOUT:g} to {LONGEST_TIMEOUT:g} seconds"
        raise _invalid(f"A timeout is {bounds}, or null for the default.", "timeout")
    return {"timeout": seconds}


def _channel(name: str) -> Columns:
    if name not in set(Channel):
        raise _invalid(f"The channels are {', '.join(Channel)}.", "channel")
    return {"channel": name}


def _email_to(addresses: Sequence[str]) -> Columns:
    if not 1 <= len(addresses) <= MOST_ADDRESSES:
        raise _invalid(f"Give 1 to {MOST_ADDRESSES} addresses.", "email_to")
    checked = {written: ascii_address(written) for written in addresses}
    faults = [
        Fault(pointer("email_to", index), f"{written[:100]!r} is not an e-mail address.")
        for index, written in enumerate(addresses)
        if checked[written] is None
    ]
    if faults:
        raise Invalid(*faults)
    return {"email_to": list(dict.fromkeys(checked.values()))}


def _email_subject(subject: str) -> Columns:
    try:
        check_subject(subject)
    except ValueError as error:
        raise _invalid(str(error), "email_subject") from error
    return {"email_subject": subject.strip() or None}


def _headers(headers: Mapping[str, str]) -> Columns:
    try:
        check_custom_headers(headers)
    except InvalidHeader as error:
        raise _invalid(str(error), "headers", error.name) from error
    return {"headers": dict(headers)}


def _enabled(enabled: bool) -> Columns:
    return {"enabled": enabled}


def _failure_mail(wanted: bool) -> Columns:
    return {"failure_mail": wanted}


def own_secret(secret: str, format_name: str) -> Columns:
    """A secret that the user brings. Raises `Invalid` when that format cannot sign with it."""
    if format_name in FORMATS:
        try:
            check_secret_for(format_name, secret)
        except ValueError as error:
            raise _invalid(str(error), "secret") from error
    return {"secret": secret}


def check_change_of_format(name: str, secret: str) -> None:
    """The secret stays when the format changes, so it has to fit. Raises `Invalid`."""
    try:
        check_secret_for(name, secret)
    except ValueError as error:
        detail = (
            f"Its secret does not fit this format. {error} Rotate it first: a secret that is made "
            "for you fits every format."
        )
        raise _invalid(detail, "wire_format") from error


def _invalid(detail: str, *tokens: str | int) -> Invalid:
    return Invalid(Fault(pointer(*tokens), detail))


CHECKS: Mapping[str, Check] = {
    "name": _name,
    "description": _description,
    "scope": _scope,
    "conditions": _conditions,
    "match": _match,
    "changed_fields": _changed_fields,
    "schedule": _schedule,
    "rate_limit": _rate_limit,
    "timeout": _timeout,
    "failure_mail": _failure_mail,
    "wire_format": _wire_format,
    "retry_policy": _retry_policy,
    "headers": _headers,
    "enabled": _enabled,
    "channel": _channel,
    "email_to": _email_to,
    "email_subject": _email_subject,
}
