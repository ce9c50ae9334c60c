"""The built-in receiver: its answers, what it keeps, and its pages."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.inbox import requests as inbox_requests
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Inbox, InboxRequest, Organisation
from webhooks_app.parts import parts_of
from webhooks_app.subscriptions.secrets import rotate_secret
from webhooks_app.web.views import receiver as door

LEAD = b'{"event":"LEAD_CREATED","data":{"name":"<b>Ada</b>","email":"ada@example.com"}}'
POLL = {"HX-Request": "true", "HX-Request-Type": "partial"}
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@pytest.fixture
def inbox(organisation: Organisation) -> Inbox:
    return factories.inbox(organisation, token="token-1")


def answer_form(**more: object) -> dict[str, object]:
    return {"status": 200, "delay": 0, "content_type": "json", "body": "{}", **more}


def poll(owner: Person, path: str) -> tuple[int, str]:
    response = owner.client.get(path, headers=POLL)
    return response.status_code, response.text


def poll_path(html: str) -> str:
    found = re.search(r'id="requests"[^>]* hx-get="([^"]+)"', html)
    assert found
    return found[1].replace("&amp;", "&")


def test_it_shows_what_came_and_whether_it_was_signed(owner: Person, inbox: Inbox) -> None:
    owner.client.post("/test-webhook/token-1", data=LEAD, headers=factories.signed(LEAD))
    owner.client.put("/test-webhook/token-1", data=LEAD + b" ", headers=factories.signed(LEAD))
    owner.client.post("/test-webhook/token-1", data=b"\x00\xff")
    page = owner.get("/test-webhook/token-1").text
    assert "The signature is right" in page
    assert "Signature mismatch" in page
    assert "has no signature" in page
    assert "<b>Ada" not in page
    assert "Lead information" in page
    assert "127.0.0.1" in page
    assert ">PUT<" in page


@pytest.mark.parametrize("body", [b"[" * 300 + b"]" * 300, b"[" * 99_999, b"x" * 100_000])
def test_what_is_odd_is_text_and_cut(owner: Person, inbox: Inbox, body: bytes) -> None:
    assert owner.client.post("/test-webhook/token-1", data=body).status_code == 200
    page = owner.get("/test-webhook/token-1")
    assert page.status_code == 200
    assert len(page.text) < 60_000
    found = re.search(r'href="([^"]+/requests/[^"]+)"', page.text)
    assert found
    assert owner.get(found[1]).status_code == 200


def test_a_long_body_is_whole_on_a_page_of_its_own(owner: Person, inbox: Inbox) -> None:
    owner.client.post("/test-webhook/token-1", data=b'{"n":1.10,"text":"' + b"x" * 9000 + b'end"}')
    found = re.search(r'href="([^"]+/requests/[^"]+)"', owner.get("/test-webhook/token-1").text)
    assert found
    page = owner.get(found[1]).text
    assert "xend" in page
    assert "1.10" in page


def test_it_takes_no_giants_and_no_other_methods(client: FlaskClient, inbox: Inbox) -> None:
    assert client.post("/test-webhook/token-1", data=b"x" * 600_000).status_code == 413
    for method in ("PATCH", "DELETE"):
        assert client.open("/test-webhook/token-1", method=method).status_code == 405
    assert client.get("/test-webhook/token-1").status_code == 302
    assert db.session.query(InboxRequest).count() == 0


def test_credentials_of_the_sender_are_not_kept(
    owner: Person, client: FlaskClient, inbox: Inbox
) -> None:
    headers = {"Authorization": "Bearer hk_live_abc", "Cookie": "session=xyz", "X-Custom": "seen"}
    client.post("/test-webhook/token-1", data=LEAD, headers=headers)
    page = owner.get("/test-webhook/token-1").text
    assert "Bearer ••••••" in page
    assert "X-Custom: seen" in page
    kept = db.session.query(InboxRequest).one().headers
    assert "hk_live_abc" not in kept
    assert "xyz" not in kept


@pytest.mark.parametrize(
    ("status", "header"),
    [(201, None), (204, None), (301, "Location"), (410, None), (429, "Retry-After"), (599, None)],
)
def test_it_answers_as_told(owner: Person, inbox: Inbox, status: int, header: str | None) -> None:
    owner.post("/test-webhook/token-1/answer", **answer_form(status=status, body='{"a":\r\n1}'))
    response = owner.client.post("/test-webhook/token-1", data=LEAD)
    assert response.status_code == status
    assert response.text == ("" if status == 204 else '{"a":\n1}')
    assert header is None or response.headers[header]
    page = owner.get("/test-webhook/token-1").text
    assert f"responded {status}" in page
    owner.post("/test-webhook/token-1/answer", plain="1")
    response = owner.client.post("/test-webhook/token-1", data=LEAD)
    assert (response.status_code, response.get_json()) == (200, {"received": True})


def test_it_answers_text(owner: Person, inbox: Inbox) -> None:
    form = answer_form(content_type="text", body="<script>alert(1)</script>")
    owner.post("/test-webhook/token-1/answer", **form)
    response = owner.client.post("/test-webhook/token-1")
    assert response.mimetype == "text/plain"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "100"),
        ("status", "600"),
        ("status", ""),
        ("delay", "20.1"),
        ("delay", "nan"),
        ("delay", ""),
        ("content_type", "html"),
        ("body", "é" * 2049),
        ("body", "a\0b"),
    ],
)
def test_an_answer_that_cannot_be_says_why_and_keeps_what_was_typed(
    owner: Person, inbox: Inbox, field: str, value: str
) -> None:
    typed = answer_form(body='"typed"') | {field: value}
    response = owner.post("/test-webhook/token-1/answer", **typed)
    assert response.status_code == 422
    assert f'id="{field}-error"' in response.text
    assert field == "body" or "&#34;typed&#34;" in response.text
    db.session.expire_all()
    assert inbox.answer_status == 200


def test_an_answer_waits_without_a_database_connection(
    app: Flask, client: FlaskClient, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.answer_delay_ms, inbox.answer_status = 1500, 503
    db.session.commit()
    seen = []

    def sleep(seconds: float) -> None:
        with db.engine.connect() as connection:
            kept = connection.exec_driver_sql("SELECT status, delay_ms FROM inbox_requests").one()
        seen.append((seconds, db.engine.pool.checkedout(), tuple(kept)))  # type: ignore[attr-defined]

    monkeypatch.setattr(door, "sleep", sleep)
    assert client.post("/test-webhook/token-1", data=LEAD).status_code == 503
    assert seen == [(1.5, 0, (503, 1500))]


def test_only_some_answers_wait_at_once(
    app: Flask, owner: Person, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.answer_delay_ms = 20_000
    db.session.commit()
    waited: list[float] = []
    monkeypatch.setattr(door, "sleep", waited.append)
    delays = parts_of(app).delays
    assert delays.size == parts_of(app).settings.web_threads // 4
    with ExitStack() as others:
        for _ in range(delays.share):
            others.enter_context(delays.place(inbox.organisation_id))
        owner.client.post("/test-webhook/token-1", data=LEAD)
    assert waited == [0]
    assert "delay skipped" in owner.get("/test-webhook/token-1").text
    for _ in range(3):
        owner.client.post("/test-webhook/token-1", data=LEAD)
    assert waited == [0, 20, 20, 20]


def test_a_flood_is_held_up(
    client: FlaskClient, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_requests, "RATE", "3 per day")
    answers = [client.post("/test-webhook/token-1", data=b"{}") for _ in range(7)]
    assert [answer.status_code for answer in answers][-1] == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert 3 <= db.session.query(InboxRequest).count() < 7


def test_a_poll_answers_only_what_is_new(owner: Person, inbox: Inbox) -> None:
    empty = owner.get("/test-webhook/token-1").text
    assert "Nothing has arrived yet" in empty
    assert poll(owner, poll_path(empty)) == (204, "")

    owner.client.post("/test-webhook/token-1", data=LEAD)
    status, fragment = poll(owner, poll_path(empty))
    assert status == 200
    assert fragment.lstrip().startswith('<section id="requests"')
    assert "LEAD_CREATED" in fragment
    assert poll(owner, poll_path(fragment)) == (204, "")

    owner.get("/test-webhook/token-1/clear")
    owner.post("/test-webhook/token-1/clear")
    status, fragment = poll(owner, poll_path(fragment))
    assert status == 200
    assert "Nothing has arrived yet" in fragment


def test_a_poll_of_others_finds_nothing(
    person: Callable[..., Person], organisation: Organisation, inbox: Inbox
) -> None:
    assert poll(person("outsider"), "/test-webhook/token-1?after=")[0] == 404


def test_an_inbox_checks_with_the_secret_of_a_webhook(
    app: Flask, owner: Person, organisation: Organisation
) -> None:
    inbox = factories.inbox(organisation, secret=None, token="token-1")
    webhook = factories.webhook(organisation, "https://hooks.example/elsewhere")
    owner.client.post("/test-webhook/token-1", data=LEAD, headers=factories.signed(LEAD))
    assert "This inbox has no signing secret" in owner.get("/test-webhook/token-1").text

    form = {"source": "webhook", "webhook": webhook.id}
    owner.post("/test-webhook/token-1/secret", **form)
    assert "The signature is right" in owner.get("/test-webhook/token-1").text

    rotate_secret(
        db.session(), webhook, parts_of(app).vault, secret=OTHER_SECRET, overlap=timedelta(1)
    )
    signed = factories.signed(LEAD, OTHER_SECRET)
    owner.client.post("/test-webhook/token-1", data=LEAD, headers=signed)
    page = owner.get("/test-webhook/token-1").text
    assert page.count("The signature is right") == 2

    webhook.previous_secret_expires_at = utcnow() - timedelta(hours=1)
    db.session.commit()
    page = owner.get("/test-webhook/token-1").text
    assert page.count("The signature is right") == 1

    webhook.deleted_at = utcnow()
    db.session.commit()
    page = owner.get("/test-webhook/token-1").text
    assert "The webhook whose secret this inbox used is deleted." in page
    assert inbox.sealed_secret is None


def test_all_that_send_there_verify_by_themselves(
    app: Flask, owner: Person, organisation: Organisation, inbox: Inbox
) -> None:
    """A webhook and an action into one inbox, beside the secret of its own."""
    url = "https://hooks.example/test-webhook/token-1"
    secrets = [f"whsec_{name * 32}" for name in ("A", "B", "C")]
    factories.webhook(organisation, url, name="CRM", secret=secrets[0])
    factories.action(organisation, url, name="Leads", secret=secrets[1], mode="test")
    factories.webhook(factories.organisation("Others"), url, secret=secrets[2])
    for secret in (factories.SECRET, *secrets):
        signed = factories.signed(LEAD, secret)
        owner.client.post("/test-webhook/token-1", data=LEAD, headers=signed)
    page = owner.get("/test-webhook/token-1").text
    assert page.count("The signature is right") == 3
    told = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page))
    assert "checked with the secret of CRM, Leads (test), and with its own." in told


def test_the_secret_of_others_is_not_lent(
    owner: Person, organisation: Organisation, inbox: Inbox
) -> None:
    others = factories.webhook(factories.organisation("Others"), "https://a.example")
    for webhook in (others.id, "", "whk_none"):
        form = {"source": "webhook", "webhook": webhook}
        response = owner.post("/test-webhook/token-1/secret", **form)
        assert response.status_code == 422
        assert 'id="webhook-error"' in response.text
    assert others.name not in response.text
    db.session.expire_all()
    assert inbox.subscription_id is None


def test_a_secret_of_its_own_is_never_shown(owner: Person, inbox: Inbox) -> None:
    owner.post("/test-webhook/token-1/secret", source="own", secret=OTHER_SECRET)
    signed = factories.signed(LEAD, OTHER_SECRET)
    owner.client.post("/test-webhook/token-1", data=LEAD, headers=signed)
    page = owner.get("/test-webhook/token-1").text
    assert "The signature is right" in page
    assert OTHER_SECRET not in page
    owner.post("/test-webhook/token-1/secret", source="own", secret="")
    assert "The signature is right" in owner.get("/test-webhook/token-1").text
    assert owner.post("/test-webhook/token-1/secret", source="own", secret="x").status_code == 422
    assert owner.post("/test-webhook/token-1/secret", source="?").status_code == 400
    owner.post("/test-webhook/token-1/secret", source="none")
    assert "This inbox has no signing secret" in owner.get("/test-webhook/token-1").text
    assert owner.post("/test-webhook/token-1/secret", source="own").status_code == 422


def test_an_inbox_is_opened_used_and_deleted(owner: Person) -> None:
    assert "No inbox yet" in owner.get("/test-webhook/").text
    form = {"name": "Mine", "secret": factories.SECRET}
    opened = owner.post("/test-webhook/", **form).headers["Location"]
    assert "webhooks/new?url=http" in owner.get(opened).text
    assert owner.client.post(opened, data=LEAD).status_code == 200
    listed = owner.get("/test-webhook/").text
    assert re.search(r"Mine</a></td>\s*<td [^>]*>1</td>", listed)
    assert "cannot be undone" in owner.get(f"{opened}/delete").text
    owner.post(f"{opened}/delete")
    assert owner.client.post(opened, data=LEAD).status_code == 404
    assert "No inbox yet" in owner.get("/test-webhook/").text


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("secret", "short")])
def test_an_inbox_that_cannot_be_says_why(owner: Person, field: str, value: str) -> None:
    """Beside the field, and both fields keep what was typed."""
    typed = {"name": "Mine", "secret": factories.SECRET} | {field: value}
    response = owner.post("/test-webhook/", **typed)
    assert response.status_code == 422
    described = f'aria-describedby="{field}-help {field}-error" aria-invalid="true"'
    assert response.text.count(described) == response.text.count("aria-invalid") == 1
    for name, text in typed.items():
        assert re.search(f'<input [^>]*name="{name}" [^>]*value="{text}"', response.text)
    assert "No inbox yet" in owner.get("/test-webhook/").text


def test_a_secret_that_cannot_be_is_refused_beside_the_field(owner: Person, inbox: Inbox) -> None:
    response = owner.post(f"/test-webhook/{inbox.token}/secret", source="own", secret="short")
    assert response.status_code == 422
    assert re.search(
        '<input aria-describedby="secret-help secret-error" aria-invalid="true" [^>]*value="short"',
        response.text,
    )


def test_a_viewer_sees_no_forms(
    person: Callable[..., Person], organisation: Organisation, inbox: Inbox
) -> None:
    viewer = person("viewer", organisation)
    for path in ("/test-webhook/", "/test-webhook/token-1"):
        main = viewer.get(path).text.partition("<main")[2].partition("</main>")[0]
        assert "<form" not in main
