"""A separate installation for each journey."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.conftest import MEASURED
from tests.journeys.journey import Journey, answer_after
from tests.support.receiver import Receiver
from tests.support.servers import RedisServer, create_database

NUMBERS = count()

Measured = Callable[[str], None]


@pytest.fixture
def postgres(postgres_url: str) -> str:
    return create_database(postgres_url, f"hookline_journey_{os.getpid()}_{next(NUMBERS)}")


@pytest.fixture
def either_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """For `indirect` parametrisation by "sqlite" and "postgresql"."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/hookline.db"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def journey(postgres: str, own_redis: RedisServer, tmp_path: Path) -> Iterator[Journey]:
    yield from travelled(Journey(tmp_path, postgres, own_redis))


@pytest.fixture
def either_journey(
    either_database: str, own_redis: RedisServer, tmp_path: Path
) -> Iterator[Journey]:
    yield from travelled(Journey(tmp_path, either_database, own_redis))


def travelled(journey: Journey) -> Iterator[Journey]:
    try:
        journey.start_web()
        yield journey
    finally:
        journey.close()


@pytest.fixture
def slow_receiver() -> Iterator[Receiver]:
    """Slow enough that a kill happens with requests in flight."""
    with Receiver(answer_after(0.1)) as receiver:
        yield receiver


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """`measured("lag 0.4 s")` is shown at the end of the run."""
    properties = request.node.user_properties
    return lambda line: properties.append((MEASURED, f"{request.node.name}: {line}"))
