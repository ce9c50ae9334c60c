"""Check each answer of the API, in every test, against its document.

`python -m tests.support.documented` writes the document again, for `make openapi`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from webhooks_app import create_app
from webhooks_app.api.answers import NDJSON
from webhooks_app.api.openapi.document import METHODS, PREFIX, path_of, text
from webhooks_app.config import Settings
from webhooks_app.lib.crypto import new_key
from webhooks_app.lib.folders import folder

FILE = folder("docs") / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(FILE.read_text())
PROBLEM = "application/problem+json"


def check(app: Flask, response: TestResponse) -> None:
    """Raises AssertionError for an answer of the API that its document does not have."""
    request = response.request
    if not request.path.startswith(f"{PREFIX}/") or request.method not in METHODS:
        return
    try:
        rule, _ = app.url_map.bind_to_environ(request.environ).match(return_rule=True)
    except RequestRedirect:  # slashes that are merged
        assert response.status_code == 308
        return
    except HTTPException:
        assert (response.status_code, response.mimetype) in ((404, PROBLEM), (405, PROBLEM))
        _fits(PROBLEM, {"$ref": "#/components/schemas/Problem"}, response)
        return
    operation = DOCUMENT["paths"][path_of(rule)][request.method.lower()]
    said = f"{request.method} {path_of(rule)} {response.status_code}"
    assert str(response.status_code) in operation["responses"], f"{said}: {response.text[:300]}"
    declared = _resolved(operation["responses"][str(response.status_code)])
    for name in declared.get("headers", {}) if response.mimetype != NDJSON else ():
        assert name in response.headers, f"{said}: {name}"
    content = declared.get("content")
    if content is None:
        assert response.data == b"", said
        return
    assert response.mimetype in content, f"{said}: {response.mimetype}"
    _fits(response.mimetype, content[response.mimetype]["schema"], response)
    if response.mimetype == PROBLEM:
        kind = response.get_json()["type"].rpartition("#")[2]
        assert kind in operation["x-problems"], f"{said}: {kind}"


def _resolved(declared: dict[str, Any]) -> dict[str, Any]:
    found = declared
    if reference := declared.get("$ref"):
        found = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    return found


def _fits(kind: str, schema: dict[str, Any], response: TestResponse) -> None:
    if kind.endswith("json"):
        texts = response.data.splitlines() if kind == NDJSON else [response.data]
        for one in texts:
            validator_of(json.dumps(schema)).validate(json.loads(one))


@lru_cache(maxsize=200)
def validator_of(schema: str) -> Draft202012Validator:
    """A member that the document does not name is a fault, though clients must ignore it."""
    components = json.loads(json.dumps(DOCUMENT["components"]))
    for one in components["schemas"].values():
        if "properties" in one:
            one.setdefault("additionalProperties", False)
    return Draft202012Validator(
        {**json.loads(schema), "components": components},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


@contextmanager
def bare_app() -> Iterator[Flask]:
    """An app to inspect, without a usable database."""
    with TemporaryDirectory() as place:
        settings = Settings(
            database_url=f"sqlite:///{place}/none.db",
            data_dir=Path(place),
            secret_key=new_key(),
            encryption_keys=new_key(),
        )
        yield create_app(settings)


if __name__ == "__main__":
    with bare_app() as app:
        FILE.write_text(text(app))
