"""Names and patterns of event types, and the matcher that looks them up."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from webhooks_app.catalogue import CATALOGUE
from webhooks_app.matching.budget import Budget
from webhooks_app.matching.match import Matcher
from webhooks_app.matching.type_patterns import asks_for, patterns_of
from webhooks_app.models import Subscription

pytestmark = pytest.mark.quick
WORDS = st.sampled_from(["customer", "custom", "order", "created", "updated", "a"])
NAMES = st.lists(WORDS, min_size=2, max_size=4).map(".".join)
ASKED = st.one_of(
    NAMES, NAMES.map(lambda name: f"{name}.*"), WORDS.map("{}.*".format), st.just("*")
)


def row(number: int, *event_types: str, **more: Any) -> Subscription:
    values = {
        "id": f"whk_{number}",
        "channel": "webhook",
        "former_urls": [],
        "event_types": list(event_types),
        "conditions": [],
        "match": "all",
        "changed_fields": [],
        "wire_format": "standard",
        "retry_policy": "pivot",
        "email_to": [],
        "metadata_": {},
    }
    return Subscription(**values | more)


def matched(matcher: Matcher, name: str) -> list[str]:
    event = factories.lead(type=name)
    return sorted(one.subscription_id for one in matcher.select(event, Budget()).candidates)


def reference(asked: str) -> str:
    return ".*" if asked == "*" else re.escape(asked).replace(r"\*", ".+")


@given(asked=st.lists(st.lists(ASKED, min_size=1, max_size=3), max_size=4), names=st.lists(NAMES))
def test_each_matches_what_a_regular_expression_would(
    asked: list[list[str]], names: list[str]
) -> None:
    matcher = Matcher(row(number, *some) for number, some in enumerate(asked))
    assert matcher.unreadable == []
    for name in [*names, *names]:  # looked up, then remembered
        wanted = [
            f"whk_{number}"
            for number, some in enumerate(asked)
            if any(re.fullmatch(reference(one), name) for one in some)
        ]
        assert matched(matcher, name) == wanted
        assert [asks_for(some, name) for some in asked] == [
            f"whk_{number}" in wanted for number in range(len(asked))
        ]


def test_everything_leaves_out_what_hookline_itself_sends() -> None:
    for name, kind in CATALOGUE.items():
        assert asks_for(["*"], name) is not kind.is_system
    assert asks_for(["webhook.*"], "webhook.ping")


def test_an_exact_name_is_looked_up_without_a_pattern() -> None:
    matcher = Matcher([row(1, "lead.captured"), row(2, "lead.*")])
    matcher._by_pattern = []  # what is asked for by name was found when the matcher was made
    assert matched(matcher, "lead.captured") == ["whk_1", "whk_2"]


@pytest.mark.parametrize("asked", ["*", "customer.*", "customer.updated"])
def test_a_field_filter_follows_the_states_that_its_pattern_includes(asked: str) -> None:
    matcher = Matcher([row(1, asked, changed_fields=["stage"])])
    followed = {name for name in CATALOGUE if matcher.follows(name)}
    of_customers = {"customer.updated", "customer.created"}
    assert of_customers <= followed
    assert (followed == of_customers) is (asked != "*")
    assert not Matcher([row(1, asked)]).follows("customer.updated")
    assert not matcher.follows("customer.at_risk")


def test_the_patterns_of_a_catalogue() -> None:
    names = ["customer.created", "customer.updated", "room.recording.published"]
    assert patterns_of(names) == ["*", "customer.*", "room.*", "room.recording.*"]
