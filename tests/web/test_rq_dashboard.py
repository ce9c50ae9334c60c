"""The RQ dashboard, on a real Redis with jobs in every state."""

import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import rq_dashboard
from flask import Flask
from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from tests import factories
from tests.conftest import Client, settings_for
from tests.support.servers import RedisServer
from tests.web.conftest import Person
from webhooks_app import create_app, queue
from webhooks_app.config import Settings
from webhooks_app.web.rq_dashboard import compiled_templates
from webhooks_app.web.security import CSP

UPSTREAM = Path(rq_dashboard.__file__).parent
REGISTRIES = ("queued", "started", "finished", "failed", "deferred", "scheduled", "canceled")


@pytest.fixture
def redis(redis_server: RedisServer) -> Redis:
    return Redis.from_url(redis_server.url)


@pytest.fixture
def jobs(app: Flask, redis: Redis) -> dict[str, Job]:
    """A job in each state, as our workers leave them."""
    made = queue.queue_named(queue.DELIVERIES, redis)
    jobs = {
        "finished": made.enqueue("operator.add", 1, 2, result_ttl=60),
        "failed": made.enqueue("operator.truediv", 1, 0),
    }
    worker([made], redis).work(burst=True, logging_level="CRITICAL")
    jobs["queued"] = made.enqueue("operator.add", 3, 4, meta={"why": "because"})
    jobs["deferred"] = made.enqueue("operator.add", 5, 6, depends_on=jobs["queued"])
    jobs["started"] = started(made.enqueue("operator.add", 7, 8), made, redis)
    return jobs


def worker(queues: list[Queue], redis: Redis) -> SimpleWorker:
    return SimpleWorker(queues, connection=redis, serializer=JSONSerializer)


def started(job: Job, of: Queue, redis: Redis) -> Job:
    """As if a worker were at it."""
    of.remove(job)
    busy = worker([of], redis)
    busy.register_birth()
    busy.prepare_execution(job)
    busy.prepare_job_execution(job)
    busy.set_state(WorkerStatus.BUSY)
    assert job.id in StartedJobRegistry(queue=of).get_job_ids()
    return job


@pytest.fixture
def operator(app: Flask, person: Callable[..., Person]) -> Person:
    factories.user("ops@example.com", is_operator=True)
    operator = person("stranger").log_in("ops@example.com")
    operator.token = token_of(operator.get("/ops/rq/").text)
    return operator


def token_of(page: str) -> str:
    found = re.search(r"'X-CSRFToken': \"([^\"]+)\"", page)
    assert found
    return found[1]


def post(operator: Person, path: str) -> int:
    return operator.client.post(path, headers={"X-CSRFToken": operator.token}).status_code


def test_every_page_shows_jobs_in_every_state(operator: Person, jobs: dict[str, Job]) -> None:
    for path in ("/ops/rq/", "/ops/rq/0/view/jobs", "/ops/rq/0/view/workers"):
        assert operator.get(path).status_code == 200, path
    for state in REGISTRIES:
        path = f"jobs/deliveries/{state}/8/asc/1"
        assert operator.get(f"/ops/rq/0/view/{path}").status_code == 200
        listed = operator.get(f"/ops/rq/0/data/{path}.json").get_json()["jobs"]
        assert [row["id"] for row in listed] == ([jobs[state].id] if state in jobs else [])
    for job in jobs.values():
        assert operator.get(f"/ops/rq/0/view/job/{job.id}").status_code == 200
    counts = {
        row["name"]: row["failed_job_registry_count"]
        for row in operator.get("/ops/rq/0/data/queues.json").get_json()["queues"]
    }
    assert counts == {"deliveries": 1}


def test_a_job_is_shown_with_its_arguments_and_what_became_of_it(
    operator: Person, jobs: dict[str, Job]
) -> None:
    shown = {
        state: operator.get(f"/ops/rq/0/data/job/{job.id}.json").get_json()
        for state, job in jobs.items()
    }
    assert shown["finished"]["description"] == "operator.add(1, 2)"
    assert shown["finished"]["result"] == 3
    assert "ZeroDivisionError" in shown["failed"]["exc_info"]
    assert shown["queued"]["metadata"] == '{"why": "because"}'
    assert shown["deferred"]["depends_on"] == [jobs["queued"].id]
    assert shown["deferred"]["depends_on_status"] == ["active"]


def test_a_worker_is_shown_with_the_job_that_it_is_at(
    operator: Person, jobs: dict[str, Job]
) -> None:
    [busy] = operator.get("/ops/rq/0/data/workers.json").get_json()["workers"]
    assert busy["current_job"]["call_string"] == "operator.add(7, 8)"
    assert busy["queues"] == ["deliveries"]


