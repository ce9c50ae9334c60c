"""Every example in TypeScript that people read is what the compiler accepts."""

import re
from pathlib import Path

import pytest

from tests.support.documented import bare_app
from tests.support.typescript import ROOT, faults_of, packages
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.inbox.snippets import snippets
from webhooks_app.web.reference import OPERATIONS
from webhooks_app.web.typescript_examples import literal
from webhooks_app.web.views.reference import operation_document

DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))


def examples_in(text: str) -> list[str]:
    return re.findall(r"```typescript\n(.*?)\n```", text, re.DOTALL)


@pytest.mark.processes
def test_the_compiler_accepts_each_example(tmp_path: Path) -> None:
    with bare_app() as app, app.test_request_context():
        sources = {slug: operation_document(slug).text for slug in OPERATIONS}
    sources |= {one.stem: one.read_text() for one in DOCUMENTS}
    found = {
        f"{name}-{number}": code
        for name, text in sources.items()
        for number, code in enumerate(examples_in(text))
    }
    found |= {
        f"receive-{name}": code
        for name in FORMATS
        for language, code in snippets(name)
        if language == "TypeScript"
    }
    assert len(found) > len(OPERATIONS) + 10
    packages(tmp_path)
    for name, code in found.items():
        (tmp_path / f"{name}.mts").write_text(code)
    assert faults_of(tmp_path) == ""


@pytest.mark.processes
def test_the_compiler_finds_what_is_wrong(tmp_path: Path) -> None:
    """Otherwise the test above would say nothing."""
    packages(tmp_path)
    wrong = [
        "hookline.events.send({ type: 1, data: {} });",
        "hookline.webhooks.rename('whk_1');",
        "hookline.deliveries.list({ status: 'lost' });",
        "(await hookline.whoami()).nme;",
    ]
    for number, line in enumerate(wrong):
        code = 'import { Hookline } from "@hookline/client";\nconst hookline = new Hookline();\n'
        (tmp_path / f"wrong{number}.mts").write_text(f"{code}{line}\n")
    said = faults_of(tmp_path)
    assert [number for number in range(4) if f"wrong{number}.mts" in said] == [0, 1, 2, 3]


@pytest.mark.quick
@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({}, "{}"),
        ([], "[]"),
        (None, "null"),
        ({"a": 1, "b-c": "é\n"}, '{ a: 1, "b-c": "é\\n" }'),
        ({"a": [True, {"b": 1.5}]}, "{ a: [true, { b: 1.5 }] }"),
        ({"a": "x" * 50, "b": "y" * 20}, f'{{\n  a: "{"x" * 50}",\n  b: "{"y" * 20}",\n}}'),
    ],
)
def test_values_are_written_as_people_write_them(value: object, code: str) -> None:
    assert literal(value) == code
