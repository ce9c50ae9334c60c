"""Each example of the API's reference runs as printed, with ids of existing objects."""

import os
import re
import subprocess
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
import requests

from hookline._model import Model
from tests.server.conftest import Site, site  # noqa: F401 - a fixture
from tests.support.existing import existing, made_real
from webhooks_app.web.reference import OPERATIONS, Operation


def real_ids(site: Site, path: str) -> Mapping[str, str]:  # noqa: F811
    """The ids in the examples, and those of new objects to replace them."""

    def post(path: str, body: object) -> Any:
        url, headers = f"{site.url}/api/v1{path}", site.authorization
        return requests.post(url, json=body, headers=headers, timeout=30).json()

    return {**existing(post, path), "$HOOKLINE_API_KEY": site.key}


def example(source: str, language: str, ids: Mapping[str, str]) -> str:
    [code] = re.findall(rf"```{language}\n(.*?)\n```", source, re.DOTALL)
    return made_real(code, ids)


def statuses(operation: Operation) -> set[str]:
    return {status for status, _, _ in operation.answers()}


@pytest.mark.parametrize("language", ["bash", "python"])
def test_every_example_gets_the_answer_that_is_printed(
    site: Site,  # noqa: F811
    language: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOKLINE_API_KEY", site.key)
    for slug, operation in OPERATIONS.items():
        site.restore_examples()
        source = requests.get(f"{site.url}/docs/reference/{slug}.md", timeout=30).text
        code = example(source, language, real_ids(site, operation.path))
        if slug == "create-event-type":  # the example's type is already registered
            code = code.replace("order.paid", f"order.{language}")
        if language == "bash":
            command = re.sub(r"^curl ", "curl -sS -w '\\\\n%{http_code}' ", code)
            ended = subprocess.run(
                ["bash", "-c", command],
                capture_output=True,
                text=True,
                check=True,
                env=dict(os.environ),
            )
            said = ended.stdout.splitlines()[-1]
            assert said in statuses(operation), (slug, said, code)
        else:
            run: dict[str, Any] = {}
            exec(compile(code, slug, "exec"), run)  # the client raises any other answer
            check_types(run.get("answer", run.get("one")))


def check_types(answer: object) -> None:
    """Every time in it is a datetime."""
    if isinstance(answer, Model):
        for name, kind in type(answer).__annotations__.items():
            value = getattr(answer, name)
            assert "datetime" not in kind or value is None or isinstance(value, datetime), name
            check_types(value)
    for one in answer if isinstance(answer, list) else ():
        check_types(one)
