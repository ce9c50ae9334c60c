"""Requests and answers as data."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from hookline import UNSET, Call, HooklineError
from hookline._call import encode, given, path_to, sent_with
from hookline._model import Kind
from hookline.models import Action, Condition, Delivery, EmailAction, Scope, WebhookAction

pytestmark = pytest.mark.quick


@examples(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_an_id_never_leads_to_another_path(id_: str) -> None:
    path = path_to("/webhooks/{}/test", id_)
    assert path.count("/") == 3
    assert not set(path) & set("?# \n")


@pytest.mark.parametrize("id_", ["", ".", ".."])
def test_what_is_not_an_id_is_refused(id_: str) -> None:
    with pytest.raises(ValueError, match="is not an id"):
        path_to("/webhooks/{}", id_)


def test_an_own_key_stays_readable() -> None:
    assert path_to("/webhooks/{}", "key:crm") == "/webhooks/key:crm"


def test_none_is_sent_and_unset_is_not() -> None:
    assert given(a=None, b=UNSET, c=0) == {"a": None, "c": 0}


def test_the_query_has_the_words_of_the_api() -> None:
    at = datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=1)))
    call = Call("GET", "/", {"a": True, "b": None, "c": at, "metadata": {"team": "sales"}, "n": 5})
    assert call.parameters() == [
        ("a", "true"),
        ("c", "2026-03-02T10:00:00+01:00"),
        ("metadata[team]", "sales"),
        ("n", "5"),
    ]


def test_what_is_sent_as_json() -> None:
    sent = encode({"at": datetime(2026, 3, 2, tzinfo=UTC), "scope": Scope(type="room", id="ü")})
    assert json.loads(sent) == {
        "at": "2026-03-02T00:00:00+00:00",
        "scope": {"type": "room", "id": "ü"},
    }


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), datetime(2026, 3, 2), "\ud800"],
)
def test_what_cannot_be_json_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        encode({"value": value})


def test_an_object_without_an_etag_is_refused() -> None:
    with pytest.raises(ValueError, match="no ETag"):
        sent_with(if_match=Scope(type="room", id="1"))


CONDITION = {"field": "email", "operator": "exists", "value": None}


@pytest.mark.parametrize(("channel", "kind"), [("email", EmailAction), ("webhook", WebhookAction)])
def test_the_channel_of_an_action_decides_its_type(channel: str, kind: type[object]) -> None:
    lists: dict[str, object] = {"event_types": [], "changed_fields": [], "email_to": []}
    members = dict.fromkeys(kind.__annotations__) | lists
    counters = dict.fromkeys(("delivered", "failed", "failed_attempts"), 0) | dict.fromkeys(
        ("last_attempt_at", "last_success_at", "failing_since")
    )
    moment = "2026-03-02T10:00:00Z"
    found = Kind[Action](Action).decode(
        {
            **members,
            "channel": channel,
            "conditions": [CONDITION],
            "counters": counters,
            "created_at": moment,
            "updated_at": moment,
            "a_member_of_the_future": 1,
        }
    )
    assert type(found) is kind
    assert found.conditions == [Condition(field="email", operator="exists", value=None)]
    assert found.created_at == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_a_member_that_must_be_there() -> None:
    with pytest.raises(HooklineError, match="'id'"):
        Kind[Delivery](Delivery).decode({})
