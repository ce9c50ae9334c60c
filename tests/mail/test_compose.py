"""E-mails of actions, byte for byte as they leave us."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from tests.support.claimed import claimed
from webhooks_app.channels.email.fields import fields_of
from webhooks_app.channels.email.mime import Email, as_bytes
from webhooks_app.channels.email.unsubscribe import Unsubscribing
from webhooks_app.lib.times import zone_named
from webhooks_app.mail.compose import About, MailAction, MailContext, compose
from webhooks_app.mail.subject_template import check_subject, filled_in
from webhooks_app.matching.view import View

GOLDEN = Path(__file__).parents[1] / "golden" / "emails" / "event"
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DATA = {
    "conversation_id": "conv_xyz",
    "custom_fields": {"favourite_colour": "<green>", "callback_at": "2026-03-03T15:30:00Z"},
    "message": "Please call me.\nI am at home after five.",
    "company": "Böhm & Söhne",
    "phone": "0412 345 678",
    "email": "alice@example.com",
    "name": "Alice Smith",
    "budget": 1500.50,
    "newsletter": False,
    "nothing": None,
}
DESK = MailContext(
    sender="Hookline <hookline@example.com>",
    site_url="https://hooks.example.com",
    brand="Hookline",
    unsubscribing=Unsubscribing("a key for tests only"),
)
ABOUT = About(
    organisation="Acme <Pty> Ltd",
    zone=ZoneInfo("Europe/Berlin"),
    test=False,
    mode="live",
    created_at=AT + timedelta(seconds=2),
    members=frozenset(["team@example.com"]),
)


def composed(
    data: dict[str, Any] | None = None, about: About = ABOUT, subject: str | None = None
) -> list[Email]:
    action = MailAction(
        id="act_06gvq3m4q7ft1h8eghb2th9ln2",
        name="Tell the team",
        to=("team@example.com", "boss@example.com"),
        subject=subject,
    )
    event = claimed(
        subscription_id=action.id,
        occurred_at=AT,
        subject_type="chatbot",
        subject_id="bot_7",
        data=orjson.dumps(DATA if data is None else data).decode(),
    )
    return compose(action, event, about, DESK)


def test_a_mail_of_an_event_looks_as_it_should() -> None:
    member, outsider = composed()
    assert outsider.subject == (GOLDEN / "subject.txt").read_text()
    assert outsider.text == (GOLDEN / "body.txt").read_text()
    assert outsider.html == (GOLDEN / "body.html").read_text()
    assert member.unsubscribe == ""
    assert member.reply_to == "alice@example.com"


@pytest.mark.parametrize("index", [0, 1])
def test_the_same_event_is_the_same_bytes(index: int) -> None:
    name = ("member.eml", "outsider.eml")[index]
    assert as_bytes(composed()[index]) == (GOLDEN / name).read_bytes()


def test_every_line_can_be_sent() -> None:
    long = composed({"name": "x" * 3000, "email": "a@example.com", "text": "ü" * 5000})
    for letter in long:
        lines = as_bytes(letter).split(b"\r\n")
        assert max(map(len, lines)) <= 998
        assert all(line.isascii() for line in lines)


@pytest.mark.parametrize("data", [{}, {"lead": None}, {"lead": {"email": 7}}, {"email": [1]}])
def test_an_event_that_says_little_is_a_mail_too(data: dict[str, Any]) -> None:
    letter = composed(data)[0]
    assert letter.subject == "Lead captured"
    assert letter.reply_to == ""
    as_bytes(letter)


@pytest.mark.parametrize(
    ("data", "address"),
    [
        ({"email": "a@example.com", "visitor": {"email": "b@example.com"}}, "a@example.com"),
        ({"email": "none", "lead": {"email": "c@example.com"}}, "c@example.com"),
        ({"text": "A human, please", "visitor": {"email": "b@example.com"}}, "b@example.com"),
        ({"visitor": "b@example.com"}, ""),
    ],
)
def test_an_answer_goes_to_the_lead_wherever_the_address_is(
    data: dict[str, Any], address: str
) -> None:
    assert composed(data)[0].reply_to == address


def test_a_phone_number_with_an_extension_can_be_called() -> None:
    [field] = fields_of("lead.captured", '{"phone":"+1 212-555-0147 ext. 5"}', UTC)
    assert field.link == "tel:+12125550147;ext=5"


def test_an_event_with_very_much_in_it_is_cut() -> None:
    fields = fields_of("lead.captured", orjson.dumps({f"f{n}": n for n in range(99)}).decode(), UTC)
    assert len(fields) == 61
    assert fields[-1].label == "More"


@pytest.mark.parametrize("url", ["https://a.example/\r\nBcc: b@example.com", "https://a.example/ü"])
def test_a_link_cannot_break_out_of_its_header(url: str) -> None:
    letter = Email("mai_1", "a@b.co", "c@d.co", "Hi", "text", "html", AT, unsubscribe=url)
    with pytest.raises(ValueError, match="header"):
        as_bytes(letter)


@pytest.mark.parametrize(
    ("template", "subject"),
    [
        ("{{ data.name }}", "Alice"),
        ("{{lead.name}} {{ subject.id }} {{ missing }}", "Alice bot_7 "),
        ("{{ data.tags.1 }} {{ data.tags }} {{ data }}", "b  "),
        ("{% raw %} ${x} %s {0}", "{% raw %} ${x} %s {0}"),
    ],
)
def test_a_subject_holds_fields_and_nothing_more(template: str, subject: str) -> None:
    event = {
        "type": "lead.captured",
        "subject": {"type": "chatbot", "id": "bot_7"},
        "data": {"name": "Alice", "tags": ["a", "b"]},
    }
    check_subject(template)
    assert filled_in(template, View(event)) == subject


@pytest.mark.parametrize(
    "template",
    ["{{ 7 * 7 }}", "{{ data.name", "{{ name.__class__() }}", "a\r\nBcc: b@c.de", "{{ a }}" * 11],
)
def test_a_subject_that_wants_more_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"subject|field"):
        check_subject(template)


def test_a_time_zone_that_nobody_knows_is_utc() -> None:
    assert zone_named("Mars/Olympus") is UTC
    assert zone_named("../etc/passwd") is UTC


def test_what_is_written_can_be_read_by_everyone() -> None:
    for letter in composed({"name": ". \n.\nFrom me = ü \t", "email": "a@example.com"}):
        message = message_from_bytes(as_bytes(letter), policy=default)
        assert isinstance(message, EmailMessage)
        assert message.defects == []
        assert message["Subject"] == letter.subject
        for kind, text in (("plain", letter.text), ("html", letter.html)):
            body = message.get_body((kind,))
            assert body
            assert body.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
