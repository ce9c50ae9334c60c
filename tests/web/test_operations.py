"""What probes and operators read: /readyz, /status, /ops/health."""

import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from tests import factories
from tests.conftest import settings_for
from tests.support.open_deliveries import arrange
from tests.support.receiver import Receiver
from tests.support.servers import free_port
from tests.web.conftest import Person
from webhooks_app import create_app
from webhooks_app.database import choose
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation
from webhooks_app.operations.periodic import take_turn
from webhooks_app.operations.schedule import PERIODIC, job_name

READY = dict.fromkeys(("sql", "schema", "writes", "keys"), "ok")


def test_a_process_without_workers_is_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ok", "checks": READY}


def test_the_status_says_that_there_are_no_workers(client: FlaskClient) -> None:
    answer = client.get("/status")
    assert answer.status_code == 503
    found = answer.get_json()["checks"]
    assert READY.items() <= found.items()
    assert found["redis"] == "ok"
    assert found["workers"] == found["beat"] == "none seen lately"


def test_probes_are_answered_when_everything_is_away_and_name_no_hosts(tmp_path: Path) -> None:
    away = settings_for("postgresql://nobody@127.0.0.1:1/x", "redis://127.0.0.1:1", tmp_path)
    client = create_app(away).test_client()
    for path in ("/readyz", "/status"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.get_json()["checks"] == {"sql": "does not answer"}
        assert "127.0.0.1" not in answer.text


def test_operators_read_what_is_wrong_and_what_to_do(
    app: Flask, person: Callable[..., Person]
) -> None:
    factories.user("ops@example.com", is_operator=True)
    operator = person("stranger").log_in("ops@example.com")
    page = operator.get("/ops/health").text
    assert re.search(r"3 of \d+ checks failed", page)
    assert "Start `python worker.py`" in page
    assert 'href="/ops/health"' in page


def samples(client: FlaskClient, path: str) -> dict[str, float]:
    answer = client.get(path)
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    families = text_string_to_metric_families(answer.text)
    return {
        one.name + "".join(f"|{value}" for _, value in sorted(one.labels.items())): one.value
        for family in families
        for one in family.samples
    }


def test_metrics_count_what_happened(
    client: FlaskClient,
    organisation: Organisation,
    receiver: Receiver,
    drain: Callable[[], None],
) -> None:
    before = samples(client, "/metrics")
    factories.webhook(organisation, receiver.url)
    db.session.commit()
    factories.accepted(organisation, factories.lead(), factories.lead())
    drain()
    after = samples(client, "/metrics")
    for name, number in {
        "hookline_events_accepted_total": 2,
        "hookline_deliveries_total|delivered": 2,
        "hookline_attempts_total|2xx": 2,
        "hookline_attempt_seconds_count": 2,
        "hookline_first_attempt_lag_seconds_count": 2,
        "hookline_claimed_total": 2,
        "hookline_http_request_seconds_count|2xx|GET|/metrics": 1,
    }.items():
        assert after[name] - before.get(name, 0) == number, name
    for name in ("claim", "record"):
        seconds = f"hookline_{name}_seconds_count"
        assert after[seconds] > before[seconds]
    assert after["hookline_unrecorded_results"] == after["hookline_recorders_stuck"] == 0
    assert after["hookline_requests_in_flight"] == 0
    assert after[f"hookline_build_info|{version('hookline-server')}"] == 1
    assert "hookline_sql_connections_in_use" in after


def test_a_retry_is_no_first_attempt(
    client: FlaskClient, organisation: Organisation, drain: Callable[[], None]
) -> None:
    webhook = factories.webhook(organisation, f"http://127.0.0.1:{free_port()}/")
    db.session.commit()
    factories.accepted(organisation, factories.lead())
    before = samples(client, "/metrics")
    drain()
    arrange(due_at=utcnow())
    drain()
    after = samples(client, "/metrics")
    assert webhook.id
    lag = "hookline_first_attempt_lag_seconds_count"
    assert after[lag] - before[lag] == 1
    retried = "hookline_deliveries_total|retrying"
    assert after[retried] - before.get(retried, 0) == 2


def test_global_figures_are_told_once(client: FlaskClient, organisation: Organisation) -> None:
    factories.webhook(organisation, "https://a.example")
    db.session.commit()
    factories.accepted(organisation, factories.lead(), factories.lead())
    take_turn(db.engine, PERIODIC[0].job, PERIODIC[0].every, utcnow())
    found = samples(client, "/metrics/global")
    backlog = [value for name, value in found.items() if "backlog_deliveries" in name]
    assert sum(backlog) == 2
    assert found["hookline_backlog_age_seconds"] >= 0
    assert found["hookline_beat_active"] == 0
    assert found["hookline_workers|deliveries"] == 0
    assert found["hookline_jobs_waiting|background"] >= 0
    assert found["hookline_sql_up"] == found["hookline_redis_up"] == 1
    assert f"hookline_periodic_job_last_run_timestamp_seconds|{job_name(PERIODIC[0].job)}" in found
    assert "hookline_clock_skew_seconds" in found
    postgres = {"hookline_oldest_snapshot_seconds", "hookline_sql_connections"}
    assert postgres <= found.keys() or choose(db.engine, postgresql=False, sqlite=True)
    assert not found.keys() & samples(client, "/metrics").keys()


def test_figures_of_what_is_away_are_left_out(tmp_path: Path) -> None:
    away = settings_for("postgresql://nobody@127.0.0.1:1/x", "redis://127.0.0.1:1", tmp_path)
    found = samples(create_app(away).test_client(), "/metrics/global")
    assert found == {"hookline_sql_up": 0, "hookline_redis_up": 0}
