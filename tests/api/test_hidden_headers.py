"""The value of a custom header is sent to the host that it was entered for, and to no other."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Api, faults
from tests.support.receiver import Receiver
from webhooks_app.lib.urls import origin

MASK = "••••••"
BEFORE = "https://receiver.example/hook"
ELSEWHERE = [
    "https://other.example/hook",
    "https://receiver.example:8443/hook",
    "https://receiver.example.evil.example/hook",
    "https://sub.receiver.example/hook",
]
SAME = [f"{BEFORE}/2", "https://receiver.example:443/x", "https://RECEIVER.example/hook?a=b"]


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize("headers", [None, {"X-Key": MASK}])
def test_another_host_asks_for_the_value_again(
    api: Api, url: str, headers: dict[str, str] | None
) -> None:
    made = api.webhook(url=BEFORE, headers={"X-Key": "s3cr3t"})
    path = f"/webhooks/{made['id']}"
    change = {"url": url} | ({"headers": headers} if headers else {})
    response = api.patch(path, change)
    assert (response.status_code, list(faults(response))) == (422, ["#/headers/X-Key"])
    assert api.get(path).get_json()["url"] == BEFORE
    assert api.patch(path, {"url": url, "headers": {"X-Key": "entered again"}}).status_code == 200
    assert api.get(path).get_json()["url"] == url


@pytest.mark.parametrize("url", ELSEWHERE)
def test_it_may_go_there_without_the_header(api: Api, url: str) -> None:
    made = api.webhook(url=BEFORE, headers={"X-Key": "s3cr3t"})
    path = f"/webhooks/{made['id']}"
    assert api.patch(path, {"url": url, "headers": {}}).status_code == 200
    assert api.get(path).get_json()["headers"] == {}


@pytest.mark.parametrize("url", SAME)
def test_the_same_host_keeps_it(api: Api, url: str) -> None:
    made = api.webhook(url=BEFORE, headers={"X-Key": "s3cr3t"})
    changed = api.patch(f"/webhooks/{made['id']}", {"url": url})
    assert (changed.status_code, changed.get_json()["headers"]) == (200, {"X-Key": MASK})


def test_an_inbox_of_ones_own_never_sees_it(
    test_mode: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    made = test_mode.webhook(url=BEFORE, headers={"X-Key": "s3cr3t"})
    path = f"/webhooks/{made['id']}"
    assert test_mode.patch(path, {"url": receiver.url}).status_code == 422
    test_mode.patch(path, {"url": receiver.url, "headers": {}})
    test_mode.patch(path, {"headers": {"X-Key": MASK}})
    test_mode.post(f"{path}/test")
    drain()
    assert receiver.received
    assert all("s3cr3t" not in str(one.headers) for one in receiver.received)


@given(st.text(max_size=40))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_text_has_an_origin_or_none(text: str) -> None:
    origin(text)
    origin(f"https://{text}")
