"""Patterns of event types in a webhook's form, and where it is shown."""

from tests import factories
from tests.support.html_forms import untouched
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import Organisation, Subscription


def test_a_pattern_is_chosen_saved_and_shown(owner: Person, organisation: Organisation) -> None:
    form = owner.get("/webhooks/new").text
    for pattern in ("*", "customer.*", "room.recording.*"):
        assert f'value="{pattern}"' in form
    factories.accepted(organisation, factories.lead(), factories.lead(type="customer.created"))
    fields = {"name": "A", "url": "https://a.example/hook", "event_types": "customer.*"}
    preview = owner.post("/webhooks/preview", **fields).text
    assert "customer.created" in preview
    assert "lead.captured" not in preview
    filled = untouched(form, having="wire_format") | {k: [v] for k, v in fields.items()}
    assert owner.client.post("/webhooks/new", data=filled | {"save": ["Save"]}).status_code == 302
    [row] = db.session.query(Subscription).filter_by(kind="webhook")
    assert row.event_types == ["customer.*"]
    assert "customer.*" in owner.get("/webhooks/").text
    edit = owner.get(f"/webhooks/{row.id}/edit").text
    assert 'value="customer.*" checked' in edit
    assert 'value="*" checked' not in edit


def test_an_action_has_no_such_choice(owner: Person) -> None:
    assert 'value="customer.*"' not in owner.get("/actions/new").text