def test_what_others_pickled_is_not_loaded_and_breaks_no_page(
    operator: Person, redis: Redis
) -> None:
    theirs = Queue("theirs", connection=redis)
    job = theirs.enqueue("operator.concat", b"a", b"b", meta={"of": "others"}, result_ttl=60)
    SimpleWorker([theirs], connection=redis).work(burst=True, logging_level="CRITICAL")

    [listed] = operator.get("/ops/rq/0/data/jobs/theirs/finished/8/asc/1.json").get_json()["jobs"]
    shown = operator.get(f"/ops/rq/0/data/job/{job.id}.json").get_json()

    assert listed["description"] == "operator.concat(b'a', b'b')"
    assert shown["result"] == "(not JSON, so not shown)"
    assert "others" not in shown["metadata"]


def test_a_change_needs_the_token_of_the_page(operator: Person, jobs: dict[str, Job]) -> None:
    path = f"/ops/rq/job/{jobs['failed'].id}/requeue"
    assert operator.client.post(path).status_code == 400
    assert jobs["failed"].get_status() == "failed"

    assert post(operator, path) == 200
    assert jobs["failed"].get_status() == "queued"
    assert post(operator, path) == 409


def test_jobs_are_deleted_and_queues_emptied(operator: Person, jobs: dict[str, Job]) -> None:
    path = f"/ops/rq/job/{jobs['finished'].id}/delete"
    assert post(operator, path) == 200
    assert operator.get(f"/ops/rq/0/view/job/{jobs['finished'].id}").status_code == 404
    assert post(operator, "/ops/rq/queue/deliveries/queued/empty") == 200
    assert post(operator, "/ops/rq/queue/deliveries/compact") == 200
    shown = operator.get("/ops/rq/0/data/queues.json").get_json()["queues"]
    assert [row["count"] for row in shown] == [0]


def test_all_failed_jobs_are_queued_again_by_post_only(
    operator: Person, jobs: dict[str, Job]
) -> None:
    for method in ("GET", "HEAD"):
        answer = operator.client.open("/ops/rq/requeue/deliveries", method=method)
        assert answer.status_code == 405
    assert jobs["failed"].get_status() == "failed"

    assert post(operator, "/ops/rq/requeue/deliveries") == 200
    assert jobs["failed"].get_status() == "queued"


def test_what_takes_get_only_reads(app: Flask) -> None:
    """Looked at in rq-dashboard 0.9.0. An endpoint that is not here is new: look at it."""
    reads = {
        rule.endpoint.partition(".")[2]
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("rq_dashboard.") and "GET" in (rule.methods or ())
    }
    assert reads == {
        "static",
        "favicon",
        "queues_overview",
        "workers_overview",
        "jobs_overview",
        "job_view",
        "list_queues",
        "list_jobs",
        "job_info",
        "list_workers",
    }


@pytest.mark.parametrize(
    "path",
    [
        "1/view/queues",
        "0/view/job/gone",
        "0/data/job/gone.json",
        "0/view/jobs/');alert(1);('/queued/8/asc/1",
        "0/view/jobs/deliveries/lost/8/asc/1",
        "0/data/jobs/deliveries/lost/8/asc/1.json",
        "0/data/jobs/deliveries/queued/8/asc/0.json",
        "0/data/jobs/deliveries/queued/0/asc/1.json",
        "0/data/jobs/deliveries/queued/8/asc/one.json",
    ],
)
def test_what_is_not_there_is_not_found(operator: Person, path: str) -> None:
    answer = operator.get(f"/ops/rq/{path}")
    assert answer.status_code == 404
    assert "alert(1)" not in answer.text


def test_only_pages_of_the_dashboard_hold_a_script_and_none_may_eval(
    operator: Person, jobs: dict[str, Job]
) -> None:
    def policy(path: str) -> str:
        return operator.get(path).headers["Content-Security-Policy"]

    first = operator.get("/ops/rq/")
    [nonce] = re.findall(r'<script nonce="([\w-]{20,})">', first.text)
    widened = first.headers["Content-Security-Policy"]
    assert widened == CSP.replace("script-src 'self'", f"script-src 'self' 'nonce-{nonce}'")
    assert "unsafe" not in widened
    assert policy("/ops/rq/") != widened
    for path in ("/", "/login", "/ops/rq/0/data/queues.json", "/ops/rq/0/view/job/gone"):
        assert policy(path) == CSP, path


def test_pages_load_nothing_from_other_hosts(operator: Person, jobs: dict[str, Job]) -> None:
    for page in ("", "0/view/jobs", "0/view/workers", f"0/view/job/{jobs['failed'].id}"):
        html = operator.get(f"/ops/rq/{page}").text
        loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', html)
        assert len(loaded) >= 7
        for path in loaded:
            assert path.startswith("/")
            assert operator.get(path).status_code == 200, path


