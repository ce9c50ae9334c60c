"""A whole organisation, visitors of every kind, and a check of every answer.

A run takes a sample, always the same, and each case on one of the two databases. `DRILL=1` runs
everything on both, which takes long.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories
from tests.support.sizes import DRILL
from tests.web.conftest import Person, organisation, person  # noqa: F401 - fixtures
from tests.web.test_permissions import acme, pages
from webhooks_app.extensions import db
from webhooks_app.models import User

SEED = 20_261_126
# Seconds for one test.
PATIENCE = pytest.mark.timeout(7200 if DRILL else 400)
ROLES = ("stranger", "owner", "viewer", "outsider", "operator")

T = TypeVar("T")
Share = Callable[[Iterable[T]], list[T]]


def sample(cases: Iterable[T], number: int) -> list[T]:
    every = list(cases)
    return every if DRILL or len(every) <= number else random.Random(SEED).sample(every, number)


def half(cases: Iterable[T], turn: int, number: int) -> list[T]:
    """Half of the cases in their order; the other half has the other `turn`.

    Each `number` draws another half. By position, a database might never get some value, since
    values repeat in a product.
    """
    every = list(cases)
    places = list(range(len(every)))
    random.Random(SEED + number).shuffle(places)
    return [every[place] for place in sorted(places[turn::2])]


@pytest.fixture
def share(database_url: str) -> Callable[[Iterable[T]], list[T]]:
    """The cases for this database."""
    turn, numbers = int(database_url.startswith("postgresql")), count()
    return lambda cases: list(cases) if DRILL else half(cases, turn, next(numbers))


@dataclass
class Watch:
    """Keeps answers with a 5xx, and everything else logged as an error."""

    caplog: pytest.LogCaptureFixture
    faults: list[str] = field(default_factory=list)
    asked: int = 0

    def __call__(self, response: TestResponse, *what: object) -> TestResponse:
        self.asked += 1
        if response.status_code >= 500:
            self.faults.append(f"{response.status_code} {' '.join(str(one)[:200] for one in what)}")
        return response

    def errors(self) -> list[str]:
        records = [record for record in self.caplog.records if record.levelname == "ERROR"]
        return [record.getMessage()[:300] for record in records]


@dataclass
class Scene:
    """What the tests request, and as whom.

    `paths` are all pages of an organisation with endpoint and method; `ids` are their parameters;
    `people` and `client`, with the headers of a live key, send the requests.
    """

    app: Flask
    client: FlaskClient
    key: dict[str, str]
    people: dict[str, Person]
    paths: Sequence[tuple[str, str, str]]
    ids: dict[str, dict[str, Any]]

    def id_of(self, parameter: str) -> Any:
        """What any page's address has for this parameter."""
        return next(ids[parameter] for ids in self.ids.values() if parameter in ids)


@pytest.fixture
def watch(caplog: pytest.LogCaptureFixture) -> Iterator[Watch]:
    watch = Watch(caplog)
    yield watch
    assert watch.asked > 20, "nothing was asked"
    assert not watch.faults, "\n".join(watch.faults[:50])
    assert not watch.errors(), "\n".join(watch.errors()[:20])


@pytest.fixture
def scene(app: Flask, client: FlaskClient, person: Callable[..., Person]) -> Scene:  # noqa: F811
    paths = pages(app)
    key = factories.bearer(factories.api_key(acme()))
    people = {role: person(role, acme()) for role in ROLES[:4]}
    factories.member(acme(), factories.user("operator@people.example"))
    people["operator"] = Person(app.test_client()).log_in("operator@people.example")
    db.session.query(User).filter_by(email="operator@people.example").one().is_operator = True
    db.session.commit()
    adapter = app.url_map.bind("localhost")
    ids = {endpoint: adapter.match(path, method)[1] for endpoint, method, path in paths}
    return Scene(app, client, key, people, paths, dict(ids))
