"""/simulator: a conversation acted out by hand, and what follows."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.support.receiver import Receiver
from tests.web.conftest import Person
from webhooks_app.chat import service as chat
from webhooks_app.chat.service import ReportedMessage, Speaker
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Conversation, Event, Organisation, Subject

HTMX = {"HX-Request": "true"}


@pytest.fixture
def played(owner: Person) -> str:
    """The path of a conversation in which the visitor has written `Hello`."""
    owner.get("/simulator/")
    response = owner.post("/simulator/", chatbot_id="bot_1", role="visitor", text="Hello")
    assert response.status_code == 302, response.text
    return response.headers["Location"]


def say(who: Person, path: str, text: str, role: str = "visitor") -> TestResponse:
    return who.post(f"{path}/messages", role=role, text=text)


def types() -> list[str]:
    with Session(db.engine) as session:
        return sorted(session.scalars(select(Event.type)))


def text_of(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def written_in(response: TestResponse) -> str:
    """The message in the form. HTML ignores the line break that a text area begins with."""
    [text] = re.findall(r"<textarea [^>]*>\r\n(.*?)</textarea>", response.text, re.DOTALL)
    return str(text)


def test_the_events_of_each_message_are_shown_beside_it(owner: Person, played: str) -> None:
    say(owner, played, "I am ada@example.com. Can I talk to a person?")
    say(owner, played, "One moment.", "assistant")
    say(owner, played, "Hello, this is Eve.", "agent")
    page = text_of(owner.get(played).text)
    lines = re.split(r"(?:Visitor|AI|Person) \d", page.partition("Conversation Visitor")[2])
    assert "conversation.started" in lines[0]
    assert "lead.captured" in lines[1]
    assert "escalation.requested" in lines[1]
    assert "message.received" in lines[2]
    assert "no event" in lines[3]
    assert len(types()) == 4


def test_deliveries_are_shown_with_their_state_until_they_have_arrived(
    owner: Person,
    played: str,
    organisation: Organisation,
    receiver: Receiver,
    drain: Callable[[], None],
) -> None:
    factories.webhook(organisation, receiver.url, name="The CRM")
    say(owner, played, "ada@example.com")
    waiting = owner.get(played).text
    assert "The CRM" in waiting
    assert "pending" in waiting
    fragment = owner.client.get(played, headers=HTMX).text
    assert "<html" not in fragment
    assert 'hx-trigger="every 2s"' in fragment
    drain()
    fragment = owner.client.get(played, headers=HTMX).text
    assert "delivered" in fragment
    assert "hx-trigger" not in fragment.partition("<ol")[0]
    [request] = receiver.received
    assert b"ada@example.com" in request.body


def test_half_an_hour_passes_at_once_and_the_conversation_really_ends(
    owner: Person, played: str
) -> None:
    response = owner.post(f"{played}/silence")
    assert response.status_code == 302
    page = owner.get(played).text
    assert "Half an hour passes" in page
    assert "conversation.ended" in page
    assert "Skip 30 minutes" not in page
    chat.end_idle(utcnow())
    assert types() == ["conversation.ended", "conversation.started"]
    assert owner.post(f"{played}/silence").status_code == 409
    say(owner, played, "Still there?")
    assert "Skip 30 minutes" in owner.get(played).text
    owner.post(f"{played}/silence")
    assert types().count("conversation.ended") == 2


def test_nothing_ends_before_the_visitor_wrote(owner: Person) -> None:
    owner.get("/simulator/")
    path = owner.post("/simulator/", chatbot_id="b", role="assistant", text="Hi").headers[
        "Location"
    ]
    assert "Skip 30 minutes" not in owner.get(path).text
    assert owner.post(f"{path}/silence").status_code == 409


def test_with_htmx_the_conversation_and_an_empty_form_come_back(owner: Person, played: str) -> None:
    form = {"csrf_token": owner.token, "role": "visitor", "text": "Are you there?"}
    response = owner.client.post(f"{played}/messages", data=form, headers=HTMX)
    assert response.status_code == 200
    assert response.text.lstrip().startswith('<div id="talk">')
    assert "Are you there?" in response.text
    assert written_in(response) == ""
    form = {"csrf_token": owner.token, "text": "Half a thought"}
    response = owner.client.post(f"{played}/silence", data=form, headers=HTMX)
    assert "conversation.ended" in response.text
    assert written_in(response) == "Half a thought"


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"role": "visitor", "text": "  "}, "Enter a message"),
        ({"role": "visitor"}, "Enter a message"),
        ({"role": "robot", "text": "Hi"}, "Choose who"),
        ({"role": "visitor", "text": "x" * 16385}, "are allowed"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    owner: Person, played: str, headers: dict[str, str], fields: dict[str, str], word: str
) -> None:
    data = {"csrf_token": owner.token, **fields}
    response = owner.client.post(f"{played}/messages", data=data, headers=headers)
    assert response.status_code == 422
    assert word in response.text
    assert 'aria-describedby="text-error" aria-invalid="true"' in response.text
    assert written_in(response) == fields.get("text", "")
    assert types() == ["conversation.started"]


def test_a_conversation_needs_a_chatbot(owner: Person) -> None:
    owner.get("/simulator/")
    response = owner.post("/simulator/", chatbot_id=" ", role="visitor", text="Hello")
    assert response.status_code == 422
    described = 'aria-describedby="chatbot_id-help chatbot_id-error" aria-invalid="true"'
    assert response.text.count(described) == response.text.count("aria-invalid") == 1
    assert written_in(response) == "Hello"
    assert types() == []


def test_all_that_is_wrong_with_a_new_conversation_is_said_at_once(owner: Person) -> None:
    owner.get("/simulator/")
    response = owner.post("/simulator/", chatbot_id="../x", role="visitor", text=" ")
    assert response.status_code == 422
    assert "Enter a message" in response.text
    for name in ("chatbot_id", "text"):
        assert f'id="{name}-error"' in response.text
    assert 'value="../x"' in response.text
    assert types() == []


def test_what_is_typed_is_shown_as_text(owner: Person, played: str) -> None:
    say(owner, played, "<script>alert(1)</script> and NUL \0")
    page = owner.get(played).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_it_says_which_mode_it_writes_to_and_shows_those_of_that_mode(
    owner: Person, played: str
) -> None:
    assert "You are in live mode" in owner.get("/simulator/").text
    assert played in owner.get("/simulator/").text
    owner.go_to("test")
    assert "You are in test mode" in owner.get("/simulator/").text
    assert played not in owner.get("/simulator/").text
    assert owner.get(played).status_code == 404


def test_named_chatbots_are_suggested(owner: Person, organisation: Organisation) -> None:
    named = Subject(
        organisation_id=organisation.id,
        type="chatbot",
        id="bot_sales",
        name="Sales",
        created_at=utcnow(),
    )
    db.session.add(named)
    db.session.commit()
    page = owner.get("/simulator/").text
    assert '<option value="bot_sales">Sales</option>' in page
    assert re.search('<input [^>]*list="chatbots" [^>]*value="bot_sales"', page)


def test_real_conversations_are_not_played_with(owner: Person, organisation: Organisation) -> None:
    message = ReportedMessage("c1", Speaker.VISITOR, "Hello", utcnow())
    tenant = factories.tenant(organisation)
    db.session.commit()
    chat.hear(tenant, "bot_1", [message], message.at)
    with Session(db.engine) as session:
        path = f"/simulator/{session.scalars(select(Conversation.id)).one()}"
    assert owner.get(path).status_code == 404
    assert say(owner, path, "Hi").status_code == 404
    assert owner.post(f"{path}/silence").status_code == 404


def test_viewers_look_on(
    person: Callable[..., Person], organisation: Organisation, played: str
) -> None:
    viewer = person("viewer", organisation)
    assert "Send as visitor" not in viewer.get(played).text
    assert "Send as visitor" not in viewer.get("/simulator/").text
    assert say(viewer, played, "Hi").status_code == 403
    assert types() == ["conversation.started"]
