"""The line that tells an event from others."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.catalogue import CATALOGUE
from webhooks_app.events.summaries import LONGEST_PART, summary_of


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_type_of_the_catalogue_names_fields_that_its_sample_has(name: str) -> None:
    kind = CATALOGUE[name]
    assert kind.summary
    start = msgspec.json.encode(kind.sample).decode()
    said = summary_of(name, start)
    assert said
    first = kind.sample.get(kind.summary[0].partition(".")[0])
    assert str(first) in said


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("lead.captured", '{"name":"Ada","email":"ada@example.com"}', "Ada · ada@example.com"),
        ("lead.captured", '{"lead":{"name":"Ada","phone":"+49 1"}}', "Ada · +49 1"),
        ("lead.captured", '{"name":"Ada","lead":{"name":"Ada"}}', "Ada"),
        ("lead.captured", '{"email":" a\\n b ","name":""}', "a b"),
        ("escalation.requested", '{"text":"Help","visitor":{"email":"a@b.c"}}', "Help · a@b.c"),
        ("order.paid", '{"total":12.5,"number":1042,"status":"paid"}', "1042 · paid"),
        ("order.paid", '{"order":{"title":"Chairs"}}', "Chairs"),
        ("lead.captured", '{"name":true,"email":null}', ""),
        ("lead.captured", "[1]", ""),
        ("order.paid", "{}", ""),
    ],
)
def test_it_is_made_of_the_fields_of_its_type(name: str, data: str, said: str) -> None:
    assert summary_of(name, data) == said


@given(st.sampled_from([*CATALOGUE, "order.paid"]), st.text())
def test_it_is_one_short_line_whatever_came(name: str, text: str) -> None:
    said = summary_of(name, msgspec.json.encode({"name": text, "text": text}).decode())
    assert len(said) <= 2 * LONGEST_PART + 3
    assert said == " ".join(said.split())
