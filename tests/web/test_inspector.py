"""What the inspector says of a delivery, and what it lets be copied."""

import pytest

from tests import factories
from tests.support.open_deliveries import arrange
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Organisation

URL = "https://receiver.example/hook"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def delivery(owner: Person, organisation: Organisation) -> Delivery:
    factories.webhook(organisation, URL)
    factories.accepted(
        organisation, factories.lead(data='{"name":"Ada\'s","email":"ada@example.com","n":1.10}')
    )
    delivery = db.session.query(Delivery).one()
    arrange(status="failed", tries=2)
    for number, code in ((1, 401), (2, 503)):
        factories.attempt(
            delivery,
            number,
            outcome="failed",
            failure="status",
            status_code=code,
            response_body=b'{"error":"no <b>","code":%d}' % code,
            response_headers='[["content-type","text/html"]]',
            request_headers='{"authorization":"\\u2022\\u2022","webhook-id":"msg_1"}',
        )
    return delivery


def test_a_page_has_the_list_with_its_filters_and_the_delivery(
    owner: Person, delivery: Delivery
) -> None:
    page = owner.get(f"/deliveries/{delivery.id}", status="failed").text
    assert f'href="/deliveries/{delivery.id}?status=failed"' in page
    assert 'data-list="/deliveries/?status=failed"' in page
    assert "The receiver is down or overloaded (503)" in page
    assert "Ada&#39;s · ada@example.com" in page
    nothing = owner.get(f"/deliveries/{delivery.id}", status="delivered").text
    assert "No deliveries match these filters" in nothing
    assert "The receiver is down or overloaded (503)" in nothing


def test_only_the_newest_response_is_in_the_page(owner: Person, delivery: Delivery) -> None:
    page = owner.get(f"/deliveries/{delivery.id}").text
    assert '<span class="n">503</span>' in page
    assert '<span class="n">401</span>' not in page
    older = owner.client.get(f"/deliveries/{delivery.id}/attempts/1", headers=HTMX).text
    assert '<span class="n">401</span>' in older
    assert "no &lt;b&gt;" in older


@pytest.mark.parametrize("part", ["body", "attempts/2/response", "attempts/2/curl"])
def test_what_is_copied_is_text_and_never_a_page(
    owner: Person, delivery: Delivery, part: str
) -> None:
    answer = owner.client.get(f"/deliveries/{delivery.id}/{part}")
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_command_is_quoted_for_a_shell(owner: Person, delivery: Delivery) -> None:
    command = owner.client.get(f"/deliveries/{delivery.id}/attempts/2/curl").text
    assert command.startswith(f"curl -X POST {URL} \\\n  -H ")
    assert "'webhook-id: msg_1'" in command
    assert """Ada'"'"'s""" in command
    assert '"n":1.10' in command


def test_two_responses_are_compared(owner: Person, delivery: Delivery) -> None:
    page = owner.get(f"/deliveries/{delivery.id}/attempts/2/comparison").text
    assert "&#34;code&#34;: 401" in page.partition("<del>")[2]
    assert "<ins>" in page
    for number in (1, 3):
        missing = owner.get(f"/deliveries/{delivery.id}/attempts/{number}/comparison")
        assert missing.status_code == 404


def test_the_signature_tool_is_filled_in_with_the_last_request(
    owner: Person, delivery: Delivery, organisation: Organisation
) -> None:
    page = owner.get("/tools/signature", delivery_id=delivery.id).text
    assert "webhook-id: msg_1" in page
    assert "&#34;n&#34;:1.10" in page
    assert '<option selected value="standard">' in page
    assert owner.get("/tools/signature", delivery_id="msg_0").status_code == 404


def test_each_time_that_it_was_sent_is_there(owner: Person, delivery: Delivery) -> None:
    assert "lineage" not in owner.get(f"/deliveries/{delivery.id}").text
    for _ in range(2):
        owner.get(f"/deliveries/{delivery.id}")
        again = owner.post(f"/deliveries/{delivery.id}/replay").headers["Location"]
    page = owner.get(again).text.partition('class="lineage"')[2].partition("</ol>")[0]
    assert page.count("<li>") == 3
    assert page.count("first sent") == 1
    assert f'href="{again}" data-open aria-current="true"' in page


def test_a_mail_has_no_command_and_no_signature(owner: Person, organisation: Organisation) -> None:
    factories.action(organisation, "", channel="email", email_to=["owner@people.example"])
    factories.accepted(organisation)
    delivery = db.session.query(Delivery).one()
    factories.attempt(delivery, url="mailto:owner@people.example")
    arrange(status="delivered", tries=1)
    page = owner.get(f"/deliveries/{delivery.id}").text
    assert "The mail server accepted it." in page
    assert "Copy as cURL" not in page
    assert "Check signature" not in page
    assert owner.get(f"/deliveries/{delivery.id}/attempts/1/curl").status_code == 404
