"""An invalid body: all of it is checked, and a bounded number of faults is reported."""

from itertools import product
from typing import Any

import pytest

from tests.api.conftest import Api
from webhooks_app.api import bodies
from webhooks_app.lib.pointers import MOST_FAULTS, Fault

PATHS = [
    "/events",
    "/events/batch",
    "/webhooks",
    "/event-types",
    "/chatbots/bot_1/messages",
    "/chatbots/bot_1/webhooks",
]
WRONG = ['"nowhere": 1', '"type": 5', '"name": 5', '"events": 5', '"messages": 5', '"data": null']
BROKEN = [
    "",
    ",}",
    ', "a": ',
    ', "a": "\\ud83d"}',
    ', "a": "\\udfff x"}',
    ', "a": NaN}',
    ', "a": {}',
]
BROKEN += [", 5}", ', "a": 01}', '} {"b": 1}', ', "a": ' + "[" * 100_000]


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_json_is_400_also_behind_what_is_wrong(api: Api, path: str) -> None:
    """A 500 would mean "try again"."""
    for wrong, broken in product(WRONG, BROKEN):
        answer = api("POST", path, data=f"{{{wrong}{broken}", headers=JSON)
        assert answer.status_code == 400, (wrong, broken[:20], answer.text)
        assert answer.json is not None
        assert answer.json["type"] == "/docs/api#malformed-json"


def errors(api: Api, path: str, body: Any) -> tuple[Any, str]:
    answer = api.post(path, body)
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    return answer.json["errors"], answer.json["detail"]


def unknown(number: int) -> dict[str, int]:
    return {f"unknown_{index}": index for index in range(number)}


@pytest.mark.parametrize("path", PATHS)
def test_a_hundred_faults_are_told(api: Api, path: str) -> None:
    told, detail = errors(api, path, unknown(20_000))
    assert len(told) == MOST_FAULTS
    assert f"At least {MOST_FAULTS - 1} more" in detail


def test_a_few_faults_are_told_one_by_one(api: Api) -> None:
    told, detail = errors(api, "/events", {"type": 5, "data": {}, **unknown(2)})
    assert sorted(one["pointer"] for one in told) == ["#/type", "#/unknown_0", "#/unknown_1"]
    assert " 2 more" in detail


@pytest.mark.parametrize(
    ("path", "member"),
    [("/events/batch", "events"), ("/chatbots/bot_1/messages", "messages")],
)
def test_a_batch_is_read_no_further_than_a_hundred_faults(
    api: Api, path: str, member: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []

    def thirty(text: object, _kind: object, first: Fault) -> list[Fault]:
        read.append(text)
        return [first] * 30

    monkeypatch.setattr(bodies, "_first_faults", thirty)
    told, _ = errors(api, path, {member: [unknown(1)] * 100})
    assert len(told) == MOST_FAULTS
    assert len(read) == 4


def test_of_a_long_body_the_first_fault_is_told(api: Api) -> None:
    body = {"events": [], **unknown(100_000)}
    told, _ = errors(api, "/events/batch", body)
    assert len(told) == 1
