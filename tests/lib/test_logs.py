"""Logs are JSON, one line per event."""

import json
import os
import re
import subprocess
import sys
from functools import wraps
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import webhooks_app
from tests import factories
from webhooks_app.database import choose
from webhooks_app.extensions import db
from webhooks_app.lib.errors import reason_of

PROGRAM = """
import logging
import structlog
from webhooks_app.lib.logs import configure_logging
configure_logging("INFO")
structlog.get_logger("ours").warning("endpoint disabled", subscription="whk_1")
logging.getLogger("theirs").info("started %s", "well")
logging.getLogger("theirs").debug("not shown")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("ours").exception("it broke")
"""


@pytest.mark.processes
def test_every_line_is_json_whoever_wrote_it() -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    first, second, third = (json.loads(line) for line in result.stderr.splitlines())
    assert (first["event"], first["level"]) == ("endpoint disabled", "warning")
    assert (first["logger"], first["subscription"]) == ("ours", "whk_1")
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["logger"]) == ("started well", "theirs")
    assert "ZeroDivisionError" in third["exception"]


def test_no_log_hides_the_reason_behind_the_name_of_an_error() -> None:
    hidden = re.compile(r"log\.warning\([^)]*type\(error\)\.__name__")
    sources = (Path(webhooks_app.__file__).parent).rglob("*.py")
    assert [str(path) for path in sources if hidden.search(path.read_text())] == []


def test_the_reason_is_what_the_driver_says(app: Flask) -> None:
    with pytest.raises(DBAPIError) as raised:
        db.session.execute(text("SELECT 1 FROM nowhere"))
    missing = choose(
        db.engine,
        postgresql='42P01: relation "nowhere" does not exist',
        sqlite="SQLITE_ERROR: no such table: nowhere",
    )
    assert reason_of(raised.value) == missing


def test_the_reason_quotes_nothing_that_is_stored(app: Flask) -> None:
    statement = choose(
        db.engine,
        postgresql="SELECT CAST(:value AS integer)",
        sqlite="INSERT INTO encryption_keys VALUES (:value, NULL)",
    )
    with pytest.raises(DBAPIError) as raised:
        db.session.execute(text(statement), {"value": "hidden-value"})
    assert "hidden-value" not in reason_of(raised.value)
    assert reason_of(raised.value).startswith(
        choose(db.engine, postgresql="22P02: ", sqlite="SQLITE_CONSTRAINT")
    )


def test_what_is_logged_in_a_request_can_be_found_by_the_answer(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    key = factories.api_key(factories.organisation())
    db.session.commit()
    path = "/api/v1/deliveries"
    break_view(app, path)
    answer = app.test_client().get(path, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 500
    line = said(caplog)
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert str(line["organisation"]).startswith("org_")
    assert line["route"] == f"GET {path}"
    assert line["pid"] == os.getpid()
    asked = {"Authorization": f"Bearer {key}", "X-Request-Id": "from-the-proxy"}
    answer = app.test_client().get(path, headers=asked)
    assert answer.headers["X-Request-Id"] == "from-the-proxy"
    assert said(caplog)["request_id"] == "from-the-proxy"


def test_a_token_in_a_path_is_not_logged(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    path = "/invitations/hidden-value"
    break_view(app, path)
    assert app.test_client().get(path).status_code == 500
    assert "request failed" in caplog.text
    assert "hidden-value" not in caplog.text


def test_every_answer_has_an_id(client: FlaskClient) -> None:
    ids = [client.get("/healthz").headers["X-Request-Id"] for _ in range(2)]
    assert ids[0] != ids[1]
    given = client.get("/healthz", headers={"X-Request-Id": "no id\tat all"})
    assert re.fullmatch("[0-9a-f]{16}", given.headers["X-Request-Id"])


def test_what_was_refused_can_be_found_by_the_answer(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    key = factories.api_key(factories.organisation(), scopes=["deliveries:read"])
    answer = client.get("/api/v1/webhooks", headers={"Authorization": f"Bearer {key}"})
    assert answer.get_json()["request_id"] == answer.headers["X-Request-Id"]
    line = said(caplog)
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["event"], line["status"], line["kind"]) == ("refused", 403, "insufficient-scope")
    caplog.clear()
    assert client.get("/api/v1/webhooks").get_json()["request_id"]  # a stranger fills no log
    assert not caplog.records


def said(caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    """What the newest line holds."""
    message: object = caplog.records[-1].msg
    assert isinstance(message, dict)
    return message


def break_view(app: Flask, path: str) -> None:
    endpoint, _ = app.url_map.bind("localhost").match(path)

    @wraps(app.view_functions[endpoint])
    def raise_(**_: object) -> str:
        raise RuntimeError("broken on purpose")

    app.view_functions[endpoint] = raise_
