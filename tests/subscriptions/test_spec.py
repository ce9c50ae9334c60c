"""One declaration, and everything that follows from it: every member works everywhere."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import fields, replace
from sqlalchemy import select

from tests import factories
from tests.support import specs
from webhooks_app.extensions import db
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.ssrf import Guard
from webhooks_app.models import AuditEntry, Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import custom_headers, reading, service, stored
from webhooks_app.subscriptions.faults import World
from webhooks_app.subscriptions.spec import (
    BLANKS,
    META,
    NEW_WEBHOOK,
    AnySpec,
    EmailSpec,
    NewWebhookSpec,
    WebhookSpec,
    member_names,
)
from webhooks_app.vocabulary import ChannelName, SubscriptionKind

ROOT = Path(__file__).parents[2]
WORLD = World(specs.TYPES, Guard(), "live")
on_rows = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
any_spec = st.one_of(specs.webhooks, specs.emails)


def members_of(spec: AnySpec) -> dict[str, Any]:
    members: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(spec))
    members.pop("channel", None)
    return members


def blank_of(spec: AnySpec) -> AnySpec:
    return BLANKS[ChannelName.EMAIL] if isinstance(spec, EmailSpec) else NEW_WEBHOOK


def created(spec: AnySpec) -> Subscription:
    channel = ChannelName.EMAIL if isinstance(spec, EmailSpec) else ChannelName.WEBHOOK
    tenant = factories.tenant(factories.organisation())
    row, _ = service.create_subscription(
        db.session(),
        tenant,
        SubscriptionKind.ACTION,
        members_of(spec),
        parts().vault,
        Guard(),
        channel,
        ping=False,
    )
    db.session.expire_all()
    return row


def read(row: Subscription) -> AnySpec:
    return stored.of(row, custom_headers.opened(row, parts().vault))


@given(spec=any_spec)
@settings(deadline=None, max_examples=40)
def test_what_is_valid_is_read_as_it_is(spec: AnySpec) -> None:
    expected = specs.as_action(spec) if isinstance(spec, EmailSpec) and spec.schedule else spec
    after = reading.new(blank_of(spec), members_of(spec), WORLD)
    assert members_of(after) == members_of(expected)  # type: ignore[arg-type]


@given(before=specs.webhooks, after=specs.webhooks, data=st.data())
@settings(deadline=None, max_examples=40)
def test_a_change_is_the_stored_one_with_the_members_that_are_given(
    before: WebhookSpec, after: WebhookSpec, data: st.DataObject
) -> None:
    names = data.draw(st.sets(st.sampled_from(WebhookSpec.__struct_fields__)))
    given = {name: members_of(after)[name] for name in names}
    merged = replace(before, **{name: getattr(after, name) for name in names})
    assert reading.changed(before, given, WORLD) == merged
    differing = {name for name in names if getattr(before, name) != getattr(after, name)}
    assert set(reading.changes(before, merged)) == differing - {"enabled"}


@given(spec=specs.actions)
@on_rows
def test_every_member_is_kept(app: Flask, spec: AnySpec) -> None:
    assert repr(read(created(spec))) == repr(spec)


@given(spec=specs.actions)
@on_rows
def test_a_copy_has_every_member_and_is_off(app: Flask, spec: AnySpec) -> None:
    row = created(spec)
    copy, secret = service.duplicate(db.session(), row, parts().vault)
    db.session.expire_all()
    name = f"Copy of {spec.name}"
    assert repr(read(copy)) == repr(replace(spec, name=name, enabled=False))
    assert parts().vault.open(copy.sealed_secret) == secret != parts().vault.open(row.sealed_secret)


@given(before=specs.actions, after=specs.actions)
@on_rows
def test_an_edit_keeps_every_member_and_the_audit_log_names_what_changed(
    app: Flask, before: AnySpec, after: AnySpec
) -> None:
    row = created(before)
    channel = ChannelName.EMAIL if isinstance(after, EmailSpec) else ChannelName.WEBHOOK
    service.update_subscription(
        db.session(), row, members_of(after), parts().vault, Guard(), channel, ping=False
    )
    db.session.expire_all()
    assert repr(read(row)) == repr(after)
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.target_id == row.id, AuditEntry.action.contains("upd"))
    ).all()
    expected = reading.changes(before, after)
    assert [entry.detail["changed"] for entry in entries] == ([expected] if expected else [])


@pytest.mark.parametrize("kind", [NewWebhookSpec, EmailSpec])
def test_every_member_says_what_it_is(kind: type[AnySpec]) -> None:
    assert set(member_names(kind)) == set(kind.__struct_fields__)
    for field in fields(kind):
        meta = META[field.name]
        assert meta.title, field.name
        assert meta.description, field.name


@given(spec=any_spec)
@settings(deadline=None, max_examples=20)
def test_its_json_schema_holds_what_is_valid_and_no_more(spec: AnySpec) -> None:
    (schema,), components = msgspec.json.schema_components(
        [type(spec)], ref_template="#/$defs/{name}"
    )
    whole = {**schema, "$defs": components}
    document = msgspec.json.decode(msgspec.json.encode(spec))
    jsonschema.validate(document, whole)
    for wrong in ({"name": ""}, {"rate_limit": 0}, {"nonsense": 1}, {"match": "some"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document | wrong, whole)


def test_all_faults_are_named_at_once_those_of_types_and_those_of_the_world() -> None:
    members = {
        "name": 5,
        "url": "ftp://receiver.example",
        "event_types": ["no.such"],
        "rate_limit": 5000,
        "headers": {"Host": "x"},
        "scope": {"type": "room"},
        "retry_policy": "never",
        "colour": "red",
    }
    with pytest.raises(Invalid) as error:
        reading.new(NEW_WEBHOOK, members, WORLD)
    assert sorted(fault.at for fault in error.value.faults) == [
        "#/colour",
        "#/event_types/0",
        "#/headers/Host",
        "#/name",
        "#/rate_limit",
        "#/retry_policy",
        "#/scope/id",
        "#/url",
    ]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"name": ""}, "Enter a name."),
        ({"url": ""}, "Enter the address"),
        ({"event_types": []}, "Choose at least one"),
        ({"scope": {"type": "room", "id": ""}}, "Enter the ID of the room"),
    ],
)
def test_an_empty_member_is_asked_for(members: dict[str, Any], said: str) -> None:
    body = {"name": "A", "url": "https://a.example", "event_types": ["lead.captured"]}
    with pytest.raises(Invalid) as error:
        reading.new(NEW_WEBHOOK, body | members, WORLD)
    [fault] = error.value.faults
    assert fault.detail.startswith(said)


def test_what_stays_as_it_is_is_not_judged_again() -> None:
    """An operator may have forbidden a network since; switching off must still work."""
    before = replace(
        BLANKS[ChannelName.WEBHOOK], name="A", url="https://10.0.0.1", event_types=("x.y",)
    )
    after = reading.changed(before, {"enabled": False}, WORLD)
    assert after == replace(before, enabled=False)


def test_the_document_of_the_api_has_every_member_with_its_default() -> None:
    section = (ROOT / "docs" / "api.md").read_text().partition("### `POST /webhooks`")[2]
    rows = re.findall(r"^\| `([a-z_]+)` \| (.*?) \|", section.partition("\n\n**")[0], re.MULTILINE)
    assert dict(rows) == {
        field.name: "required" if field.required else _as_documented(field.name)
        for field in fields(NewWebhookSpec)
    }


def _as_documented(name: str) -> str:
    if name == "secret":
        return "generated"
    default = msgspec.json.encode(getattr(NEW_WEBHOOK, name)).decode()
    return f"`{default.strip(chr(34)) or default}`"
