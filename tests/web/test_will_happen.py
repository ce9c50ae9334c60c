"""The right half of a form: what would have fired, and what is sent."""

import re
from typing import Any

import pytest

from tests import factories
from tests.web.conftest import Person
from tests.web.test_webhooks import form
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.models import Organisation
from webhooks_app.subscriptions.would_send import SECRET

PREVIEW = "/webhooks/preview"


def shown(owner: Person, path: str = PREVIEW, **more: Any) -> str:
    owner.get("/webhooks/new")
    return owner.post(path, **form(**more)).text


def mail_form(**more: Any) -> dict[str, Any]:
    return {"event_types": "lead.captured", "channel": "email", "email_to": "a@x.example"} | more


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_each_format_shows_its_request_for_the_sample(owner: Person, name: str) -> None:
    page = shown(owner, wire_format=name)
    signature = FORMATS[name].signature_header
    names = [found.lower() for found in re.findall(r"<dt><code>([^<]+)</code></dt>", page)]
    assert "content-type" in names
    assert (signature in names) == (signature is not None)
    assert "Maya Lindqvist" in page
    assert SECRET not in page


def test_the_newest_event_that_matches_is_shown_or_the_one_that_is_chosen(
    owner: Person, organisation: Organisation
) -> None:
    ids = [
        factories.accepted(organisation, factories.lead(data=f'{{"name": "{name}"}}'))[0].id
        for name in ("Ada", "Bob", "Eve")
    ]
    only_bob = {
        "conditions-0-field": "name",
        "conditions-0-operator": "equals",
        "conditions-0-value": "Bob",
    }

    def body(page: str) -> str:
        return page.partition('aria-label="Body of the request"')[2].partition("</div></div>")[0]

    assert "Eve" in body(shown(owner))
    filtered = shown(owner, **only_bob)
    assert "Bob" in body(filtered)
    assert "<strong>1 of the last 3</strong>" in filtered
    assert "2 would not, and why" in filtered
    assert filtered.count("no match") == 2
    assert "Ada" in body(shown(owner, **only_bob, shown_event=ids[0]))
    assert "Maya" in body(shown(owner, **only_bob, shown_event="sample"))


def test_a_pattern_shows_the_first_type_that_fits(owner: Person) -> None:
    page = shown(owner, event_types=["customer.*"])
    assert "customer.created" in page
    assert 'aria-label="Body of the request"' in page


def test_nothing_of_other_organisations_is_shown(owner: Person) -> None:
    others = factories.organisation("Others")
    [theirs] = factories.accepted(others, factories.lead(data='{"name": "Theirs"}'))
    assert "Theirs" not in shown(owner, shown_event=theirs.id)
    mail = owner.get("/mail-preview/", type="lead.captured", event=theirs.id)
    assert mail.status_code == 200
    assert "Theirs" not in mail.text


def test_header_values_are_hidden(owner: Person) -> None:
    page = shown(owner, headers="Authorization: Bearer t0p")
    assert "<dt><code>Authorization</code></dt><dd><code>••••••</code></dd>" in page


def test_a_mail_is_shown_in_a_frame_without_scripts(owner: Person) -> None:
    page = shown(owner, "/actions/preview", **mail_form(email_subject="Hi {{ data.name }}"))
    assert "Hi Maya Lindqvist" in page
    [src] = re.findall(r'src="(/mail-preview/[^"]+)"', page)
    mail = owner.get(src.replace("&amp;", "&"))
    assert "maya" in mail.text.lower()
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    assert "script-src" not in mail.headers["Content-Security-Policy"]


def test_a_digest_is_shown_with_its_own_settings(owner: Person, organisation: Organisation) -> None:
    asked = mail_form(name="Weekly", frequency="weekly", hour="7", weekday="2")
    page = shown(owner, "/actions/preview", **asked)
    [src] = re.findall(r'src="(/mail-preview/[^"]+)"', page)
    mail = owner.get(src.replace("&amp;", "&")).text
    assert organisation.name in mail
    assert "Weekly" in mail


def test_fields_and_subjects_are_offered(owner: Person, organisation: Organisation) -> None:
    factories.accepted(organisation, factories.lead(subject=("chatbot", "bot_7")))
    page = shown(owner)
    assert '<option value="email">' in page
    assert '<option value="bot_7">' in page


def test_a_row_is_removed_and_the_others_stay(owner: Person) -> None:
    owner.get("/webhooks/new")
    rows: dict[str, Any] = {}
    for number, name in enumerate(("a", "b", "c")):
        rows[f"conditions-{number}-field"] = name
        rows[f"conditions-{number}-operator"] = "exists"
        rows[f"conditions-{number}-value"] = ""
    fields = form(**rows, remove="conditions-1")
    del fields["save"]
    page = owner.post("/webhooks/new", **fields).text
    found = re.findall(r'name="conditions-\d+-field"[^>]*value="([^"]*)"', page)
    assert found == ["a", "c", ""]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("url", "", "Enter the address"), ("scope_id", "", "Enter the ID of the chatbot")],
)
def test_what_is_missing_is_said_in_peoples_words(
    owner: Person, field: str, value: str, said: str
) -> None:
    owner.get("/webhooks/new")
    answer = owner.post("/webhooks/new", **form(scope_type="chatbot", **{field: value}))
    assert answer.status_code == 422
    assert said in answer.text
