"""A form that is saved unchanged changes nothing, whatever is stored."""

from typing import Any

from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from msgspec.structs import replace

from tests import factories
from tests.support import specs
from tests.support.html_forms import untouched
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import Organisation, Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import custom_headers, stored
from webhooks_app.subscriptions.spec import AnySpec, ConditionMembers, WebhookSpec
from webhooks_app.vocabulary import Mode

some = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def kept(organisation: Organisation, spec: AnySpec, kind: str) -> Subscription:
    columns: dict[str, Any] = stored.columns_of(spec)
    headers = spec.headers if isinstance(spec, WebhookSpec) else {}
    make = factories.webhook if kind == "webhook" else factories.action
    url = columns.pop("url", "")
    return make(organisation, url, headers=headers, mode=Mode.LIVE.value, **columns)


def columns_of(row: Subscription) -> dict[str, Any]:
    db.session.rollback()
    db.session.refresh(row)
    return {column.name: getattr(row, column.key) for column in row.__mapper__.columns}


def save_unchanged(owner: Person, organisation: Organisation, spec: AnySpec, kind: str) -> None:
    row = kept(organisation, spec, kind)
    before = columns_of(row)
    assert stored.of(row, custom_headers.opened(row, parts().vault)) == spec
    path = f"/{kind}s/{row.id}/edit"
    fields = untouched(owner.get(path).text, having="version")
    response = owner.client.post(path, data=fields | {"save": ["Save"]})
    assert response.status_code == 302, response.text
    assert columns_of(row) == before
    assert repr(stored.of(row, custom_headers.opened(row, parts().vault))) == repr(spec)


ODD = WebhookSpec(
    name="Odd",
    description="\r\n lines\rof every \n kind ",
    url="https://receiver.example/a?b=%20",
    event_types=("lead.updated", "lead.captured"),
    conditions=(
        ConditionMembers("a", "equals", 5),
        ConditionMembers("b", "equals", "5"),
        ConditionMembers("c, d", "one_of", ("Paris, France", 1.0, True)),
        ConditionMembers(" ", "contains", " spaces "),
        ConditionMembers("e", "equals", "two\nlines"),
    ),
    changed_fields=("a,b", " c "),
    retry_policy={"delays": [1234567.5 / 10, 3]},
)


@given(spec=specs.webhooks)
@example(spec=ODD)
@example(spec=replace(ODD, event_types=("lead.captured", "customer.*", "*", "retired.*")))
@some
def test_a_webhook(app: Flask, owner: Person, organisation: Organisation, spec: AnySpec) -> None:
    save_unchanged(owner, organisation, spec, "webhook")


@given(spec=specs.actions)
@some
def test_an_action(app: Flask, owner: Person, organisation: Organisation, spec: AnySpec) -> None:
    save_unchanged(owner, organisation, spec, "action")
