"""The RQ dashboard in a real browser: its scripts run under our policy, and jobs are text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from werkzeug.serving import make_server

from tests import factories
from tests.browser.test_accessibility import findings
from tests.support.servers import RedisServer
from tests.web.conftest import PASSWORD
from webhooks_app import queue

EVIL = "<img src=x onerror=alert(1)>"


@dataclass
class Watched:
    """A page at `url`, and what went wrong in it."""

    page: Page
    url: str
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.url}/ops/rq/{path}")
        return self.page


@pytest.fixture
def operator(app: Flask, browser: Browser) -> Iterator[Watched]:
    factories.user("ops@example.com", is_operator=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context()
    watched = Watched(context.new_page(), f"http://127.0.0.1:{server.port}")
    page = watched.page
    page.on("dialog", lambda dialog: (watched.dialogs.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    page.on("console", lambda line: watched.errors.append(line.text))
    page.goto(f"{watched.url}/login?next=/ops/rq/")
    page.fill("[name=email]", "ops@example.com")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/ops/rq/")
    yield watched
    context.close()
    server.shutdown()


@pytest.fixture
def evil(operator: Watched, redis_server: RedisServer) -> str:
    """The id of a failed job that is markup wherever a job may hold text."""
    redis = Redis.from_url(redis_server.url)
    made = queue.queue_named(queue.DELIVERIES, redis)
    job = made.enqueue("builtins.int", args=(EVIL,), description=EVIL, meta={EVIL: EVIL})
    SimpleWorker([made], connection=redis, serializer=JSONSerializer, name=EVIL).work(
        burst=True, logging_level="CRITICAL"
    )
    busy = SimpleWorker([made], connection=redis, serializer=JSONSerializer, name=EVIL)
    busy.register_birth()
    busy.prepare_job_execution(made.enqueue("builtins.int", args=(EVIL,)))
    return str(job.id)


def test_a_job_that_is_markup_is_shown_as_text(operator: Watched, evil: str) -> None:
    page = operator.open(f"0/view/job/{evil}")
    page.wait_for_selector("pre.exc_info")
    assert EVIL in page.inner_text(".description-scroll")
    assert f"ValueError: invalid literal for int() with base 10: '{EVIL}'" in page.inner_text(
        "pre.exc_info"
    )
    assert page.inner_text("#job-data").count(EVIL) >= 4
    unharmed(operator)

    page = operator.open("0/view/jobs/deliveries/failed/8/asc/1")
    page.wait_for_selector("tr[data-role=job]")
    assert page.inner_text("span.description") == EVIL
    assert EVIL in page.inner_text("pre.exc_info")
    unharmed(operator)

    page = operator.open("0/view/workers")
    page.wait_for_selector("tr[data-role=worker]")
    assert page.inner_text("tr[data-role=worker]").count(EVIL) == 2
    unharmed(operator)


def unharmed(operator: Watched) -> None:
    assert operator.page.query_selector("img") is None
    assert operator.dialogs == []
    assert refused(operator) == []


def refused(operator: Watched) -> list[str]:
    """What the policy refused, but for the colours and margins in style attributes."""
    return [error for error in operator.errors if "style-src" not in error]


def test_jobs_are_queued_again_and_deleted_by_the_buttons(
    operator: Watched, evil: str, redis_server: RedisServer
) -> None:
    made = queue.queue_named(queue.DELIVERIES, Redis.from_url(redis_server.url))
    page = operator.open(f"0/view/job/{evil}")
    with page.expect_response("**/requeue") as answer:
        page.click("#requeue-job-btn")
    assert answer.value.status == 200
    assert evil in made.job_ids

    page = operator.open("0/view/jobs/deliveries/queued/8/asc/1")
    assert not page.is_visible("#trouble")
    page.click("#empty-btn")
    with page.expect_response("**/empty") as answer:
        page.click("#confirmation-modal-yes")
    assert answer.value.status == 200
    page.wait_for_selector("text=No jobs.")
    assert made.job_ids == []
    assert refused(operator) == []


def test_what_fails_is_said(operator: Watched, evil: str, redis_server: RedisServer) -> None:
    page = operator.open(f"0/view/job/{evil}")
    page.wait_for_selector("#requeue-job-btn")
    made = queue.queue_named(queue.DELIVERIES, Redis.from_url(redis_server.url))
    made.failed_job_registry.requeue(evil)
    page.click("#requeue-job-btn")
    page.wait_for_selector("#trouble >> text=409")


@pytest.mark.parametrize("path", ["", "0/view/jobs", "0/view/workers", "0/view/job/{id}"])
def test_axe_finds_nothing(operator: Watched, evil: str, path: str) -> None:
    page = operator.open(path.format(id=evil))
    page.wait_for_load_state("networkidle")
    assert findings(page) == []
