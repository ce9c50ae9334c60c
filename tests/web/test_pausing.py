"""Pausing and resuming on pages."""

import pytest

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Organisation, Subscription


@pytest.fixture(params=["webhook", "action"])
def path(request: pytest.FixtureRequest, owner: Person, organisation: Organisation) -> str:
    row: Subscription = getattr(factories, request.param)(organisation, "https://a.example/hook")
    return f"/{row.kind}s/{row.id}"


def test_it_is_paused_seen_and_resumed(
    owner: Person, organisation: Organisation, path: str
) -> None:
    assert f'action="{path}/pause"' in owner.get(path).text
    assert owner.post(f"{path}/pause").headers["Location"] == path
    factories.accepted(organisation, factories.lead(), factories.lead())
    page = owner.get(path).text
    assert "2 deliveries wait" in page
    assert f'href="{path}/resume"' in page
    assert f'action="{path}/pause"' not in page
    listed = owner.get(f"{path.rpartition('/')[0]}/").text
    assert "paused</span>" in listed
    assert "2 deliveries wait" in listed
    delivery = db.session.query(Delivery).first()
    assert delivery is not None
    assert "is paused: resume it" in owner.get(f"/deliveries/{delivery.id}").text
    assert "2 deliveries wait" in owner.get(f"{path}/resume").text
    assert owner.post(f"{path}/resume", rate="0.1").headers["Location"] == path
    db.session.rollback()
    first, second = db.session.query(Delivery).order_by(Delivery.id)
    assert (second.due_at - first.due_at).total_seconds() == 10
    assert "Paused" not in owner.get(path).text
    assert "It is not paused." in owner.get(f"{path}/resume").text


@pytest.mark.parametrize("rate", ["0", "1001", "fast", "nan"])
def test_a_rate_that_cannot_be_changes_nothing(owner: Person, path: str, rate: str) -> None:
    owner.get(path)
    owner.post(f"{path}/pause")
    answer = owner.post(f"{path}/resume", rate=rate)
    assert answer.status_code == 422
    assert 'id="rate-error"' in answer.text
    assert "Paused" in owner.get(path).text


def test_a_viewer_sees_it_and_has_no_button(
    owner: Person, organisation: Organisation, person: object, path: str
) -> None:
    owner.get(path)
    owner.post(f"{path}/pause")
    viewer = person("viewer", organisation)  # type: ignore[operator]
    page = viewer.get(path).text
    assert "Paused" in page
    assert "/resume" not in page
    assert viewer.get(f"{path}/resume").status_code == 403
