"""The outbox: mails for operators to read, in which no content can act."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.web.conftest import PASSWORD, Person
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Mail

HTML = "<p style='color:red'>Hello</p><script>alert(1)</script>"


@pytest.fixture
def operator(app: Flask) -> Person:
    factories.user("ops@example.com", PASSWORD, is_operator=True)
    return Person(app.test_client()).log_in("ops@example.com")


def mail(subject: str = "Hello", status: str = "outbox", text: str = "Text") -> Mail:
    row = Mail(
        id=new_id("mai"),
        recipient="ada@example.com",
        subject=subject,
        text=text,
        html=HTML if text else "",
        template="invitation",
        status=status,
        created_at=utcnow(),
    )
    db.session.add(row)
    db.session.commit()
    return row


def test_an_operator_without_an_organisation_reads_it(operator: Person) -> None:
    assert "No e-mails yet" in operator.get("/outbox/").text
    mail("<b>First</b>")
    page = operator.get("/outbox/").text
    assert "&lt;b&gt;First&lt;/b&gt;" in page
    assert "ada@example.com" in page
    assert "not sent" in page


def test_the_html_of_a_mail_is_framed_where_it_can_do_nothing(operator: Person) -> None:
    row = mail()
    page = operator.get(f"/outbox/{row.id}")
    assert re.search(rf'<iframe[^>]* sandbox [^>]*src="/outbox/{row.id}/html"', page.text)
    assert "<script>" not in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    framed = operator.get(f"/outbox/{row.id}/html")
    assert framed.text == HTML
    policy = framed.headers["Content-Security-Policy"].split("; ")
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert not any(part.startswith("script-src") for part in policy)


def test_other_pages_frame_nothing(operator: Person) -> None:
    assert "frame-src" not in operator.get("/outbox/").headers["Content-Security-Policy"]


def test_of_a_mail_that_was_sent_only_the_subject_is_left(operator: Person) -> None:
    row = mail(status="sent", text="")
    assert f"/outbox/{row.id}" not in operator.get("/outbox/").text
    page = operator.get(f"/outbox/{row.id}").text
    assert "iframe" not in page
    assert "only its subject is kept" in page


def test_an_owner_is_no_operator(owner: Person, person: Callable[..., Person]) -> None:
    row = mail()
    for path in ("/outbox/", f"/outbox/{row.id}", f"/outbox/{row.id}/html"):
        assert owner.get(path).status_code == 404
    assert owner.get("/outbox/mai_unknown").status_code == 404


def test_upkeep_leaves_what_is_young(app: Flask, operator: Person) -> None:
    row = mail()
    upkeep.delete_unusable()
    db.session.rollback()
    assert db.session.scalars(select(Mail.id)).all() == [row.id]
    assert operator.get("/outbox/").status_code == 200
