"""Requests that our pages never send get a 4xx, and the error page still has its frame."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation, Subject
from webhooks_app.web.tenancy import member_required


def test_the_answer_of_an_inbox_without_a_field(owner: Person, organisation: Organisation) -> None:
    token = factories.inbox(organisation).token
    for form in ({}, {"status": "x"}, {"delay": "nan"}, {"status": "200"}, {"delay": "1e999"}):
        assert owner.post(f"/test-webhook/{token}/answer", **form).status_code == 422, form


@pytest.mark.parametrize("query", ["cursor=x", "cursor=!", "first=x", "first=%00"])
def test_a_page_that_no_link_of_ours_names(owner: Person, query: str) -> None:
    """The list that refreshes itself alone begins with a `first` row."""
    listed = owner.client.get(f"/deliveries/?{query}", headers={"HX-Request": "true"})
    assert listed.status_code == 400
    page = owner.get(f"/deliveries/?{query}")
    assert page.status_code == (400 if query.startswith("cursor") else 200)


def test_the_error_page_after_a_flush_that_failed(
    app: Flask, organisation: Organisation, person: Callable[..., Person]
) -> None:
    """The session refuses every query until the failed transaction is rolled back."""
    organisation_id = organisation.id

    @app.get("/fails")
    @member_required
    def fails() -> str:
        for _ in range(2):
            row = Subject(
                organisation_id=organisation_id, type="a", id="b", name="", created_at=utcnow()
            )
            db.session.add(row)
            db.session.flush()
            db.session.expunge(row)
        return ""

    page = person("owner", organisation).get("/fails")

    assert page.status_code == 500
    assert "Something went wrong" in page.text
    assert organisation.name in page.text
