"""/settings/chat: what to listen for."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests import factories
from tests.web.conftest import Person
from webhooks_app.chat import service as chat
from webhooks_app.chat.service import ReportedMessage, Speaker
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ChatSettings, Organisation

PATH = "/settings/chat/"
FORM = {"escalation": "", "appointment": "", "region": "", "regions": "", "sample": ""}


def save(who: Person, **fields: str) -> TestResponse:
    who.get(PATH)
    return who.post(PATH, **FORM | {"save": "Save"} | fields)


def try_out(who: Person, **fields: str) -> TestResponse:
    who.get(PATH)
    return who.post(PATH, **FORM | {"try_out": "Try it"} | fields)


def derived(organisation: Organisation, text: str, chatbot: str = "bot_1") -> list[str]:
    message = ReportedMessage(f"c-{chatbot}", Speaker.VISITOR, text, utcnow())
    tenant = factories.tenant(organisation)
    db.session.commit()
    [heard] = chat.hear(tenant, chatbot, [message], message.at)
    return [event.type for event in heard.events][1:]


def stored() -> int:
    db.session.rollback()
    return db.session.query(ChatSettings).count()


def test_it_begins_with_the_defaults(owner: Person) -> None:
    page = owner.get(PATH).text
    assert "human|person" in page
    assert "appointment|meeting" in page
    assert "SE (+46)" in page


def test_what_is_saved_is_listened_for(owner: Person, organisation: Organisation) -> None:
    settings: dict[str, Any] = {
        "escalation": "mensch\r\n\r\n  echte person  ",
        "appointment": "termin",
        "region": "DE",
        "regions": "bot_2 se\nbot 3 NO",
    }
    assert save(owner, **settings).status_code == 302
    save(owner, **settings)
    assert owner.get("/audit-log/").text.count(">Chat settings changed</td>") == 1
    page = owner.get(PATH).text
    assert ">\r\nmensch\necho" not in page
    assert "mensch\nechte person</textarea>" in page
    assert "bot 3 NO\nbot_2 SE</textarea>" in page
    text = "Einen Termin mit einer ECHTEN PERSON, bitte: 0701234567"
    assert derived(organisation, text.replace("EINER", "")) == ["appointment.requested"]
    swedish = derived(organisation, "Ein Mensch! 0701234567", "bot_2")
    assert swedish == ["lead.captured", "escalation.requested"]
    assert save(owner).status_code == 302
    assert derived(organisation, "Termin, human, 0701234567", "bot_4") == []


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("escalation", "fine\n(", "Line 2 is not a valid pattern"),
        ("escalation", "a)(b", "Line 1 is not a valid pattern"),
        ("escalation", "(a{1000}){1000}", "Line 1 is not a valid pattern"),
        ("appointment", r"(a)\1", "Line 1 is not a valid pattern"),
        ("appointment", "x" * 301, "Line 1 has more than 300"),
        ("appointment", "a\0", "Line 1 has a control character"),
        ("appointment", "\n".join("x" * 51), "at most 50"),
        ("region", "XX", "valid"),
        ("regions", "bot_1", "Line 1 has no country"),
        ("regions", "bot_1 SE\nbot_2 Sweden", "Line 2 has no country"),
        ("regions", f"{'x' * 201} SE", "Line 1: The id must have"),
        ("regions", "b SE\n" * 201, "at most 200"),
    ],
)
@pytest.mark.parametrize("send", [save, try_out])
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    owner: Person, send: Callable[..., TestResponse], field: str, value: str, word: str
) -> None:
    other = "appointment" if field == "escalation" else "escalation"
    response = send(owner, **{field: value, other: "kept as typed"})
    assert response.status_code == 422
    assert word in response.text.partition(f'id="{field}-error"')[2]
    assert "kept as typed" in response.text
    assert stored() == 0


def test_a_message_is_tried_out_on_what_is_typed_and_nothing_is_saved(owner: Person) -> None:
    response = try_out(
        owner, escalation="mensch", region="SE", sample="MENSCH, 0701234567, ada@example.com"
    )
    assert response.status_code == 200
    assert "✓ asks for a human, by <code>mensch</code>" in response.text
    assert "– does not ask for an appointment" in response.text
    assert "<code>ada@example.com</code> <code>+46 70 123 45 67</code>" in response.text
    assert "0701234567, ada@example.com" in response.text
    assert stored() == 0


def test_viewers_look_and_do_not_change(
    person: Callable[..., Person], organisation: Organisation
) -> None:
    viewer = person("viewer", organisation)
    assert "disabled>" in viewer.get(PATH).text
    assert save(viewer).status_code == 403
    assert try_out(viewer).status_code == 403
    assert stored() == 0


def test_each_organisation_has_its_own(
    owner: Person, organisation: Organisation, person: Callable[..., Person]
) -> None:
    save(owner, escalation="mensch")
    assert "mensch" not in person("outsider").get(PATH).text
