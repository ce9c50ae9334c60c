"""What looking up an organisation's names costs, and how stale they may be."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event

from tests import factories
from webhooks_app.events import custom_types, type_registry
from webhooks_app.events.type_registry import CustomNames
from webhooks_app.extensions import db
from webhooks_app.models import Organisation

SAMPLE = {"name": "order.paid", "sample": '{"id":"ord_1"}'}


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation()


@pytest.fixture
def queries(app: Flask) -> Iterator[list[str]]:
    """The queries from now on."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def registered(organisation: Organisation) -> None:
    custom_types.register(db.session(), organisation.id, SAMPLE)
    type_registry.forget(organisation.id)


def test_a_known_name_costs_one_query_a_second(
    organisation: Organisation, queries: list[str]
) -> None:
    registered(organisation)
    queries.clear()
    for _ in range(100):
        assert "order.paid" in CustomNames(organisation.id)
    assert len(queries) == 1


def test_unknown_names_cost_one_query_a_request(
    organisation: Organisation, queries: list[str]
) -> None:
    own = CustomNames(organisation.id)
    queries.clear()
    assert not any(f"no.such_{n}" in own for n in range(100))
    assert len(queries) == 1


def test_a_new_one_is_known_at_once(organisation: Organisation) -> None:
    assert "order.paid" not in CustomNames(organisation.id)
    custom_types.register(db.session(), organisation.id, SAMPLE)
    assert "order.paid" in CustomNames(organisation.id)


def test_a_retired_one_is_unknown_at_once_here_and_soon_elsewhere(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(organisation)
    assert "order.paid" in CustomNames(organisation.id)
    row = type_registry.find_own(db.session(), organisation.id, "order.paid")
    monkeypatch.setattr(custom_types, "forget", lambda _: None)
    custom_types.retire(db.session(), row)
    assert "order.paid" in CustomNames(organisation.id)
    monkeypatch.setattr(type_registry._kept, "_seconds", 0.0)
    assert "order.paid" not in CustomNames(organisation.id)


def test_names_of_others_are_unknown(organisation: Organisation) -> None:
    registered(organisation)
    assert "order.paid" not in CustomNames(factories.organisation("Others").id)
