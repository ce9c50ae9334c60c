"""What is made from the document is up to date and complete."""

import inspect
import json
from pathlib import Path

import pytest

from clients.python.generator.document import operations
from clients.python.generator.files import FOLDER, files
from clients.python.generator.resources import methods_of
from hookline import Hookline
from hookline.aio import AsyncHookline
from hookline.async_resources import AsyncApi
from hookline.resources import Api
from webhooks_app.api.openapi.calls import call_of

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[3]
NO_KEY = "hk_test_none"
CALLS = [
    f"{one.resource}.{method.name}".strip(".")
    for one in operations()
    for method in methods_of(one.resource)
    if method.operation.declared["operationId"] == one.declared["operationId"]
]


def test_it_is_up_to_date() -> None:
    for name, text in files().items():
        assert (FOLDER / name).read_text() == text, f"{name}: run `make client`"


def test_no_two_operations_have_the_same_name() -> None:
    document = json.loads((ROOT / "docs/openapi.json").read_text())
    names = [
        call_of(path, method.upper(), one["operationId"])
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    ]
    assert len(names) == len(set(names)) > 90


def method_of(client: object, call: str) -> object:
    found = client
    for step in call.split("."):
        found = getattr(found, step)
    return found


@pytest.mark.parametrize("call", CALLS)
def test_both_clients_have_every_operation_with_the_same_arguments(call: str) -> None:
    assert len(CALLS) > 90
    with Hookline(NO_KEY) as client:
        here, there = method_of(client, call), method_of(AsyncHookline(NO_KEY), call)
    assert callable(here)
    assert callable(there)
    assert inspect.signature(here).parameters == inspect.signature(there).parameters
    assert inspect.getdoc(here) == inspect.getdoc(there)


def test_the_clients_have_the_same_resources() -> None:
    public = [{name for name in dir(kind) if not name.startswith("_")} for kind in (Api, AsyncApi)]
    assert public[0] == public[1]
