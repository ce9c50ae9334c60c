"""Every operation of the document is the same request in both clients.

That the product answers each, and that the answer is understood, `server/test_examples.py` shows.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import pytest

from clients.python.generator.document import Operation, operations
from hookline import AsyncListing, Call, HooklineError, Listing
from hookline._answer import Answer
from hookline.async_resources import AsyncApi
from hookline.resources import Api
from tests.support.documented import DOCUMENT
from tests.support.existing import example_body

pytestmark = pytest.mark.quick

OPERATIONS = {one.declared["x-call"]: one for one in operations()}


class Recorder:
    """Keeps calls instead of sending them."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def send(self, call: Call) -> Answer:
        self.calls.append(call)
        raise HooklineError

    def lines(self, call: Call) -> Iterator[bytes]:
        self.calls.append(call)
        return iter(())


class AsyncRecorder:
    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def send(self, call: Call) -> Answer:
        self.calls.append(call)
        raise HooklineError

    async def lines(self, call: Call) -> AsyncIterator[bytes]:
        self.calls.append(call)
        for line in ():
            yield line


def arguments(one: Operation) -> tuple[list[str], dict[str, Any]]:
    """Ids, the members of a body, and every other argument, from the examples of the document."""
    ids = [parameter["schema"]["examples"][0] for parameter in one.parameters("path")]
    body = example_body(DOCUMENT, one.declared) or {}
    names = {"limit": "page_size"}
    query = {names.get(p["name"], p["name"]): 1 for p in one.parameters("query")}
    more: dict[str, Any] = {"if_match": '"e"'} if one.has_header("If-Match") else {}
    if one.has_header("Idempotency-Key"):
        more["idempotency_key"] = "k"
    return ids, {**body, **query, **more}


def method(api: object, name: str) -> Any:
    found = api
    for step in name.split("."):
        found = getattr(found, step)
    return found


def asked(name: str, ids: list[str], named: dict[str, Any]) -> Call:
    recorder = Recorder()
    with suppress(HooklineError):
        answer = method(Api(recorder), name)(*ids, **named)
        assert isinstance(answer, Listing)
        answer.first()
    [call] = recorder.calls
    return call


async def asked_asynchronously(name: str, ids: list[str], named: dict[str, Any]) -> Call:
    recorder = AsyncRecorder()
    with suppress(HooklineError):
        answer = method(AsyncApi(recorder), name)(*ids, **named)
        await (answer.first() if isinstance(answer, AsyncListing) else answer)
    [call] = recorder.calls
    return call


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_is_sent_as_the_document_says(name: str) -> None:
    one = OPERATIONS[name]
    ids, named = arguments(one)
    call = asked(name, ids, named)
    assert call == asyncio.run(asked_asynchronously(name, ids, named))
    assert call.method == one.method
    assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one.path), call.path)
    assert call.body == (example_body(DOCUMENT, one.declared) or (None if not one.bodies else {}))
    assert {key for key, _ in call.parameters()} == {p["name"] for p in one.parameters("query")}
    assert set(call.headers) == {
        header for header in ("Idempotency-Key", "If-Match") if one.has_header(header)
    }
    assert call.wait == named.get("wait", 0)


@pytest.mark.parametrize("name", [name for name, one in OPERATIONS.items() if one.line])
def test_exports_ask_for_lines(name: str) -> None:
    recorder, path = Recorder(), OPERATIONS[name].path
    export = method(Api(recorder), name.replace(".list", ".export"))
    assert [*export(since="2026-03-02T10:00:00Z")] == []
    [call] = recorder.calls
    assert (call.path, call.accept) == (path, "application/x-ndjson")
    assert call.parameters() == [("since", "2026-03-02T10:00:00Z")]
