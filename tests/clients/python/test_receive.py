"""Requests in every wire format are verified, and nothing else is."""

import base64
import time
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from hookline.receive import FORMATS, BadSignature, Event, Subject, detect, verify
from hookline.receive.formats import UNSIGNED
from tests.channels.test_formats import DELIVERY, EVENT
from tests.compatibility.delivering import BOTH_SECRETS, SECRET, SIGNED, TIMED, request_of
from webhooks_app.channels.webhook import formats as ours
from webhooks_app.channels.webhook.signatures import generate_secret

pytestmark = pytest.mark.quick


def test_every_signed_format_of_the_product_is_known() -> None:
    assert set(FORMATS) == set(SIGNED)
    assert set(UNSIGNED) == set(ours.FORMATS) - set(SIGNED)


@pytest.mark.parametrize("pinned", [True, False])
@pytest.mark.parametrize("name", SIGNED)
def test_it_verifies_what_the_product_sends(name: str, pinned: bool) -> None:
    headers, body = request_of(name)
    event = verify(SECRET, headers, body, wire_format=name if pinned else None)
    assert event.wire_format == name
    assert event.delivery_id == DELIVERY
    assert event.body == body
    assert event.type.lower().replace("_", ".") in ("lead.captured", "lead.created")
    assert event.data["name"] == "Ada Löwe"


@pytest.mark.parametrize("name", SIGNED)
def test_the_event_is_the_same_in_every_format(name: str) -> None:
    event = verify(SECRET, *request_of(name))
    at = EVENT.occurred_at.replace(microsecond=0)
    assert event.occurred_at is not None
    assert event.occurred_at.replace(microsecond=0) == at
    if event.event_id is not None:
        assert event.event_id == EVENT.id
    if event.subject is not None:
        assert event.subject == Subject(str(EVENT.subject_type), str(EVENT.subject_id))


HAVE_EVENT_IDS = {"pivra", "pivotal", "github", "stripe", "shopify", "cloudevents"}
HAVE_SUBJECTS = {"pivra", "pollybot", "pivot", "github", "cloudevents"}


@pytest.mark.parametrize("name", SIGNED)
def test_what_a_format_sends_is_there(name: str) -> None:
    event = verify(SECRET, *request_of(name))
    assert (event.event_id is not None) == (name in HAVE_EVENT_IDS)
    assert (event.subject is not None) == (name in HAVE_SUBJECTS)


def reason(*arguments: object, **more: object) -> str:
    with pytest.raises(BadSignature) as raised:
        verify(*arguments, **more)  # type: ignore[arg-type]
    return raised.value.reason


@pytest.mark.parametrize("name", SIGNED)
def test_what_was_changed_is_refused(name: str) -> None:
    headers, body = request_of(name)
    assert reason(SECRET, headers, body + b" ") == "mismatch"
    assert reason(SECRET, headers, body.replace(b"Ada", b"Eva")) == "mismatch"
    assert reason(generate_secret(), headers, body) == "mismatch"
    assert reason(SECRET, {}, body) == "unsigned"
    assert reason(SECRET, {}, body, wire_format=name) == "missing-header"


@pytest.mark.parametrize("name", SIGNED)
@given(value=st.text())
def test_a_header_that_is_nonsense_is_refused(name: str, value: str) -> None:
    headers, body = request_of(name)
    header = FORMATS[name].scheme.header
    sent = {key.lower(): one for key, one in headers.items()} | {header: value}
    assert reason(SECRET, sent, body, wire_format=name) in ("malformed", "mismatch")


@pytest.mark.parametrize("name", TIMED)
def test_a_request_that_is_old_or_of_the_future_is_refused(name: str) -> None:
    now = int(time.time())
    headers, body = request_of(name, at=now)
    for at in (now - 299, now + 299):
        assert isinstance(verify(SECRET, headers, body, now=at), Event)
    assert reason(SECRET, headers, body, now=now + 301) == "too-old"
    assert reason(SECRET, headers, body, now=now - 301) == "in-future"
    assert verify(SECRET, headers, body, now=now + 301, tolerance=400).wire_format == name


@pytest.mark.parametrize("name", SIGNED)
def test_while_a_secret_rotates_both_are_taken(name: str) -> None:
    old, new = generate_secret(), generate_secret()
    for secret in (old, new):
        assert verify([new, old], *request_of(name, secret)).wire_format == name
    assert reason([new, old], *request_of(name)) == "mismatch"
    if name in BOTH_SECRETS:
        for secret in (old, new):
            assert verify(secret, *request_of(name, new, old)).wire_format == name


