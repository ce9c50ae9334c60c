"""The signature tool: verified, or exactly why not."""

import logging
from collections.abc import Callable

import orjson
import pytest

from tests import factories
from tests.channels.test_formats import DELIVERY, EVENT, SIGNED
from tests.channels.test_verify import TIMED
from tests.web.conftest import Person
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.inbox.signature_tool import Diagnosis, diagnose
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation

BODY = b'{"type":"lead.captured","data":{"name":"Zo\xc3\xab","n":1.0}}'
NOW = 1_800_000_000
KEY = factories.SECRET.removeprefix("whsec_")
PATH = "/tools/signature"


def ask(body: bytes = BODY, secret: str = factories.SECRET, **more: object) -> Diagnosis:
    """The tool's result for a request that was just sent as `BODY` and pasted as given."""
    headers = factories.signed(BODY, at=NOW) | dict(more.pop("headers", {}))  # type: ignore[call-overload]
    return diagnose(secret, headers, body, int(more.pop("now", NOW)), **more)  # type: ignore[call-overload,arg-type]


def test_what_is_right_verifies() -> None:
    result = ask()
    assert result.verdict.verified
    assert result.hints == []
    assert result.expected == result.offered
    assert result.signed_content == f"msg_1.{NOW}.{BODY.decode()}"


@pytest.mark.parametrize(
    ("pasted", "hint"),
    [
        (BODY + b"\n", "no line break or space at its ends"),
        (orjson.dumps(orjson.loads(BODY), option=orjson.OPT_INDENT_2), "no spaces or line breaks"),
        (BODY.replace(b":", b": "), "no spaces or line breaks"),
    ],
)
def test_a_body_that_was_laid_out_anew_is_found_out(pasted: bytes, hint: str) -> None:
    result = ask(pasted)
    assert result.verdict.verified is False
    [said] = result.hints
    assert said.startswith("It would verify if")
    assert hint in said


@pytest.mark.parametrize(
    "sent", [BODY + b"\n", b'{"a": 1, "b": [2]}', b'{\n  "a": 1\n}', b"a\r\nb"]
)
def test_it_finds_how_the_body_was_sent(sent: bytes) -> None:
    pasted = sent.replace(b"\r\n", b"\n").rstrip(b"\n")
    if sent.startswith(b"{"):
        pasted = orjson.dumps(orjson.loads(sent))
    result = diagnose(factories.SECRET, factories.signed(sent, at=NOW), pasted, NOW)
    assert result.verdict.verified is False
    assert result.hints[0].startswith("It would verify if")


@pytest.mark.parametrize("name", SIGNED)
def test_it_signs_as_each_format_does_and_knows_when_that_was(name: str) -> None:
    sent = FORMATS[name].headers([factories.SECRET], DELIVERY, NOW, BODY, EVENT)
    headers = {key.lower(): value for key, value in sent.items()}
    right = diagnose(factories.SECRET, headers, BODY, NOW)
    assert right.verdict.verified
    assert (right.expected, right.hints) == (right.offered, [])
    assert right.signed_content.endswith(BODY.decode())
    wrong = diagnose("whsec_" + "B" * 32, headers, BODY, NOW)
    assert (wrong.verdict.verified, wrong.expected != wrong.offered) == (False, True)
    if name in TIMED:
        assert str(NOW) in right.signed_content
        [hint] = diagnose(factories.SECRET, headers, BODY, NOW + 720).hints
        assert "12 minutes ago" in hint


@pytest.mark.parametrize("family", ["webhook", "svix"])
@pytest.mark.parametrize("missing", ["id", "timestamp"])
def test_without_the_id_or_the_time_there_is_nothing_to_sign(family: str, missing: str) -> None:
    format_ = FORMATS["standard" if family == "webhook" else family]
    headers = format_.headers([factories.SECRET], DELIVERY, NOW, BODY, EVENT)
    del headers[f"{family}-{missing}"]
    result = diagnose(factories.SECRET, headers, BODY, NOW)
    assert result.verdict.why == f"The header {family}-{missing} is missing."
    assert (result.signed_content, result.expected) == ("", "")


def test_a_prefix_that_is_missing_is_found_out() -> None:
    assert ask(secret=KEY).hints == ["It would verify if the secret had whsec_ before it."]
    text_as_key = factories.signed(BODY, KEY, at=NOW)
    assert ask(headers=text_as_key).hints == [
        "It would verify if the secret was used without whsec_."
    ]


def test_two_mistakes_at_once_are_found_out() -> None:
    [hint] = ask(BODY + b"\n", secret=KEY).hints
    assert "whsec_ before it and the body had no line break" in hint


