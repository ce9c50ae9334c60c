"""Copy to Live: what differs is shown first, and nothing is sent until someone switches it on."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Organisation, Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import custom_headers

URL = "https://receiver.example/hook"
CONDITIONS = [{"field": "email", "operator": "exists"}]


@pytest.fixture
def tester(owner: Person) -> Person:
    owner.go_to("test")
    return owner


@pytest.fixture
def row(organisation: Organisation, tester: Person) -> Subscription:
    return factories.webhook(
        organisation, URL, mode="test", name="CRM", conditions=CONDITIONS, own_key="crm"
    )


def live() -> list[Subscription]:
    db.session.rollback()
    db.session.expire_all()
    query = select(Subscription).where(Subscription.mode == "live")
    return list(db.session.scalars(query.order_by(Subscription.id)))


def test_the_copy_is_off_has_a_new_secret_and_all_settings(
    tester: Person, row: Subscription
) -> None:
    asked = tester.get(f"/webhooks/{row.id}/copy-to-live").text
    for said in ("a new one", "until you switch it on", "crm", URL):
        assert said in asked
    assert live() == []
    answer = tester.post(f"/webhooks/{row.id}/copy-to-live", url=URL)
    [copy] = live()
    assert (copy.name, copy.url, copy.enabled, copy.own_key) == ("CRM", URL, False, None)
    assert copy.conditions == CONDITIONS
    vault = parts().vault
    assert vault.open(copy.sealed_secret) != vault.open(row.sealed_secret)
    page = tester.get(answer.location).text
    assert vault.open(copy.sealed_secret) in page.replace("&#43;", "+")
    assert 'aria-current="true">Live' in page
    assert db.session.scalars(select(Delivery)).all() == []


def test_headers_stay_with_their_host(tester: Person, row: Subscription) -> None:
    vault = parts().vault
    row.sealed_headers = custom_headers.sealed({"Authorization": "Bearer t0p"}, vault)
    db.session.commit()
    for url in (URL, "https://elsewhere.example/hook"):
        tester.go_to("test")
        tester.post(f"/webhooks/{row.id}/copy-to-live", url=url)
    same, elsewhere = live()
    assert custom_headers.opened(same, vault) == {"Authorization": "Bearer t0p"}
    assert custom_headers.opened(elsewhere, vault) == {}


@pytest.mark.parametrize("url", ["", "http://plain.example/hook", "https://10.0.0.1/"])
def test_a_url_that_live_refuses_is_refused_beside_its_field(
    tester: Person, row: Subscription, url: str
) -> None:
    answer = tester.post(f"/webhooks/{row.id}/copy-to-live", url=url)
    assert answer.status_code == 422
    assert re.search(r'id="url-error">[^<]+<', answer.text)
    assert live() == []


def test_it_says_what_live_has_of_that_name(
    tester: Person, organisation: Organisation, row: Subscription
) -> None:
    factories.webhook(organisation, URL, name="CRM", wire_format="stripe")
    page = tester.get(f"/webhooks/{row.id}/copy-to-live").text
    assert "Live already has" in page
    assert re.search(r"It differs in: .*Conditions", page)


def test_an_action_by_mail_is_copied(tester: Person, organisation: Organisation) -> None:
    row = factories.action(
        organisation, "", mode="test", channel="email", email_to=["owner@people.example"]
    )
    answer = tester.post(f"/actions/{row.id}/copy-to-live")
    [copy] = live()
    assert (copy.email_to, copy.enabled) == (["owner@people.example"], False)
    assert "Copied to Live" in tester.get(answer.location).text


def test_only_for_editors_and_only_of_test_mode(
    owner: Person, organisation: Organisation, person: Callable[..., Person]
) -> None:
    in_live = factories.webhook(organisation, URL)
    assert owner.get(f"/webhooks/{in_live.id}/copy-to-live").status_code == 404
    in_test = factories.webhook(organisation, URL, mode="test")
    viewer = person("viewer", organisation)
    viewer.go_to("test")
    assert viewer.post(f"/webhooks/{in_test.id}/copy-to-live", url=URL).status_code == 403
    assert "Copy to Live" not in viewer.get(f"/webhooks/{in_test.id}").text
