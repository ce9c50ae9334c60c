"""People who are logged in, each in their own browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories
from tests.support import places
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Mail, Organisation
from webhooks_app.people import second_factor

PASSWORD = "correct horse battery"


def token_in(html: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html)
    assert found, html
    return found[1]


@dataclass
class Person:
    """A browser with a session; `post` sends the CSRF token of the page it was on."""

    client: FlaskClient
    token: str = ""

    def get(self, path: str, **query: object) -> TestResponse:
        response = self.client.get(path, query_string=query or None)
        if 'name="csrf_token"' in response.text:
            self.token = token_in(response.text)
        return response

    def post(self, path: str, **form: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **form})

    def go_to(self, mode: str) -> TestResponse:
        """The overview in that mode; short addresses are of that mode from then on."""
        organisation, _ = places.at(self.client).rsplit("/", 1)
        return self.get(f"{organisation}/{mode}/")

    def log_in(self, email: str) -> "Person":
        self.get("/login")
        assert self.post("/login", email=email, password=PASSWORD).status_code == 302
        self.get("/notifications/")
        return self


@pytest.fixture
def clock_of_codes(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """It has stopped: otherwise the 30 seconds of a code could end between two requests."""
    now = utcnow()
    monkeypatch.setattr(second_factor, "utcnow", lambda: now)
    return now


def mailed_link() -> str:
    """The path of the link in the newest mail."""
    db.session.rollback()
    text = db.session.scalars(select(Mail.text).order_by(Mail.id.desc())).first()
    found = re.search(r"^http://127\.0\.0\.1:8000(/\S+)$", text or "", re.MULTILINE)
    assert found, text
    return found[1]


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    organisation = factories.organisation()
    factories.member(organisation, factories.user("owner@example.com", PASSWORD))
    return organisation


@pytest.fixture
def person(app: Flask) -> Callable[[str], Person]:
    """`person("viewer")`: a member with that role; `person("outsider")`, of another organisation;
    `person("stranger")`, not logged in."""

    def make(role: str, organisation: Organisation | None = None) -> Person:
        visitor = Person(app.test_client())
        if role == "stranger":
            return visitor
        if role == "outsider":
            organisation = factories.organisation("Others")
        assert organisation is not None
        email = f"{role}@people.example"
        as_role = "owner" if role == "outsider" else role
        factories.member(organisation, factories.user(email, PASSWORD), as_role)
        return visitor.log_in(email)

    return make


@pytest.fixture
def owner(organisation: Organisation, person: Callable[..., Person]) -> Person:
    return person("owner", organisation)
