"""The documents match the product, and what they show works."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from tests.channels.test_formats import sent_headers
from tests.support.servers import PATIENCE, free_port, wait_until
from webhooks_app.api import problems
from webhooks_app.catalogue import CATALOGUE
from webhooks_app.channels.retry_policy import POLICIES, timeline
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.channels.webhook.signatures import generate_secret, sign_standard
from webhooks_app.commands.command import Command
from webhooks_app.config import Settings
from webhooks_app.deliveries import log
from webhooks_app.events import stream
from webhooks_app.matching.operators import OPERATORS
from webhooks_app.organisations import audit_search
from webhooks_app.people.api_keys import SCOPES
from webhooks_app.vocabulary import DeliveryStatus, Failure, Mode
from webhooks_app.web.documents import DOCUMENTS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
API = (ROOT / "docs/api.md").read_text()
OPERATING = (ROOT / "docs/operating.md").read_text()
DASHBOARD = (ROOT / "docs/dashboard.md").read_text()
DELIVERIES = (ROOT / "docs/deliveries.md").read_text()
VERIFY = (ROOT / "docs/verify.md").read_text()


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    row = re.search(rf"^\| `{name.upper()}` \| (.+?) \|", OPERATING, re.MULTILINE)
    assert row, name
    default = Settings.__struct_defaults__[Settings.__struct_fields__.index(name)]
    if default not in ("", True, False, None):
        shown = f"{default:g}" if isinstance(default, float) else str(default)
        assert row[1] == f"`{shown}`"


def test_no_setting_is_documented_that_does_not_exist() -> None:
    table = OPERATING.partition("## Settings")[2].partition("##")[0]
    named = {name.lower() for name in re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE)}
    assert named == set(Settings.__struct_fields__)


def test_it_is_documented_how_far_a_page_searches() -> None:
    most, audit = log.LOOKED_THROUGH, audit_search.LOOKED_THROUGH
    assert f"at most {most:,} rows, or {audit:,} of the audit log" in " ".join(API.split())
    assert f"| others | {most:,} | {stream.LOOKED_THROUGH:,} |" in DASHBOARD
    assert f"The audit log searches {audit:,} entries at a time." in DASHBOARD


def test_every_kind_of_problem_is_documented() -> None:
    source = "".join(path.read_text() for path in Path(problems.__file__).parent.glob("*.py"))
    slugs = set(re.findall(r'Problem\(\s*\d+,\s*"([a-z-]+)"', source))
    slugs |= {slug for slug, _ in problems.INVALID.values()} | {"method-not-allowed"}
    assert len(slugs) > 8
    assert {slug for slug in slugs if f"`{slug}`" not in API} == set()


def test_every_path_of_the_api_is_documented(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            path = re.sub("<[a-z_]+:", "<", rule.rule.removeprefix("/api/v1"))
            path = path.replace("<chatbot_id>", "{chatbotId}")
            assert re.sub("<(?:[a-z]+_)?([a-z]+)>", r"{\1}", path) in API, path


@pytest.mark.parametrize("word", [*SCOPES, *OPERATORS, *POLICIES, *FORMATS, *DeliveryStatus])
def test_every_word_of_the_api_is_documented(word: str) -> None:
    assert f"`{word}`" in API


@pytest.mark.parametrize("word", [*Failure, *POLICIES])
def test_every_failure_and_policy_is_documented(word: str) -> None:
    assert f"`{word}`" in DELIVERIES


@pytest.mark.parametrize("name", FORMATS)
def test_every_header_of_a_format_is_documented(name: str) -> None:
    row = re.search(rf"^\| `{name}`.+", VERIFY, re.MULTILINE)
    assert row
    if name != "cloudevents":
        for header in set(sent_headers(name)) - {"Content-Type"}:
            assert header in row[0]


@pytest.mark.parametrize("name", POLICIES)
def test_the_time_line_of_a_policy_is_true(name: str) -> None:
    [cell] = re.findall(
        rf"^\| `{name}`.+\| (.+) \|$", DELIVERIES.partition("time of each try")[2], re.M
    )
    units = {"s": 1, "m": 60, "h": 3600}
    line = [
        sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+) ([smh])", one))
        for one in cell.split(", ")
    ]
    assert line == timeline(POLICIES[name])


def test_every_command_is_documented_and_no_other(app: Flask) -> None:
    ours = {name for name, command in app.cli.commands.items() if isinstance(command, Command)}
    assert len(ours) > 8
    documented = set(re.findall(r"^\| `flask --app app ([a-z-]+)", OPERATING, re.MULTILINE))
    assert documented == {*ours, "db"}
    for document in documents():
        named = re.findall(r"flask --app [a-z_.]+ ([a-z-]+)", document.read_text())
        assert set(named) <= documented, document.name


@pytest.mark.quick
def test_what_make_can_do_is_in_the_makefile() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for document in documents():
        named = re.findall(r"(?:`|^)make ([a-z]+)(?:`| +#)", document.read_text(), re.MULTILINE)
        assert set(named) <= set(targets), document.name


@pytest.mark.quick
def test_every_document_is_listed_for_its_reader() -> None:
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} == set(DOCUMENTS)


def documents() -> list[Path]:
    names = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
    return [*(ROOT / name for name in names), *sorted((ROOT / "docs").glob("*.md"))]


def names_in_bold(name: str) -> set[str]:
    return set(re.findall(r"\*\*([^*]+)\*\*", (ROOT / "docs" / f"{name}.md").read_text()))


def on_the_pages() -> str:
    templates = [path.read_text() for path in (ROOT / "templates").rglob("*.html")]
    forms = [path.read_text() for path in (ROOT / "webhooks_app/web").rglob("*.py")]
    modes = [mode.value.capitalize() for mode in Mode]
    return re.sub(r"\s+", " ", "".join(templates + forms + modes))


@pytest.mark.quick
def test_what_the_first_page_names_in_bold_is_on_the_pages() -> None:
    names = names_in_bold("start")
    assert {"Create inbox", "I have saved it", "First steps"} <= names
    pages = on_the_pages()
    assert {name for name in names if name not in pages} == set()


@pytest.mark.quick
@pytest.mark.parametrize(
    ("document", "button"),
    [
        *(("dashboard", name) for name in ("Logs", "Delivery logs", "Retry now", "Replay")),
        *(("dashboard", name) for name in ("Replay selected", "Replay all matching…", "Recover")),
        ("dashboard", "New secret"),
        ("deliveries", "Retry now"),
        ("deliveries", "Recover"),
        *(("live", name) for name in ("Copy to Live", "Recover", "Pause", "Resume", "New secret")),
        ("live", "Delivery options"),
        ("verify", "Signature tool"),
        ("verify", "New secret"),
        ("digests", "Show preview"),
        ("digests", "Send to me"),
        ("chat", "Skip 30 minutes"),
        *(("accounts", name) for name in ("Rotate", "Revoke", "Export CSV", "That was not me")),
    ],
)
def test_buttons_that_the_documents_name_are_on_the_pages(document: str, button: str) -> None:
    assert button in names_in_bold(document)
    assert button in on_the_pages()


def test_links_between_the_documents_lead_somewhere() -> None:
    for document in documents():
        for target in re.findall(r"\]\((?!https?:|#|/)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), (document.name, target)


def test_pictures_are_few_small_and_shown() -> None:
    files = sorted((ROOT / "docs/screenshots").iterdir())
    pictures = [one for one in files if one.suffix != ".cast"]  # a recording becomes a picture
    shown = "".join(path.read_text() for path in (ROOT / "docs").glob("*.md")) + README
    assert [one.name for one in pictures if f"screenshots/{one.name})" not in shown] == []
    assert len(pictures) <= 16
    assert sum(one.stat().st_size for one in pictures) < 3_000_000


def test_pages_of_the_documents_show_their_pictures(client: FlaskClient) -> None:
    page = client.get("/docs/tour").text
    shown = re.findall(r'<img src="(screenshots/[^"]+)"', page)
    assert shown
    for picture in shown:
        assert client.get(f"/docs/{picture}").content_type == "image/png"
    assert client.get("/docs/screenshots/none.png").status_code == 404


def test_the_event_type_of_the_examples_exists() -> None:
    for named in re.findall(r'"type": "([a-z_.]+)", "chatbot_id"', README):
        assert named in CATALOGUE


@pytest.mark.processes
def test_the_receiver_of_the_readme_takes_what_we_send_and_nothing_else(tmp_path: Path) -> None:
    [snippet] = re.findall(r"```python\n(.+?)```", README, re.DOTALL)
    secret = re.search(r"whsec_\w+", snippet)
    assert secret
    port = free_port()
    (tmp_path / "receiver.py").write_text(f"{snippet}\napp.run(port={port})\n")
    receiver = subprocess.Popen(
        [sys.executable, "receiver.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "clients/python/src")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: answer(port, b"", {}) == 400, 10)
        body = b'{"type":"lead.captured","timestamp":"2026-03-02T10:00:00.000Z","data":{}}'
        now = int(time.time())
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(now),
            "webhook-signature": sign_standard([secret[0]], "msg_1", now, body),
        }
        assert answer(port, body, headers) == 204
        assert answer(port, body + b" ", headers) == 400
    finally:
        receiver.kill()
        receiver.wait()


@pytest.mark.quick
def test_the_check_without_a_library_takes_what_we_sign_and_nothing_else() -> None:
    [snippet] = re.findall(r"```python\n(.+?)```", VERIFY, re.DOTALL)
    code: dict[str, Any] = {}
    exec(snippet, code)
    secret = generate_secret()
    body, now = b'{"type":"lead.captured"}', int(time.time())

    def headers(at: int) -> dict[str, str]:
        signature = sign_standard([generate_secret(), secret], "msg_1", at, body)
        return {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(at),
            "webhook-signature": signature,
        }

    assert code["verify"](secret, headers(now), body)
    assert not code["verify"](secret, headers(now), body + b" ")
    assert not code["verify"](secret, headers(now - 301), body)


def answer(port: int, body: bytes, headers: dict[str, str]) -> int | None:
    try:
        return requests.post(
            f"http://127.0.0.1:{port}/hook", data=body, headers=headers, timeout=PATIENCE
        ).status_code
    except requests.ConnectionError:
        return None


def test_every_test_that_compatibility_names_is_there() -> None:
    cited = re.findall(
        r"`([a-z_/]+\.py)::(test_\w+)`", (ROOT / "docs/compatibility.md").read_text()
    )
    assert len(cited) > 50
    for file, name in cited:
        tests = (ROOT / "tests" / file).read_text()
        assert re.search(rf"^def {name}\(", tests, re.MULTILINE), (file, name)
