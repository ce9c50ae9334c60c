"""Every operation of the document, asked of the running product by both clients."""

import asyncio
import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from clients.python.generator.document import Operation, operations
from hookline import AsyncListing, Hookline, Listing, Problem
from hookline._model import Model
from hookline.aio import AsyncHookline
from tests import factories
from tests.support.documented import DOCUMENT
from tests.support.existing import example_request
from tests.support.product import Product
from webhooks_app.extensions import db

OPERATIONS = {one.declared["x-call"]: one for one in operations()}
NO_ANSWER = {name for name, one in OPERATIONS.items() if one.answer is None}


@pytest.fixture(scope="module")
def site(product: Product) -> tuple[Product, str, str]:
    key, organisation = product.key_and_organisation("live")
    return product, key, organisation


def asked(site: tuple[Product, str, str], one: Operation) -> tuple[list[str], dict[str, Any]]:
    """Ids and a body that the operation accepts, from the examples of the document."""
    product, key, organisation = site
    with product.app.app_context():
        factories.example_rows(organisation)
        db.session.remove()
    with Hookline(key, product.url) as client:

        def post(path: str, body: Any) -> Any:
            try:
                return client.request("POST", path, body=body)
            except Problem:  # there is one already
                return None

        path, body = example_request(DOCUMENT, one.path, one.method.lower(), post)
    pattern = re.sub(r"\{\w+\}", "([^/]+)", one.path)
    found = re.fullmatch(pattern, path)
    assert found
    return [*found.groups()], body or {}


def name_of(one: Operation) -> str:
    return str(one.declared["x-call"])


@pytest.mark.parametrize("call", OPERATIONS)
def test_it_is_answered_and_understood(site: tuple[Product, str, str], call: str) -> None:
    ids, body = asked(site, OPERATIONS[call])
    with Hookline(site[1], site[0].url) as client:
        method: Any = client
        for step in call.split("."):
            method = getattr(method, step)
        answer = method(*ids, **body)
        check(call, [*answer] if isinstance(answer, Listing) else answer)


@pytest.mark.parametrize("call", OPERATIONS)
def test_it_is_answered_and_understood_asynchronously(
    site: tuple[Product, str, str], call: str
) -> None:
    ids, body = asked(site, OPERATIONS[call])

    async def ask() -> Any:
        async with AsyncHookline(site[1], site[0].url) as client:
            method: Any = client
            for step in call.split("."):
                method = getattr(method, step)
            answer = method(*ids, **body)
            if isinstance(answer, AsyncListing):
                return [one async for one in answer]
            return await answer if inspect.isawaitable(answer) else answer

    check(call, asyncio.run(ask()))


def check(call: str, answer: Any) -> None:
    """It has the types that its model declares."""
    assert (answer is None) == (call in NO_ANSWER)
    for model in models_in(answer):
        for name, kind in type(model).__annotations__.items():
            value = getattr(model, name)
            if "datetime" in str(kind) and value is not None:
                assert isinstance(value, datetime), (call, name)
    if isinstance(answer, Model):
        assert answer.response is not None
        assert answer.response.request_id


def models_in(value: Any) -> Iterator[Model]:
    if isinstance(value, Model):
        yield value
        value = list(vars(value).values())
    if isinstance(value, list):
        for one in value:
            yield from models_in(one)