@pytest.mark.parametrize("name", SIGNED)
def test_headers_in_any_case_and_as_pairs(name: str) -> None:
    headers, body = request_of(name)
    upper = [(key.upper(), value) for key, value in headers.items()]
    assert verify(SECRET, upper, body).delivery_id == DELIVERY
    assert detect(upper) == name


@pytest.mark.parametrize("name", SIGNED)
def test_a_pinned_format_takes_no_other(name: str) -> None:
    headers, body = request_of(name)
    family = {"standard", "cloudevents"}
    for other in set(SIGNED) - {name} - (family if name in family else set()):
        assert reason(SECRET, headers, body, wire_format=other) == "missing-header"


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize("body", [b"not json", b"[]", b"\xff", b""])
def test_a_signed_body_that_is_no_object_is_refused(name: str, body: bytes) -> None:
    headers = FORMATS[name].scheme.sign(SECRET, DELIVERY, body, int(time.time()))
    assert reason(SECRET, headers, body, wire_format=name) == "not-json"


@pytest.mark.parametrize("name", SIGNED)
def test_what_it_signs_is_what_the_product_signs(name: str) -> None:
    now = int(time.time())
    headers, body = request_of(name, at=now)
    sent = {key.lower(): value for key, value in headers.items()}
    signed = FORMATS[name].scheme.sign(SECRET, DELIVERY, body, now)
    assert signed == {key: sent[key] for key in signed}


@pytest.mark.parametrize("name", UNSIGNED)
def test_a_format_without_signature_cannot_be_verified(name: str) -> None:
    with pytest.raises(ValueError, match="not signed"):
        verify(SECRET, {}, b"{}", wire_format=name)


def test_an_unknown_format() -> None:
    with pytest.raises(ValueError, match="is one of"):
        verify(SECRET, {}, b"{}", wire_format="nonsense")


@pytest.mark.parametrize("secret", ["", [], ["", SECRET]])
def test_no_secret_verifies_nothing(secret: str | list[str]) -> None:
    with pytest.raises(ValueError, match="no secret"):
        verify(secret, *request_of("standard"))


def test_a_moment_without_a_zone_is_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"type":"x","timestamp":1772445600,"data":{}}'
    headers = FORMATS["standard"].scheme.sign(SECRET, DELIVERY, body, int(time.time()))
    assert verify(SECRET, headers, body).occurred_at == datetime(2026, 3, 2, 10, tzinfo=UTC)


PRIVATE = Ed25519PrivateKey.generate()
RAW = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
PUBLIC = "whpk_" + base64.b64encode(RAW).decode()
BODY = b'{"type":"x","timestamp":"2026-03-02T10:00:00Z","data":{}}'


def signed_publicly(at: int, body: bytes = BODY) -> dict[str, str]:
    content = b"msg_1.%d.%b" % (at, body)
    signature = base64.b64encode(PRIVATE.sign(content)).decode()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1a,{signature}",
    }


def test_a_public_key_verifies_v1a() -> None:
    now = int(time.time())
    assert verify(PUBLIC, signed_publicly(now), BODY).delivery_id == "msg_1"
    assert verify([SECRET, PUBLIC], signed_publicly(now), BODY).delivery_id == "msg_1"
    assert reason(PUBLIC, signed_publicly(now), BODY + b" ") == "mismatch"
    assert reason(PUBLIC, signed_publicly(now - 400), BODY) == "too-old"
    assert reason(SECRET, signed_publicly(now), BODY) == "mismatch"
    broken = signed_publicly(now) | {"webhook-signature": "v1a,*"}
    assert reason(PUBLIC, broken, BODY) == "mismatch"
    good = signed_publicly(now)
    beside = good | {"webhook-signature": f"v1a,* {good['webhook-signature']}"}
    assert verify(PUBLIC, beside, BODY).delivery_id == "msg_1"


def test_a_public_key_is_never_a_secret() -> None:
    """It is public: whoever knows it could sign with it."""
    forged = FORMATS["standard"].scheme.sign(PUBLIC, "msg_1", BODY, int(time.time()))
    assert reason(PUBLIC, forged, BODY) == "mismatch"
    for name in set(SIGNED) - {"standard", "svix", "cloudevents"}:
        forged = FORMATS[name].scheme.sign(PUBLIC, "msg_1", BODY, int(time.time()))
        assert reason(PUBLIC, forged, BODY, wire_format=name) == "mismatch"
