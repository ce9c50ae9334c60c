"""What each format sends verifies. A changed request does not, and the reason is given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.channels.test_formats import DELIVERY, EVENT, SIGNED
from webhooks_app.channels.webhook.formats import FORMATS, wire_format
from webhooks_app.channels.webhook.signatures import BadSignature, generate_secret
from webhooks_app.channels.webhook.verify import detect, verify

NOW = 1772445600
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"a":1}'
TIMED = ["standard", "pivotal", "stripe", "svix", "cloudevents"]
ONE_SIGNATURE = ["pivra", "pivotal", "pollybot", "pivot", "inqyra", "github", "shopify"]


def signed(name: str, *secrets: str, body: bytes = BODY) -> dict[str, str]:
    headers = wire_format(name).headers(secrets or (SECRET,), DELIVERY, NOW, body, EVENT)
    return {key.lower(): value for key, value in headers.items()}


@pytest.mark.parametrize("name", SIGNED)
@given(body=st.binary(max_size=500), secret=st.from_regex(r"[!-~]{8,200}", fullmatch=True))
def test_what_is_sent_verifies(name: str, body: bytes, secret: str) -> None:
    verify(name, secret, signed(name, secret, body=body), body, NOW)


@pytest.mark.parametrize("name", SIGNED)
def test_a_changed_body_and_another_secret_do_not(name: str) -> None:
    for secret, body in ((SECRET, BODY + b" "), (generate_secret(), BODY)):
        with pytest.raises(BadSignature, match="wrong secret, or the body was altered"):
            verify(name, secret, signed(name), body, NOW)


@pytest.mark.parametrize("name", SIGNED)
def test_a_changed_or_broken_signature_does_not(name: str) -> None:
    headers, header = signed(name), FORMATS[name].signature_header
    assert header
    value = headers[header]
    swapped = value[:-2] + ("0" if value[-2] != "0" else "1") + value[-1]
    for changed in (swapped, "", "x", "ü", value[:-1], value + "0", ",", "v1,t=1,sig=", "t=,v1="):
        with pytest.raises(BadSignature):
            verify(name, SECRET, {**headers, header: changed}, BODY, NOW)


@pytest.mark.parametrize("name", SIGNED)
def test_a_missing_signature_is_named(name: str) -> None:
    header = FORMATS[name].signature_header
    with pytest.raises(BadSignature, match=f"The header {header} is missing"):
        verify(name, SECRET, {}, BODY, NOW)


@pytest.mark.parametrize("name", TIMED)
def test_an_old_request_says_how_old_it_is(name: str) -> None:
    verify(name, SECRET, signed(name), BODY, NOW + 300)
    for later, said in ((301, "5 minutes ago"), (7200, "2 hours ago"), (90_000, "1 day ago")):
        with pytest.raises(BadSignature, match=said):
            verify(name, SECRET, signed(name), BODY, NOW + later)
    with pytest.raises(BadSignature, match="10 minutes in the future"):
        verify(name, SECRET, signed(name), BODY, NOW - 600)


@pytest.mark.parametrize(
    ("name", "header", "value", "why"),
    [
        ("standard", "webhook-timestamp", "soon", "not a number of seconds"),
        ("standard", "webhook-timestamp", "١٧٧٢٤٤٥٦٠٠", "not a number of seconds"),
        ("standard", "webhook-timestamp", "9" * 5000, "not a number of seconds"),
        ("standard", "webhook-id", "msg_2", "mismatch"),
        ("standard", "webhook-timestamp", str(NOW + 1), "mismatch"),
        ("standard", "webhook-signature", "v1a,abc v2,abc", "does not look like v1,<base64>"),
        ("svix", "svix-timestamp", "soon", "svix-timestamp is not a number of seconds"),
        ("svix", "svix-id", "msg_2", "mismatch"),
        ("svix", "svix-signature", "v1a,abc", "svix-signature does not look like v1,<base64>"),
        ("shopify", "x-shopify-hmac-sha256", "0" * 64, "look like <44 characters of base64>"),
        ("shopify", "x-shopify-hmac-sha256", "A" * 43 + "=", "mismatch"),
        ("pivra", "x-pivra-signature-256", "0" * 64, "does not look like sha256=<64 hex digits>"),
        ("pivot", "x-pivot-signature", "sha256=" + "0" * 64, "look like <64 hex digits>"),
        ("github", "x-hub-signature-256", "sha1=" + "0" * 40, "does not look like sha256="),
        ("inqyra", "x-inqyra-signature", "sha256=" + "0" * 64, "mismatch"),
        ("pivotal", "pivotal-signature", "v2,t=1,sig=x", "does not look like"),
        ("pivotal", "pivotal-signature", "v1,t=soon,sig=x", "not a number of seconds"),
        ("stripe", "stripe-signature", f"t={NOW}", "does not look like"),
        ("stripe", "stripe-signature", "t=1,t=2,v1=x", "does not look like"),
        ("stripe", "stripe-signature", "t=-1,v1=x", "not a number of seconds"),
    ],
)
def test_what_is_malformed_is_told(name: str, header: str, value: str, why: str) -> None:
    with pytest.raises(BadSignature, match=why):
        verify(name, SECRET, {**signed(name), header: value}, BODY, NOW)


@pytest.mark.parametrize("name", TIMED)
def test_the_timestamp_is_part_of_what_is_signed(name: str) -> None:
    headers = {key: value.replace(str(NOW), str(NOW + 1)) for key, value in signed(name).items()}
    with pytest.raises(BadSignature, match="mismatch"):
        verify(name, SECRET, headers, BODY, NOW)


@pytest.mark.parametrize("name", SIGNED)
def test_while_a_secret_rotates_the_newest_verifies_and_the_one_before_where_there_is_room(
    name: str,
) -> None:
    new, old = generate_secret(), generate_secret()
    headers = signed(name, new, old)
    verify(name, new, headers, BODY, NOW)
    if name in ONE_SIGNATURE:
        with pytest.raises(BadSignature):
            verify(name, old, headers, BODY, NOW)
    else:
        verify(name, old, headers, BODY, NOW)


@pytest.mark.parametrize("name", SIGNED)
def test_a_format_is_known_by_its_headers(name: str) -> None:
    assert detect(signed(name)) == name


def test_what_is_not_signed_is_in_no_format() -> None:
    assert detect({}) is None
    assert detect({"content-type": "application/cloudevents+json", "x-signature": "1"}) is None


def test_the_content_type_tells_cloudevents_from_standard() -> None:
    headers = {"webhook-signature": "v1,"}
    assert detect(headers) == "standard"
    json = {"content-type": "application/json; charset=utf-8"}
    cloud = {"content-type": "application/CloudEvents+json; charset=utf-8"}
    assert detect(headers | json) == "standard"
    assert detect(headers | cloud) == "cloudevents"
