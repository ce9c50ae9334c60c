"""Each example of the API's reference runs as printed, with ids of existing objects."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from hookline._model import Model
from hookline.cli.commands import hookline
from tests.server.conftest import Site, site  # noqa: F401 - a fixture
from tests.support.existing import existing, made_real
from tests.support.typescript import packages
from webhooks_app.catalogue import CATALOGUE
from webhooks_app.web.event_examples import event_examples
from webhooks_app.web.reference import OPERATIONS, Operation


def real_ids(site: Site, path: str) -> Mapping[str, str]:  # noqa: F811
    """The ids in the examples, and those of new objects to replace them."""

    def post(path: str, body: object) -> Any:
        url, headers = f"{site.url}/api/v1{path}", site.authorization
        return requests.post(url, json=body, headers=headers, timeout=30).json()

    return {**existing(post, path), "$HOOKLINE_API_KEY": site.key}


def example(source: str, language: str, ids: Mapping[str, str]) -> str:
    """Empty where there is none: the command line cannot do everything."""
    codes = re.findall(rf"```{language}\n(.*?)\n```", source, re.DOTALL)
    assert len(codes) <= 1
    assert codes or language == "sh"
    return made_real(codes[0], ids) if codes else ""


def statuses(operation: Operation) -> set[str]:
    return {status for status, _, _ in operation.answers()}


Run = Callable[[str, str], str | None]


@pytest.fixture
def run(
    request: pytest.FixtureRequest,
    language: str,
    site: Site,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Runs code in that language, under a name; the status that it was answered with."""
    monkeypatch.setenv("HOOKLINE_API_KEY", site.key)
    found: Run = request.getfixturevalue(f"run_{language}")
    return found


@pytest.fixture
def run_bash() -> Run:
    def run(name: str, code: str) -> str:
        command = re.sub(r"^curl ", "curl -sS -w '\\\\n%{http_code}' ", code)
        ended = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            check=True,
            env=dict(os.environ),
        )
        return ended.stdout.splitlines()[-1]

    return run


@pytest.fixture
def run_python() -> Run:
    """The client raises an error for any other answer."""

    def run(name: str, code: str) -> None:
        members: dict[str, Any] = {}
        exec(compile(code, name, "exec"), members)
        check_types(members.get("answer", members.get("one")))

    return run


@pytest.fixture
def run_typescript(tmp_path: Path) -> Iterator[Run]:
    """All in one process of Node."""
    folder = packages(tmp_path)
    script = str(Path(__file__).with_name("examples.mjs"))
    with subprocess.Popen(
        ["node", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(name: str, code: str) -> str:
            file = folder / f"{name}.mjs"
            file.write_text(code)
            print(file, file=process.stdin, flush=True)
            return str(json.loads(process.stdout.readline()))

        yield run
        process.stdin.close()


@pytest.fixture
def run_sh(site: Site, tmp_path: Path) -> Run:  # noqa: F811
    """Commands in this process."""
    environ = {"HOOKLINE_URL": site.url, "XDG_CONFIG_HOME": str(tmp_path)}

    def run(name: str, code: str) -> None:
        line, _, body = code.partition(" <<'JSON'\n")
        words = [*shlex.split(line)[1:], "--yes"]
        ended = CliRunner(env=environ).invoke(hookline, words, input=body.removesuffix("JSON"))
        assert ended.exit_code == 0, (name, code, ended.output)

    return run


@pytest.mark.parametrize("language", ["bash", "sh", "python", "typescript"])
def test_every_example_gets_the_answer_that_is_printed(
    site: Site,  # noqa: F811
    language: str,
    run: Run,
) -> None:
    site.forget_deliveries()
    for slug, operation in OPERATIONS.items():
        site.restore_examples()
        source = requests.get(f"{site.url}/docs/reference/{slug}.md", timeout=30).text
        code = example(source, language, real_ids(site, operation.path))
        if slug == "create-event-type":  # the example's type is already registered
            code = code.replace("order.paid", f"order.{language}")
        said = run(slug, code) if code else None
        assert said is None or said in statuses(operation), (slug, said, code)


@pytest.mark.parametrize("language", ["bash", "sh", "python", "typescript"])
def test_the_page_of_an_event_type_shows_how_it_is_reported(
    site: Site,  # noqa: F811
    language: str,
    run: Run,
) -> None:
    kind = CATALOGUE["lead.captured"]
    codes = [code for _, code in event_examples(site.url, kind.name, kind.sample)]
    code = dict(zip(("bash", "sh", "python", "typescript"), codes, strict=True))[language]
    before = newest(site)
    said = run("report", code.replace("$HOOKLINE_API_KEY", site.key))
    assert said in (None, "202"), (said, code)
    assert newest(site) != before


def newest(site: Site) -> Any:  # noqa: F811
    """The event of that type that was reported last."""
    url = f"{site.url}/api/v1/events?type=lead.captured&limit=1"
    return requests.get(url, headers=site.authorization, timeout=30).json()["data"]


def check_types(answer: object) -> None:
    """Every time in it is a datetime."""
    if isinstance(answer, Model):
        for name, kind in type(answer).__annotations__.items():
            value = getattr(answer, name)
            assert "datetime" not in kind or value is None or isinstance(value, datetime), name
            check_types(value)
    for one in answer if isinstance(answer, list) else ():
        check_types(one)
