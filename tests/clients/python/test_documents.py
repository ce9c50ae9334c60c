"""The code of the page about the client runs as it is shown."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from hookline import ConnectionFailed, Hookline, errors
from hookline.receive import FORMATS
from tests.support.product import Product
from tests.support.servers import free_port

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/python.md").read_text()
START = (ROOT / "docs/start.md").read_text()
SNIPPETS = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
FRAMEWORKS = ("receive.flask", "receive.fastapi", "receive.django")  # see test_frameworks.py
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_code_runs_from_top_to_bottom(
    product: Product, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOOKLINE_API_KEY", product.key())
    monkeypatch.setenv("HOOKLINE_URL", product.url)
    run: dict[str, Any] = {}
    shown = [one for one in SNIPPETS if not any(name in one for name in FRAMEWORKS)]
    assert len(shown) > 8
    for snippet in shown:
        exec(compile(snippet, "docs/python.md", "exec"), run)
    said = capsys.readouterr().out
    assert "evt_" in said
    assert "whsec_" in said
    assert "#/url" in said
    with Hookline() as client:
        own_ids = {one.own_id for one in client.events.list(page_size=100)}
        assert {f"visitor-{number}" for number in range(1000)} <= own_ids
        assert client.webhooks.get("key:crm").event_types == ["*"]
        check_outbox(run, client)
    check_receiver(run["receive"])


def check_outbox(run: dict[str, Any], client: Hookline) -> None:
    engine = create_engine("sqlite://")
    run["Base"].metadata.create_all(engine)
    for number in range(3):
        with Session(engine) as session:
            run["send_later"](session, "lead.captured", {"number": number})
            session.commit() if number else session.rollback()
    kept = run["client"]
    run["client"] = Hookline(kept.connection.api_key, f"http://127.0.0.1:{free_port()}", retries=0)
    with pytest.raises(ConnectionFailed):
        run["report_waiting"](engine)
    run["client"] = kept
    before = {one.id for one in client.events.list()}
    for _ in range(2):
        run["report_waiting"](engine)
    new = [client.events.get(one.id) for one in client.events.list() if one.id not in before]
    assert sorted((one.data or {})["number"] for one in new) == [1, 2]


def check_receiver(receive: Any) -> None:
    body = b'{"type":"lead.captured","data":{}}'
    headers = FORMATS["standard"].scheme.sign(SECRET, "msg_1", body, int(time.time()))
    assert receive(headers, body) == 204
    assert receive(headers, body + b" ") == 400


def test_the_code_of_the_first_page_runs(
    product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    receive, report = re.findall(r"```python\n(.+?)```", START, re.DOTALL)
    run: dict[str, Any] = {"__name__": __name__}
    exec(receive.replace("whsec_…", SECRET), run)
    body = b'{"type":"lead.captured","data":{"name":"Ada"}}'
    headers = FORMATS["standard"].scheme.sign(SECRET, "msg_1", body, int(time.time()))
    client = run["app"].test_client()
    assert client.post("/hook", data=body, headers=headers).status_code == 204
    assert client.post("/hook", data=body + b" ", headers=headers).status_code == 400
    assert "Ada" in capsys.readouterr().out
    key = product.key()
    report = report.replace("hk_test_…", key).replace("https://hookline.example", product.url)
    exec(report, run)
    [stored] = run["client"].events.list()
    assert stored.subject.id == "bot_1"


def test_every_error_it_names_exists() -> None:
    table = PAGE.partition("| error |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`([A-Z]\w+)`", table))
    assert len(named) > 10
    assert {name for name in named if not hasattr(errors, name)} == set()
