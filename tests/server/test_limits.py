"""Limits hold over two web servers with one Redis, and each alone without it."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
import requests

from tests.conftest import settings_for
from tests.server.conftest import Site, organisation_of, running
from tests.support.servers import PATIENCE, RedisServer, free_port
from webhooks_app import create_app
from webhooks_app.lib.rate import BLOCKS

MOST = 100
LEAD = {"type": "lead.captured", "data": {"name": "Ada"}}


@pytest.fixture
def sites(sqlite_template: Path, own_redis: RedisServer, tmp_path: Path) -> Iterator[list[Site]]:
    """Two, of which the second has keys of its own too."""
    shutil.copy(sqlite_template, tmp_path / "hookline.db")
    with ExitStack() as stack:
        sites = []
        for number in range(2):
            settings = settings_for(
                f"sqlite:///{tmp_path}/hookline.db", own_redis.url, tmp_path, port=free_port()
            )
            app, log = create_app(settings), tmp_path / f"{number}.log"
            site = Site(settings.port, *organisation_of(app), log=log, app=app)
            limits = dict.fromkeys(("INGEST_RATE_LIMIT", "API_RATE_LIMIT"), f"{MOST} per hour")
            stack.enter_context(running(site, settings, **limits))
            sites.append(site)
        yield sites


def answers(sites: list[Site], key: str, number: int, method: str, path: str) -> list[int]:
    """The statuses of requests with one key, to each site in turn."""

    def ask(site: Site) -> int:
        headers = replace(site, key=key).authorization
        body = LEAD if method == "POST" else None
        url = f"{site.url}/api/v1{path}"
        return requests.request(
            method, url, json=body, headers=headers, timeout=PATIENCE
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, [site for site, _ in zip(cycle(sites), range(number))]))


@pytest.mark.timeout(900)
def test_a_limit_holds_over_both_and_without_redis_for_each(
    sites: list[Site], own_redis: RedisServer
) -> None:
    spare = len(sites) * max(1, MOST // BLOCKS)
    for method, path, done in (("POST", "/events", 202), ("GET", "/deliveries", 200)):
        statuses = answers(sites, sites[0].key, 3 * MOST, method, path)
        assert set(statuses) == {done, 429}
        assert MOST - spare <= statuses.count(done) <= MOST + spare, path
    own_redis.kill()
    statuses = answers(sites, sites[1].key, 3 * MOST, "POST", "/events")
    assert statuses.count(202) == 2 * MOST
    assert statuses.count(429) == MOST
