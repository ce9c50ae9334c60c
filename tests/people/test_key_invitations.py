"""Invitations that an API key sent end with it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests import factories
from webhooks_app.extensions import db
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey
from webhooks_app.organisations.audit_log import Actor, act_as
from webhooks_app.people import invitations
from webhooks_app.vocabulary import ActorKind, Role

EMAIL = "ada@people.example"
PAST = utcnow() - timedelta(days=1)


@pytest.mark.parametrize(
    ("key", "works"),
    [
        ({}, True),
        ({"expires_at": utcnow() + timedelta(days=1)}, True),
        ({"expires_at": PAST}, False),
        ({"revoked_at": PAST}, False),
    ],
)
def test_an_invitation_of_a_key_works_while_the_key_does(
    app: Flask, key: dict[str, object], works: bool
) -> None:
    organisation = factories.organisation()
    factories.api_key(organisation, id="key_backend")
    user = factories.user(EMAIL)
    act_as(Actor(ActorKind.API_KEY, "Backend", "key_backend"))
    made, link = invitations.invite_by_link(db.session(), organisation, EMAIL, Role.ADMIN)
    if key:
        db.session.execute(update(ApiKey).where(ApiKey.id == "key_backend").values(**key))
        db.session.commit()

    listed = invitations.find_listed(db.session(), organisation.id, made.id)
    assert listed.works == works
    token = link.rpartition("/")[2]
    if works:
        assert invitations.by_token(db.session(), token).id == made.id
        assert invitations.accept(db.session(), token, user) == organisation.id
    else:
        for attempt in (
            lambda: invitations.by_token(db.session(), token),
            lambda: invitations.accept(db.session(), token, user),
        ):
            with pytest.raises(NotFound):
                attempt()
