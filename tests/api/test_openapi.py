"""The document of the API: what is served is what the code says, and all of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.api.conftest import Api
from tests.support.documented import DOCUMENT, FILE, PREFIX, bare_app, validator_of
from webhooks_app.api import problems
from webhooks_app.api.openapi.document import text
from webhooks_app.api.problem_kinds import PROBLEM_KINDS
from webhooks_app.catalogue import CATALOGUE

OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (path, method.upper(), operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


@pytest.mark.quick
def test_the_committed_document_is_what_the_code_says() -> None:
    with bare_app() as app:
        assert FILE.read_text() == text(app), "run `make openapi`"


@pytest.mark.quick
def test_every_rule_is_an_operation_and_every_operation_a_rule() -> None:
    with bare_app() as app:
        rules = {
            (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
            for rule in app.url_map.iter_rules()
            if rule.rule.startswith("/api/v1/")
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }
    assert rules == {(f"{PREFIX}{path}", method) for path, method, _ in OPERATIONS}
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(ids)) == len(ids) == len(OPERATIONS)


@pytest.mark.quick
def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


@pytest.mark.quick
def test_every_example_fits_its_schema() -> None:
    examples = list(examples_in(DOCUMENT))
    assert len(examples) > 100
    for schema, example in examples:
        root = {**schema, "components": DOCUMENT["components"]}
        Draft202012Validator(root, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
            example
        )


def examples_in(part: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    if isinstance(part, list):
        for one in part:
            yield from examples_in(one)
    if not isinstance(part, dict):
        return
    if isinstance(schema := part.get("schema"), dict):
        yield from ((schema, one["value"]) for one in part.get("examples", {}).values())
        if "example" in part:
            yield schema, part["example"]
    elif isinstance(part.get("examples"), list):
        yield from ((part, example) for example in part["examples"])
    for name, one in part.items():
        if name not in ("example", "examples"):
            yield from examples_in(one)


@pytest.mark.quick
def test_every_body_and_answer_has_an_example() -> None:
    for path, method, operation in OPERATIONS:
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in contents:
            schema = content.get("content", {}).get("application/json", {}).get("schema", {})
            for one in schema.get("anyOf", [schema]):
                if name := one.get("$ref", "").rpartition("/")[2]:
                    assert "examples" in DOCUMENT["components"]["schemas"][name], (path, method)


@pytest.mark.quick
def test_every_event_type_that_a_webhook_receives_is_there() -> None:
    assert set(DOCUMENT["webhooks"]) == set(CATALOGUE) - {"action.digest"}
    [asked] = [DOCUMENT["webhooks"]["lead.captured"]["post"]]
    sent = asked["requestBody"]["content"]["application/json"]
    assert sent["example"]["data"] == CATALOGUE["lead.captured"].sample
    assert "email" in sent["schema"]["properties"]["data"]["properties"]


@pytest.mark.quick
def test_every_kind_of_problem_has_its_status_and_its_page() -> None:
    source = "".join(path.read_text() for path in Path(problems.__file__).parent.glob("*.py"))
    raised = set(re.findall(r'Problem\(\s*(\d+),\s*"([a-z-]+)"', source))
    raised |= {(str(status), slug) for status, (slug, _) in problems.INVALID.items()}
    assert len(raised) > 10
    assert {(status, slug) for status, slug in raised if int(status) != status_of(slug)} == set()
    listed = re.findall(
        r"^\| (\d{3}) \| `([a-z-]+)`", (FILE.parent / "api.md").read_text(), re.MULTILINE
    )
    assert {(int(status), slug) for status, slug in listed} == {
        (one.status, slug) for slug, one in PROBLEM_KINDS.items()
    }


def status_of(slug: str) -> int:
    return PROBLEM_KINDS[slug].status


def test_it_is_served_to_anyone(client: FlaskClient) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.text == FILE.read_text()


def test_an_answer_outside_the_document_fails_its_test(
    app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = api.webhook()
    shown = DOCUMENT["components"]["schemas"]["Webhook"]
    monkeypatch.delitem(shown["properties"], "counters")
    validator_of.cache_clear()
    with pytest.raises(Exception, match="counters"):
        api.get(f"/webhooks/{webhook['id']}")
    monkeypatch.undo()
    validator_of.cache_clear()
    responses = DOCUMENT["paths"]["/webhooks/{webhook_id}"]["get"]["responses"]
    monkeypatch.delitem(responses, "404")
    with pytest.raises(AssertionError, match="404"):
        api.get("/webhooks/whk_none")
