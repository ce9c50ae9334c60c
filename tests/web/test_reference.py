"""The pages of the API's reference, and what explains any other address."""

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests import factories
from tests.support.documented import DOCUMENT, bare_app
from tests.web.conftest import Person
from tests.web.test_permissions import INLINE
from webhooks_app.extensions import db
from webhooks_app.models import Organisation, Subscription
from webhooks_app.web.documents import DOCUMENTS
from webhooks_app.web.reference import OPERATIONS, PROBLEMS


def links_of(page: str) -> set[str]:
    return set(re.findall(r'href="(/(?:docs|api)/[^"#]+)', page))


@pytest.mark.quick
def test_every_operation_has_a_page_and_its_markdown() -> None:
    declared = sum(len(methods) for methods in DOCUMENT["paths"].values())
    assert len(OPERATIONS) == declared
    with bare_app() as app:
        client = app.test_client()
        index = client.get("/docs/reference/").text
        linked = links_of(index)
        for slug, one in OPERATIONS.items():
            page = client.get(f"/docs/reference/{slug}").text
            source = client.get(f"/docs/reference/{slug}.md")
            assert f'href="/docs/reference/{slug}"' in index
            assert f"{one.method} /api/v1{one.path}" in page
            assert (source.mimetype, source.text.partition("\n")[0]) == (
                "text/markdown",
                f"# {one.title}",
            )
            assert not INLINE.search(page)
            linked |= links_of(page)
        assert len(linked) > len(OPERATIONS) + len(PROBLEMS) - 5
        assert [link for link in linked if client.get(link).status_code != 200] == []
        assert client.get("/docs/reference/none").status_code == 404
        assert client.get("/docs/reference/none.md").status_code == 404


@pytest.mark.quick
def test_the_type_of_every_problem_leads_to_what_helps() -> None:
    with bare_app() as app:
        client = app.test_client()
        api = client.get("/docs/api").text
        for slug, kind in PROBLEMS.items():
            assert f'<td id="{slug}"' in api
            assert kind.helps in client.get(f"/docs/errors/{slug}.md").text
            assert f"/docs/errors/{slug}.md" in client.get(f"/docs/errors/{slug}").text
        assert client.get("/docs/errors/none").status_code == 404


@pytest.mark.quick
def test_any_address_with_md_or_llms_txt_is_explained() -> None:
    with bare_app() as app:
        client = app.test_client()
        texts = {document.text for document in DOCUMENTS.values()}
        walked = 0
        for rule in app.url_map.iter_rules():
            path = re.sub(r"<int:[^>]+>", "1", rule.rule)
            path = re.sub(r"<any\((\w+)[^>]*>", r"\1", path)
            path = re.sub(r"<[^>]+>", "x1", path).rstrip("/")
            if rule.endpoint.startswith(("docs.", "reference.", "static", "rq_dashboard.")):
                continue
            for ending in (".md", "/llms.txt"):
                answer = client.get(f"{path or '/'}{ending}")
                if "/event-types/" in path and ending == ".md":
                    continue  # an event type may be called so
                if path and not rule.endpoint.startswith("api."):
                    assert answer.text in texts, (path, ending)
                    walked += 1
        assert walked > 200
        assert client.get("/webhooks/whk_1.md").text == DOCUMENTS["dashboard"].text
        assert client.get("/api/v1/webhooks.md").text == DOCUMENTS["api"].text
        assert client.get("/nowhere.md").status_code == 404
        assert client.get("/nowhere/llms.txt").status_code == 404


@pytest.mark.quick
def test_links_of_llms_txt_are_absolute_and_lead_somewhere() -> None:
    with bare_app() as app:
        client = app.test_client()
        links = re.findall(r"\]\(([^)]+)\)", client.get("/llms.txt").text)
        assert "http://localhost/api/v1/openapi.json" in links
        assert len(links) > len(DOCUMENTS) + len(OPERATIONS)
        assert {client.get(link).status_code for link in links} == {200}
        assert all(link.startswith("http://localhost/") for link in links)


def webhooks() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Subscription)) or 0


def test_a_request_is_tried_with_a_test_key(
    app: Flask, organisation: Organisation, person: object
) -> None:
    visitor = Person(app.test_client())
    page = visitor.get("/docs/reference/create-webhook").text
    body = {"name": "Tried", "url": "https://a.example/", "event_types": ["lead.captured"]}

    def send(slug: str, key: str, **fields: str) -> TestResponse:
        return visitor.post(f"/docs/reference/{slug}/try", key=key, **fields)

    assert 'name="path-' not in page
    key = factories.api_key(organisation, mode="test")
    made = send("create-webhook", key, body=json.dumps(body))
    assert made.status_code == 200
    assert "201 CREATED" in made.text
    assert webhooks() == 1
    [row] = db.session.scalars(select(Subscription)).all()
    read = send("read-webhook", key, **{"path-webhook_id": row.id})
    assert "200 OK" in read.text
    assert "Tried" in read.text
    listed = send("list-webhooks", key, **{"query-limit": "0"})
    assert "422" in listed.text
    assert key not in made.text + read.text
    assert "401 UNAUTHORIZED" in send("list-webhooks", "hk_test_unknown").text


def test_a_live_key_is_not_tried(app: Flask, organisation: Organisation) -> None:
    visitor = Person(app.test_client())
    visitor.get("/docs/reference/create-webhook")
    body = '{"name": "A", "url": "https://a.example/", "event_types": ["lead.captured"]}'
    key = factories.api_key(organisation)
    refused = visitor.post("/docs/reference/create-webhook/try", key=key, body=body)
    assert refused.status_code == 422
    assert "Use a key of test mode" in refused.text
    assert key not in refused.text
    fragment = visitor.client.post(
        "/docs/reference/create-webhook/try",
        data={"csrf_token": visitor.token, "key": "", "body": body},
        headers={"HX-Request": "true"},
    )
    assert "Paste a key of test mode." in fragment.text
    assert "<html" not in fragment.text
    assert webhooks() == 0


def test_without_its_csrf_token_nothing_is_tried(
    client: FlaskClient, organisation: Organisation
) -> None:
    key = factories.api_key(organisation, mode="test")
    sent = client.post("/docs/reference/list-webhooks/try", data={"key": key})
    assert sent.status_code in (400, 422)
    assert "200 OK" not in sent.text
