"""Going anywhere by name or id."""

from collections.abc import Callable

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Organisation

URL = "https://receiver.example/hook"
HTMX = {"HX-Request": "true"}


def found(who: Person, text: str) -> str:
    return who.client.get("/search", query_string={"q": text}, headers=HTMX).text


def test_actions_and_webhooks_are_found_by_name_and_url(
    owner: Person, organisation: Organisation
) -> None:
    webhook = factories.webhook(organisation, URL, name="CRM 100% Café")
    action = factories.action(organisation, "https://crm.example/in", name="Leads")
    factories.webhook(organisation, URL, name="CRM test", mode="test")
    factories.webhook(factories.organisation("Others"), URL, name="CRM of others")
    for text in ("crm", "CRM", "0%", "CAFÉ"):
        assert f'href="/webhooks/{webhook.id}"' in found(owner, text)
    page = found(owner, "crm")
    assert f'href="/actions/{action.id}"' in page
    assert page.count("/webhooks/whk_") == 1
    assert "whk_" not in found(owner, "0_")


def test_an_id_leads_to_what_it_names(
    owner: Person, organisation: Organisation, person: Callable[..., Person]
) -> None:
    webhook = factories.webhook(organisation, URL)
    factories.accepted(organisation)
    delivery = db.session.query(Delivery).one()
    addresses = {
        webhook.id: f"/webhooks/{webhook.id}",
        delivery.id: f"/deliveries/{delivery.id}",
        delivery.event_id: f"/events/{delivery.event_id}",
    }
    outsider = person("outsider")
    for id_, address in addresses.items():
        assert f'href="{address}"' in found(owner, id_)
        assert f'href="{address}"' not in found(outsider, id_)
        assert f'href="{address}"' not in found(owner, id_[:-1])


def test_an_id_of_the_other_mode_is_found_too_and_says_so(
    owner: Person, organisation: Organisation
) -> None:
    row = factories.webhook(organisation, URL, mode="test")
    of_others = factories.webhook(factories.organisation("Others"), URL, mode="test")
    page = found(owner, row.id)
    assert f'href="/o/{organisation.id}/test/webhooks/{row.id}"' in page
    assert "webhook in test mode" in page
    assert f'/webhooks/{of_others.id}"' not in found(owner, of_others.id)


def test_pages_are_found_by_name(
    owner: Person, organisation: Organisation, person: Callable[..., Person]
) -> None:
    assert 'href="/tools/signature"' in found(owner, "signat")
    assert 'href="/audit-log/"' in found(owner, "audit")
    assert 'href="/webhooks/new"' in found(owner, "new web")
    viewer = person("viewer", organisation)
    assert 'href="/audit-log/"' not in found(viewer, "audit")
    assert 'href="/webhooks/new"' not in found(viewer, "new web")
    assert found(owner, "").count("<li>") >= 15


def test_the_documentation_is_found_by_its_headings(owner: Person) -> None:
    page = found(owner, "Replay and recov")
    assert 'href="/docs/dashboard#replay-and-recovery"' in page
    assert 'href="/docs/digests"' in found(owner, "digests")
    assert "/docs/dashboard" not in found(owner, "re")


def test_it_is_a_page_as_well_and_takes_anything(owner: Person) -> None:
    page = owner.get("/search", q="crm <b>")
    assert page.status_code == 200
    assert "<html" in page.text
    assert "crm &lt;b&gt;" in page.text
    for text in ("\0", "x" * 300, "%", "msg_", "evt_x'"):
        assert owner.client.get("/search", query_string={"q": text}).status_code == 200
