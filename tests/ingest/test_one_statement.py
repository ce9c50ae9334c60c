"""The common statement stores what is new, and leaves the rest to the other way."""

import pytest
from flask import Flask

from tests import factories
from webhooks_app.extensions import db
from webhooks_app.ingest.accept import IngestRequest
from webhooks_app.ingest.one_statement import store_plain
from webhooks_app.ingest.selection import select_before
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.incoming import Incoming

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def tenant(app: Flask) -> Tenant:
    return factories.tenant(factories.organisation())


def plainly(tenant: Tenant, *events: Incoming) -> list[bool]:
    """Which of them are stored by the common statement."""
    asked = [
        IngestRequest(tenant, [one], selection=select_before(db.engine, tenant, [one]))
        for one in events
    ]
    store_plain(db.engine, asked)
    return [one.done for one in asked]


def test_the_common_statement_passes_over_what_has_a_key_that_is_taken(tenant: Tenant) -> None:
    """Of two keys, the one that is free stays free."""
    db.session.commit()
    assert plainly(tenant, factories.lead(idempotency_key="key-1")) == [True]
    again = factories.lead(idempotency_key="key-1", source_id="source-1")
    assert plainly(tenant, again, factories.lead()) == [False, True]
    other = Tenant(tenant.organisation_id, "test")
    assert plainly(other, factories.lead(idempotency_key="key-1")) == [True]
    assert plainly(tenant, factories.lead(source_id="source-1")) == [True]