def test_an_old_request_is_told_from_a_wrong_one() -> None:
    old = ask(now=NOW + 720)
    assert old.verdict.verified is False
    assert old.hints == [
        "The signature itself is right, but it was made 12 minutes ago; 5 minutes are allowed."
    ]
    both = ask(BODY + b"\n", now=NOW - 720)
    assert "no line break" in both.hints[0]
    assert "12 minutes in the future" in both.hints[1]


def test_another_secret_is_not_explained_away() -> None:
    result = ask(secret="whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    assert "mismatch" in result.verdict.why
    assert result.hints[0].startswith("None of the usual mistakes")
    assert result.expected != result.offered


def test_what_is_missing_is_named() -> None:
    headers = factories.signed(BODY, at=NOW)
    del headers["webhook-id"]
    result = diagnose(factories.SECRET, headers, BODY, NOW)
    assert result.verdict.why == "The header webhook-id is missing."
    assert result.signed_content == result.expected == ""
    result = diagnose(factories.SECRET, {"content-type": "application/json"}, BODY, NOW)
    assert result.verdict.verified is None
    result = diagnose(factories.SECRET, {}, BODY, NOW, "standard")
    assert result.verdict.verified is False
    assert "is missing" in result.verdict.why


@pytest.mark.parametrize("secret", ["whsec_%%%", "whsec_a", "é"])
def test_a_secret_that_is_none_breaks_nothing(secret: str) -> None:
    assert ask(secret=secret).verdict.verified is False


@pytest.mark.parametrize("stamp", ["", "soon", "-5", "9" * 5000, "١٢"])
def test_a_timestamp_that_is_none_breaks_nothing(stamp: str) -> None:
    assert ask(headers={"webhook-timestamp": stamp}).verdict.verified is False


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"[" * 100_000, b"9" * 5000, b'"\\ud800"'])
def test_a_body_that_is_no_json_breaks_nothing(body: bytes) -> None:
    assert ask(body).verdict.verified is False


def form(body: bytes = BODY, **more: str) -> dict[str, str]:
    headers = "\n".join(f"{name}: {value}" for name, value in factories.signed(BODY).items())
    return {"secret": factories.SECRET, "headers": headers, "body": body.decode(), **more}


def test_any_member_checks_a_pasted_request(
    person: Callable[..., Person], organisation: Organisation
) -> None:
    viewer = person("viewer", organisation)
    assert "Detect from the headers" in viewer.get(PATH).text
    page = viewer.post(PATH, **form())
    assert page.status_code == 200
    assert "</span> verified</span>" in page.text
    assert "<!doctype html>" in page.text
    assert "</span> not verified</span>" in viewer.post(PATH, **form(BODY + b" ")).text


def test_line_ends_of_a_browser_are_those_that_were_pasted(owner: Person) -> None:
    sent = b'{\n  "a": 1\n}'
    headers = "\r\n".join(f"{n}: {v}" for n, v in factories.signed(sent).items())
    typed = form(headers=headers) | {"body": sent.decode().replace("\n", "\r\n")}
    assert "</span> verified</span>" in owner.post(PATH, **typed).text


def test_htmx_is_given_the_result_alone(owner: Person) -> None:
    data = {"csrf_token": owner.token, **form()}
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
    fragment = owner.client.post(PATH, data=data, headers=headers)
    assert fragment.text.lstrip().startswith('<section id="result"')
    data["secret"] = ""
    refused = owner.client.post(PATH, data=data, headers=headers)
    assert refused.status_code == 422
    assert 'href="#secret"' in refused.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("secret", " "),
        ("secret", "x" * 2000),
        ("headers", ""),
        ("headers", "no colon here"),
        ("wire_format", "morse"),
        ("body", "x" * 300_000),
    ],
)
def test_what_cannot_be_checked_says_why_and_keeps_what_was_typed(
    owner: Person, field: str, value: str
) -> None:
    page = owner.post(PATH, **(form() | {field: value}))
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text
    assert field == "body" or "lead.captured" in page.text


def test_nothing_of_it_is_logged(owner: Person, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        owner.post(PATH, **form(BODY + b"\n"))
    assert KEY not in caplog.text
    assert "lead.captured" not in caplog.text


def test_the_secret_is_in_no_other_page(owner: Person) -> None:
    owner.post(PATH, **form())
    assert KEY not in owner.get(PATH).text


@pytest.mark.parametrize("line", ["", "POST /hook HTTP/1.1\n", "POST https://a.example/hook\n"])
def test_a_whole_request_may_be_pasted(owner: Person, line: str) -> None:
    now = int(utcnow().timestamp())
    headers = "\n".join(f"{k}: {v}" for k, v in factories.signed(BODY, at=now).items())
    owner.get(PATH)
    pasted = f"{line}{headers}\n\n{BODY.decode()}".replace("\n", "\r\n")
    page = owner.post(PATH, secret=factories.SECRET, headers=pasted, body="", wire_format="")
    assert "The signature is right." in page.text
