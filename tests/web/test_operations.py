"""What probes and operators read: /readyz, /status, /ops/health."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.conftest import settings_for
from tests.web.conftest import Person
from webhooks_app import create_app

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
    assert "3 of 10 checks failed" in page
    assert "Start `python worker.py`" in page
    assert 'href="/ops/health"' in page
