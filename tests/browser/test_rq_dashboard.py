"""The RQ dashboard in a real browser: its buttons, in both schemes, with a clean console."""

from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from werkzeug.serving import make_server

from tests import factories
from tests.browser.conftest import PATIENCE
from tests.browser.test_accessibility import findings
from tests.support.servers import RedisServer
from tests.web.conftest import PASSWORD
from webhooks_app import queue

EVIL = "<img/src=x/onerror=alert(1)>"  # without spaces: Redis keeps a worker's name


@pytest.fixture
def page(app: Flask, browser: Browser) -> Iterator[Page]:
    """An operator's page. An error in its console fails the test, and so does a dialog."""
    factories.user("ops@example.com", is_operator=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context(base_url=f"http://127.0.0.1:{server.port}")
    context.set_default_timeout(PATIENCE)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.goto("/ops/rq/")
    page.fill("[name=email]", "ops@example.com")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/ops/rq/")
    yield page
    context.close()
    server.shutdown()
    assert complaints == []


@pytest.fixture
def failed(page: Page, redis_server: RedisServer) -> str:
    """The id of a failed job that has markup wherever a job can have text."""
    made = queue.queue_named(queue.DELIVERIES, Redis.from_url(redis_server.url))
    job = made.enqueue("builtins.int", args=(EVIL,), description=EVIL, meta={EVIL: EVIL})
    SimpleWorker([made], connection=made.connection, serializer=JSONSerializer, name=EVIL).work(
        burst=True, logging_level="CRITICAL"
    )
    return str(job.id)


def test_a_failed_job_is_looked_at_queued_again_and_deleted(
    page: Page, failed: str, redis_server: RedisServer
) -> None:
    made = queue.queue_named(queue.DELIVERIES, Redis.from_url(redis_server.url))
    page.goto("/ops/rq/")
    page.get_by_role("link", name="failed in deliveries: 1").click()
    page.get_by_role("link", name=EVIL).click()
    page.get_by_role("heading", name=EVIL).wait_for()
    assert f"invalid literal for int() with base 10: '{EVIL}'" in page.inner_text("pre")
    page.get_by_role("button", name="Queue again").click()
    page.get_by_text("The job is queued again.").wait_for()
    assert failed in made.job_ids

    page.goto("/ops/rq/0/view/jobs/deliveries/queued/25/dsc/1")
    page.get_by_role("button", name="Delete all queued").click()
    page.get_by_role("heading", name="Delete all of these jobs?").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("No queued jobs.").wait_for()
    assert made.job_ids == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, failed: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    jobs = "0/view/jobs/deliveries/failed/25/dsc/1"
    for path in ("", jobs, "0/view/workers", f"0/view/job/{failed}"):
        page.goto(f"/ops/rq/{path}")
        assert findings(page) == [], path


def test_a_page_that_is_open_follows(page: Page, redis_server: RedisServer) -> None:
    page.goto("/ops/rq/")
    page.get_by_text("No queues yet.").wait_for()
    queue.queue_named("later", Redis.from_url(redis_server.url)).enqueue("operator.add")
    page.get_by_role("cell", name="later", exact=True).wait_for()
