"""Ours against the public libraries, both ways."""

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

from webhooks_app.channels.webhook.signatures import (
    BadSignature,
    check_encoded_secret,
    check_secret,
    generate_secret,
    key_of,
    sign_standard,
    verify_standard,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_it_gives_the_signature_of_the_published_example() -> None:
    """The example in the documentation of Standard Webhooks' and Svix's libraries."""
    signature = sign_standard(
        [SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=2000), st.binary(min_size=24, max_size=64))
def test_the_public_libraries_compute_the_same(body: bytes, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    now = int(time.time())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign_standard([secret], "msg_1", now, body),
    }
    text = body.decode(errors="replace").encode()
    headers["webhook-signature"] = sign_standard([secret], "msg_1", now, text)
    moment = datetime.fromtimestamp(now, UTC)
    assert Webhook(secret).sign("msg_1", moment, text.decode()) == headers["webhook-signature"]
    assert SvixWebhook(secret).sign("msg_1", moment, text.decode()) == headers["webhook-signature"]
    verify_standard(secret, headers, text, now)


def headers_of(secrets: list[str], body: bytes, at: int) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(at),
        "webhook-signature": sign_standard(secrets, "msg_1", at, body),
    }


def test_either_secret_verifies_while_one_rotates() -> None:
    old, new = generate_secret(), generate_secret()
    headers = headers_of([new, old], b"{}", 1000)
    verify_standard(old, headers, b"{}", 1000)
    verify_standard(new, headers, b"{}", 1000)
    with pytest.raises(BadSignature, match="wrong secret"):
        verify_standard(generate_secret(), headers, b"{}", 1000)


@pytest.mark.parametrize(
    ("changed", "body", "now", "why"),
    [
        ({}, b"{} ", 1000, "body was altered"),
        ({"webhook-id": "msg_2"}, b"{}", 1000, "mismatch"),
        ({"webhook-timestamp": "1001"}, b"{}", 1001, "mismatch"),
        ({"webhook-timestamp": "soon"}, b"{}", 1000, "not a number"),
        ({"webhook-signature": "v1,"}, b"{}", 1000, "mismatch"),
        ({"webhook-signature": "v1,ü"}, b"{}", 1000, "mismatch"),
        ({}, b"{}", 1301, "5 minutes"),
        ({}, b"{}", 699, "5 minutes"),
    ],
)
def test_what_does_not_verify_says_why(
    changed: dict[str, str], body: bytes, now: int, why: str
) -> None:
    headers = headers_of([SECRET], b"{}", 1000) | changed
    with pytest.raises(BadSignature, match=why):
        verify_standard(SECRET, headers, body, now)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(missing: str) -> None:
    headers = headers_of([SECRET], b"{}", 1000)
    del headers[missing]
    with pytest.raises(BadSignature, match=missing):
        verify_standard(SECRET, headers, b"{}", 1000)


@pytest.mark.parametrize("secret", [SECRET, "my-own-secret", "whsec_123456", "x" * 200])
def test_texts_that_can_be_a_secret(secret: str) -> None:
    assert check_secret(secret) == secret


@pytest.mark.parametrize("secret", ["", "short", "with space in it", "ümlaut-secret", "x" * 201])
def test_texts_that_cannot(secret: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        check_secret(secret)


@pytest.mark.parametrize("size", [24, 64])
def test_bytes_that_can_be_a_secret(size: int) -> None:
    secret = "whsec_" + base64.b64encode(bytes(size)).decode()
    assert check_encoded_secret(secret) == secret


@pytest.mark.parametrize("size", [25, 26, 31, 32, 64])
def test_a_secret_that_lacks_its_padding_gets_it_and_is_the_same_key(size: int) -> None:
    secret = "whsec_" + base64.b64encode(bytes(range(size))).decode()
    bare = secret.rstrip("=")
    assert bare != secret
    assert check_encoded_secret(bare) == secret
    assert key_of(check_encoded_secret(bare)) == bytes(range(size))


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_!!", "whsec_AAAA", "my-own-secret-of-many-characters", SECRET[6:]]
    + ["whsec_" + base64.b64encode(bytes(size)).decode() for size in (23, 65)],
)
def test_bytes_that_cannot(secret: str) -> None:
    with pytest.raises(ValueError, match="bytes"):
        check_encoded_secret(secret)


@pytest.mark.parametrize("secret", ["my-own-secret", "whsec_!", "whsec_ü", "whsec_A"])
def test_a_text_that_encodes_nothing_is_itself_the_key(secret: str) -> None:
    assert key_of(secret) == secret.encode()


def test_made_secrets_differ_and_can_be_used() -> None:
    made = {generate_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(check_encoded_secret(secret) == check_secret(secret) for secret in made)
