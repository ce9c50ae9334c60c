"""What the log shows of a request and its answer is what went over the wire, byte for byte."""

import hashlib
import json
from datetime import UTC, datetime
from string import ascii_letters

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.retry_policy import parse_policy
from webhooks_app.channels.webhook.endpoint import SignedRequests
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.channels.webhook.headers import InvalidHeader, check_custom_headers
from webhooks_app.lib.packed_headers import (
    COMMON,
    FIRST,
    MASK,
    RECEIVED,
    SENT,
    pack,
    pack_received,
    unpack,
    unpack_received,
)

ID, OTHER = "msg_01JTESTTESTTESTTESTTESTTES", "msg_01JOTHEROTHEROTHEROTHEROTH"
AT = 1_764_191_234
BEGAN = datetime.fromtimestamp(1_764_191_240.9, UTC)
SECOND = str(1_764_191_240)
NAMES = st.one_of(
    st.sampled_from([name for name, _ in SENT]),
    st.text(ascii_letters + "-", min_size=1, max_size=20),
)
VALUES = st.one_of(
    st.sampled_from([ID, OTHER, SECOND, MASK, "", "identity", "0", "2"]),
    st.sampled_from([value for _, value in SENT if isinstance(value, str)]),
    st.text(max_size=30),
)
TRACES = st.sampled_from([None, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"])


def sent(
    format_: str, own: dict[str, str], agent: str, hops: int, trace: str | None
) -> dict[str, str]:
    """The headers of a request, as they leave."""
    claimed = Claimed(
        delivery_id=ID,
        subscription_id="sub_1",
        number=1,
        failures=0,
        lost=False,
        revision=1,
        wire_format=format_,
        event_id="evt_1",
        event_type="lead.captured",
        occurred_at=datetime(2026, 11, 26, tzinfo=UTC),
        organisation_id="org_1",
        subject_type="chatbot",
        subject_id="bot_1",
        data="{}",
        hops=hops,
        traceparent=trace,
    )
    requests = SignedRequests(
        user_agent=agent,
        url="https://a.example",
        secret=factories.SECRET,
        policy=parse_policy("pivot"),
        own_headers=own,
    )
    return dict(requests.message(claimed, "https://a.example", AT).headers)


def custom_headers() -> st.SearchStrategy[dict[str, str]]:
    def is_allowed(headers: dict[str, str]) -> bool:
        try:
            check_custom_headers(headers)
        except InvalidHeader:
            return False
        return True

    names = st.text(ascii_letters + "-_0123456789", min_size=1, max_size=12)
    values = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
    either = st.one_of(values, st.sampled_from([ID, "identity", "application/json"]))
    return st.dictionaries(names, either, max_size=4).filter(is_allowed)


@pytest.mark.parametrize("format_", FORMATS)
@given(
    custom_headers(),
    st.sampled_from(["Hookline-Webhooks/1.0", "Acme-Webhooks/1.0"]),
    st.integers(0, 2),
    TRACES,
    st.booleans(),
)
def test_what_is_shown_is_what_was_sent(
    format_: str, own: dict[str, str], agent: str, hops: int, trace: str | None, masks: bool
) -> None:
    headers = sent(format_, own, agent, hops, trace)
    if masks:
        headers |= dict.fromkeys(own, MASK)
    shown = unpack(pack(headers, ID, BEGAN), ID, BEGAN)
    assert list(shown.items()) == list(headers.items())


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_any_headers_come_back_in_their_order(headers: dict[str, str]) -> None:
    assert list(unpack(pack(headers, ID, BEGAN), ID, BEGAN).items()) == list(headers.items())


@pytest.mark.parametrize("format_", FORMATS)
def test_a_format_has_all_its_headers_in_the_table(format_: str) -> None:
    """So that a new format does not store its names with each attempt."""
    packed = json.loads(pack(sent(format_, {}, "Hookline-Webhooks/1.0", 1, None), ID, BEGAN))
    assert not {name for name, _ in SENT} & set(packed)
    assert 0 not in packed
    assert 1 not in packed


# What earlier versions have stored. It must be shown the same forever.
STORED = {
    '[2,4,5,7,8,"1764191234",9,"v1,abc="]': {
        "User-Agent": "Hookline-Webhooks/1.0",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "webhook-id": ID,
        "webhook-timestamp": "1764191234",
        "webhook-signature": "v1,abc=",
    },
    '[3,"Acme-Webhooks/1.0",4,1,"X-Token",0,"X-More","1",6,7,8,"1",9,"v1,a",33,"2",34,"00-1"]': {
        "User-Agent": "Acme-Webhooks/1.0",
        "Accept-Encoding": "identity",
        "X-Token": MASK,
        "X-More": "1",
        "Content-Type": "application/cloudevents+json",
        "webhook-id": ID,
        "webhook-timestamp": "1",
        "webhook-signature": "v1,a",
        "Webhook-Hops": "2",
        "traceparent": "00-1",
    },
    '[10,11,"1",12,"s",13,14,"1",15,"s",16,"p",17,"q",18,"r"]': {
        "svix-id": ID,
        "svix-timestamp": "1",
        "svix-signature": "s",
        "X-Webhook-Id": ID,
        "X-Webhook-Timestamp": "1",
        "X-Webhook-Signature": "s",
        "X-Pivra-Signature-256": "p",
        "X-Pivot-Signature": "q",
        "X-Inqyra-Signature": "r",
    },
    '[19,"e",20,21,"s",22,"t",23,"h",24,"g",25,26,"a",27,"b",28,29,"c",30,"d",31,"f",32,"v"]': {
        "pivotal-event": "e",
        "pivotal-delivery-id": ID,
        "pivotal-signature": "s",
        "Stripe-Signature": "t",
        "X-Hub-Signature-256": "h",
        "X-GitHub-Event": "g",
        "X-GitHub-Delivery": ID,
        "X-Shopify-Hmac-Sha256": "a",
        "X-Shopify-Topic": "b",
        "X-Shopify-Webhook-Id": ID,
        "X-Shopify-Event-Id": "c",
        "X-Shopify-Triggered-At": "d",
        "X-Shopify-Shop-Domain": "f",
        "X-Shopify-API-Version": "v",
    },
    '[7,35,9,"v1,a",10,36,12,"s",13,37,15,"t"]': {
        "webhook-id": ID,
        "webhook-timestamp": SECOND,
        "webhook-signature": "v1,a",
        "svix-id": ID,
        "svix-timestamp": SECOND,
        "svix-signature": "s",
        "X-Webhook-Id": ID,
        "X-Webhook-Timestamp": SECOND,
        "X-Webhook-Signature": "t",
    },
    '{"Key":"••••••","webhook-id":"msg_older"}': {"Key": MASK, "webhook-id": "msg_older"},
}


@pytest.mark.parametrize("stored", STORED)
def test_old_attempts_are_shown_as_they_were_sent(stored: str) -> None:
    assert unpack(stored, ID, BEGAN) == STORED[stored]
    if stored.startswith("["):
        assert pack(STORED[stored], ID, BEGAN) == stored


def test_each_entry_of_the_table_is_held_by_what_was_stored() -> None:
    numbers = {one for stored in STORED for one in json.loads(stored) if isinstance(one, int)}
    assert numbers >= set(range(FIRST, FIRST + len(SENT)))


def test_what_has_no_header_of_the_table_stays_readable_for_older_versions() -> None:
    """A retry of a mail reads its headers, perhaps by an older worker."""
    mail = {"From": "a@example.com", "Message-ID": "<1@example.com>", "List-Unsubscribe": MASK}
    assert orjson.loads(pack(mail, ID, BEGAN)) == mail


@pytest.mark.parametrize(
    "broken", ["", "null", "7", "[", "[9]", "[999]", "[-1]", '["x"]', '[0,"a"]', "[2.5]", "[[2]]"]
)
def test_what_cannot_be_read_has_no_headers(broken: str) -> None:
    assert unpack(broken, ID, BEGAN) == {}


RECEIVED_NAMES = st.one_of(st.sampled_from([name for name, _ in RECEIVED]), NAMES)
RECEIVED_VALUES = st.one_of(
    st.sampled_from([value for _, value in RECEIVED if isinstance(value, str)]), VALUES
)


@given(st.lists(st.tuples(RECEIVED_NAMES, RECEIVED_VALUES), max_size=8))
def test_any_answer_comes_back_in_its_order(headers: list[tuple[str, str]]) -> None:
    """A name may come twice, such as Set-Cookie."""
    assert unpack_received(pack_received(headers)) == headers


# What earlier versions have stored.
STORED_ANSWERS = {
    '[5,23,13,"11"]': [
        ("content-type", "application/json"),
        ("server", "nginx"),
        ("content-length", "11"),
    ],
    '[20,"nginx/1.27",18,"Fri, 27 Nov 2026 18:00:00 GMT",4,14,26,0,"x-own","a",1,"x-mask"]': [
        ("Server", "nginx/1.27"),
        ("Date", "Fri, 27 Nov 2026 18:00:00 GMT"),
        ("Content-Type", "application/json"),
        ("Content-Length", "0"),
        ("Connection", "keep-alive"),
        ("x-own", "a"),
        ("x-mask", MASK),
    ],
    '[["ada@example.com","250 OK"]]': [("ada@example.com", "250 OK")],
    "[]": [],
}


@pytest.mark.parametrize("stored", STORED_ANSWERS)
def test_old_answers_are_shown_as_they_came(stored: str) -> None:
    assert unpack_received(stored) == STORED_ANSWERS[stored]
    assert pack_received(STORED_ANSWERS[stored]) == stored


def test_answers_that_an_older_version_stored_as_pairs_are_still_read() -> None:
    assert unpack_received('[["Server","nginx"]]') == [("Server", "nginx")]


def test_no_entry_for_answers_has_changed() -> None:
    """Numbers in the log refer to them. New ones stand at the end."""
    first = json.dumps([(name, str(value)) for name, value in COMMON[:49]])
    assert hashlib.sha256(first.encode()).hexdigest()[:16] == "12d75660c9656161"
    assert len(set(RECEIVED)) == len(RECEIVED)


@pytest.mark.parametrize("broken", ["", "null", "7", "[", "[999]", "[-1]", '["x"]', '[0,"a"]'])
def test_an_answer_that_cannot_be_read_has_no_headers(broken: str) -> None:
    assert unpack_received(broken) == []
