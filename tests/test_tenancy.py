"""A tenant's rows are reached by `Model.of` and its siblings, and by nothing else."""

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

import webhooks_app
from tests import factories
from tests.support import tenancy
from webhooks_app.extensions import Base, db
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Delivery, Subscription
from webhooks_app.models.ownership import OrganisationOwned, TenantOwned

PACKAGE = Path(webhooks_app.__file__).parent


def test_every_model_with_an_organisation_says_whose_it_is() -> None:
    for mapper in Base.registry.mappers:
        names = set(mapper.columns.keys())
        if {"organisation_id", "mode"} <= names and not mapper.columns["mode"].nullable:
            assert issubclass(mapper.class_, TenantOwned), mapper.class_
        elif "organisation_id" in names:
            assert issubclass(mapper.class_, OrganisationOwned), mapper.class_


def test_nobody_else_writes_the_comparison() -> None:
    by_hand = re.compile(r"organisation_id\s*[!=]=|filter_by\(")
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "migrations" not in path.parts and by_hand.search(path.read_text())
    }
    assert found == {"models/ownership.py"}


def test_a_row_of_another_organisation_or_mode_is_not_found(app: Flask) -> None:
    ours, theirs = factories.organisation(), factories.organisation("Other")
    row = factories.webhook(ours, "https://example.com")
    for tenant, found in (
        (Tenant(ours.id, "live"), [row]),
        (Tenant(ours.id, "test"), []),
        (Tenant(theirs.id, "live"), []),
    ):
        assert db.session.scalars(Subscription.of(tenant)).all() == found


@pytest.mark.parametrize("how", ["where", "filter_by", "in"])
def test_the_watch_sees_a_comparison_by_hand(
    app: Flask, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenancy, "_is_ours", lambda: True)
    query = {
        "where": select(Delivery.id).where(Delivery.organisation_id == "org_1"),
        "filter_by": select(Delivery).filter_by(organisation_id="org_1"),
        "in": select(Delivery.id).where(Delivery.organisation_id.in_(["org_1"])),
    }[how]
    db.session.execute(query).all()
    assert tenancy.found
    tenancy.found.clear()
    db.session.execute(Delivery.of(Tenant("org_1", "live"))).all()
    assert not tenancy.found