def test_every_template_of_every_page_is_compiled_and_escapes(
    operator: Person, jobs: dict[str, Job]
) -> None:
    for page in ("", "0/view/jobs", "0/view/workers", f"0/view/job/{jobs['failed'].id}"):
        html = operator.get(f"/ops/rq/{page}").text
        compiled = html.partition("var compiled = ")[2].partition("var _ =")[0]
        templates = html.count('type="text/template"')
        assert compiled.count("function (it)") == templates > 0
        assert "<%" not in compiled
    assert "escaped( d.exc_info )" in compiled


def test_a_template_that_quotes_and_branches_is_compiled() -> None:
    page = """<script name="a" type="text/template"><b title='"'><% if (x) { %>
        <%= x %><%- y %><%= $('<div/>').text(z).html() %><% } %></b></script>"""
    compiled = str(compiled_templates(page))
    assert "escaped( x )" in compiled
    assert "escaped( y )" in compiled
    assert "escaped( z )" in compiled
    assert " if (x) { " in compiled


def test_redis_away_is_said_in_words(
    database_url: str, own_redis: RedisServer, tmp_path: Path
) -> None:
    app = create_app(settings_for(database_url, own_redis.url, tmp_path))
    app.test_client_class = Client
    with app.app_context():
        factories.user("ops@example.com", is_operator=True)
    operator = Person(app.test_client()).log_in("ops@example.com")
    assert operator.get("/ops/rq/").status_code == 200
    own_redis.freeze()
    start = time.monotonic()
    assert operator.get("/ops/rq/").status_code == 503
    assert time.monotonic() - start < 4
    own_redis.kill()
    for path in ("", "0/view/jobs", "0/view/workers", "0/data/queues.json", "0/data/workers.json"):
        answer = operator.get(f"/ops/rq/{path}")
        assert answer.status_code == 503
        assert "Redis is not responding" in answer.text


def test_two_apps_in_one_process_each_show_their_own_redis(
    operator: Person, jobs: dict[str, Job], settings: Settings, own_redis: RedisServer
) -> None:
    other = create_app(settings_for(settings.database_url, own_redis.url, settings.data_dir))
    other.test_client_class = Client
    queue.queue_named("elsewhere", Redis.from_url(own_redis.url)).enqueue("operator.add")
    beside = Person(other.test_client()).log_in("ops@example.com")

    def queues(of: Person) -> list[str]:
        return [row["name"] for row in of.get("/ops/rq/0/data/queues.json").get_json()["queues"]]

    assert queues(beside) == ["elsewhere"]
    assert queues(operator) == ["deliveries"]
    assert other.test_client().get("/ops/rq/").status_code == 302


@pytest.mark.parametrize("form", ["unix://:hush@{path}", "unix://{path}?password=hush"])
def test_redis_may_have_a_password_which_is_not_shown(
    database_url: str, own_redis: RedisServer, tmp_path: Path, form: str
) -> None:
    Redis.from_url(own_redis.url).config_set("requirepass", "hush")
    url = form.format(path=own_redis.url.removeprefix("unix://"))
    app = create_app(settings_for(database_url, url, tmp_path))
    app.test_client_class = Client
    with app.app_context():
        factories.user("ops@example.com", is_operator=True)
    operator = Person(app.test_client()).log_in("ops@example.com")
    answer = operator.get("/ops/rq/")
    assert answer.status_code == 200
    assert "hush" not in answer.text


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("web.py", "fe7aeac46b224832"),
        ("templates/rq_dashboard/base.html", "1bf4f33567e813cc"),
        ("templates/rq_dashboard/inline_js.html", "bc2f4a86fee79ee5"),
        ("templates/rq_dashboard/job.html", "d9de753e9d82795c"),
        ("templates/rq_dashboard/jobs.html", "4e7c41bc0a15b0ea"),
        ("templates/rq_dashboard/navbar.html", "a4723e800d40c8c8"),
        ("templates/rq_dashboard/queues.html", "df57de14c3a172b3"),
        ("templates/rq_dashboard/workers.html", "122e24c87e2b003c"),
        ("templates/rq_dashboard/scripts/dashboard.js", "e43a50513d40343c"),
        ("templates/rq_dashboard/scripts/job.js", "9803613632d00dd4"),
        ("templates/rq_dashboard/scripts/jobs.js", "59df5f48c943ddd1"),
        ("templates/rq_dashboard/scripts/queues.js", "17b41b22ac87a95f"),
        ("templates/rq_dashboard/scripts/workers.js", "f2bc56e927f50df3"),
    ],
)
def test_rq_dashboard_is_as_it_was_when_it_was_read(name: str, digest: str) -> None:
    """When this fails, compare it with the version before: does what we change still hold?"""
    assert hashlib.sha256((UPSTREAM / name).read_bytes()).hexdigest()[:16] == digest
