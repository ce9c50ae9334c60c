"""Events as messages for people: readable, bounded, and without active markup or mentions."""

import json
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.channels.test_formats import EVENT
from webhooks_app.channels.readable import cut, units
from webhooks_app.channels.webhook.formats import FORMATS, wire_format
from webhooks_app.channels.webhook.formats.people import Fact, facts_of
from webhooks_app.channels.webhook.signatures import BadSignature
from webhooks_app.channels.webhook.verify import verify

CHATS = ["slack", "discord", "teams"]
TEXT = st.text(max_size=600)
DATA = st.dictionaries(
    TEXT,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
        max_leaves=40,
    ),
    max_size=40,
)


def facts(data: object) -> list[Fact]:
    return facts_of(msgspec.structs.replace(EVENT, data=json.dumps(data).encode()))


def message(name: str, data: object, event_type: str = "lead.captured") -> Any:
    view = msgspec.structs.replace(EVENT, type=event_type, data=json.dumps(data).encode())
    return orjson.loads(wire_format(name).envelope(view))


def texts(node: Any, keys: tuple[str, ...]) -> list[str]:
    """All texts under these keys, however deep."""
    if isinstance(node, list):
        return [text for one in node for text in texts(one, keys)]
    if not isinstance(node, dict):
        return []
    own = [value for key, value in node.items() if key in keys and isinstance(value, str)]
    return own + [text for value in node.values() for text in texts(value, keys)]


def test_fields_are_told_in_words_with_ids_last() -> None:
    assert facts(
        {
            "id": "lead_1",
            "name": "Maya",
            "customFields": {"team_size": 12, "paid": True},
            "tags": ["a", "b"],
            "items": [{"sku": 1}, {"sku": 2}],
            "nothing": None,
            "blank": "  ",
            "conversation_id": "c1",
        }
    ) == [
        ("Name", "Maya"),
        ("Custom fields team size", "12"),
        ("Custom fields paid", "Yes"),
        ("Tags", "a, b"),
        ("Items", "2 items"),
        ("Id", "lead_1"),
        ("Conversation id", "c1"),
    ]


def test_numbers_stay_as_they_were_written() -> None:
    view = msgspec.structs.replace(EVENT, data=b'{"price":1.50,"n":123456789012345678901234567890}')
    assert facts_of(view) == [("Price", "1.50"), ("N", "123456789012345678901234567890")]


def test_what_cannot_be_seen_or_turns_texts_around_is_left_out() -> None:
    assert facts({"a": "x\u202eexe.\x00pdf\x1b[31m"}) == [("A", "x exe. pdf [31m")]
    assert facts({"a": "\u200b", "b": "\ufeff \u00a0"}) == []
    view = msgspec.structs.replace(EVENT, data=b'{"a":"\\ud800!"}')
    assert facts_of(view) == [("A", "?!")]


def test_of_many_fields_the_first_are_shown_and_that_there_are_more() -> None:
    many = facts({f"field_{n}": n for n in range(1000)})
    assert many[0] == ("Field 0", "0")
    assert len(many) == 21
    assert many[-1][0] == "More"


@given(st.text(max_size=50), st.integers(1, 60))
def test_a_cut_text_is_no_longer_than_it_may_be(text: str, most: int) -> None:
    text = text.encode(errors="replace").decode()
    assert units(cut(text, most)) <= most
    if units(text) <= most:
        assert cut(text, most) == text


@given(DATA)
def test_slack_messages_keep_to_slacks_limits(data: dict[str, Any]) -> None:
    sent = message("slack", data)
    assert 1 <= len(sent["text"]) <= 4000
    assert len(sent["blocks"]) <= 50
    assert all(len(block.get("fields", [None])) in range(1, 11) for block in sent["blocks"])
    assert all(1 <= units(text) <= 2000 for text in texts(sent["blocks"], ("text",)))
    assert units(sent["blocks"][0]["text"]["text"]) <= 150


@given(DATA)
def test_discord_messages_keep_to_discords_limits(data: dict[str, Any]) -> None:
    [embed] = message("discord", data)["embeds"]
    assert units(embed["title"]) <= 256
    assert len(embed["fields"]) <= 25
    assert all(1 <= units(field["name"]) <= 256 for field in embed["fields"])
    assert all(1 <= units(field["value"]) <= 1024 for field in embed["fields"])
    assert units("".join(texts(embed, ("title", "name", "value", "text")))) <= 6000


@given(DATA)
def test_teams_messages_keep_to_teams_limit(data: dict[str, Any]) -> None:
    sent = orjson.dumps(message("teams", data))
    assert len(sent) <= 28_000
    assert len(sent.decode().encode("utf-16-le")) <= 28_000


@pytest.mark.parametrize("name", CHATS)
@pytest.mark.parametrize("character", ["漢", '"', "a", "<", "😀", "\n"])
def test_the_longest_texts_fit(name: str, character: str) -> None:
    data = {f"{character * 100}{n}": character * 10_000 for n in range(30)}
    sent = orjson.dumps(message(name, data, "#" * 200))
    assert len(sent) <= 28_000 or name == "slack"
    if name == "discord":
        [embed] = orjson.loads(sent)["embeds"]
        assert units(embed["title"]) <= 256
        assert units("".join(texts(embed, ("title", "name", "value", "text")))) <= 6000


def test_in_slack_nothing_mentions_anyone_or_is_markup() -> None:
    sent = message("slack", {"<!channel>": "<!everyone> <@U1> <https://x|y> & *bold*"})
    for text in texts(sent, ("text",)):
        assert "<" not in text
        assert ">" not in text
    kinds = set(texts(sent["blocks"], ("type",)))
    assert kinds == {"header", "section", "context", "plain_text"}
    assert sent["mrkdwn"] is False


def test_in_discord_nothing_mentions_anyone_or_is_markup() -> None:
    sent = message("discord", {"a": "@everyone <@1> **b** _i_ `c` ||s|| [t](u)\n# h\n- l\n> q"})
    assert sent["allowed_mentions"] == {"parse": []}
    [field] = sent["embeds"][0]["fields"]
    assert field["value"] == (
        r"\@everyone \<\@1\> \*\*b\*\* \_i\_ \`c\` \|\|s\|\| \[t\]\(u\)"
        "\n"
        r"\# h"
        "\n"
        r"\- l"
        "\n"
        r"\> q"
    )


def test_in_discord_links_stay_links() -> None:
    sent = message("discord", {"a": "see https://x.example/a_b-c?d=1#e, my_file"})
    [field] = sent["embeds"][0]["fields"]
    assert field["value"] == r"see https://x.example/a_b-c?d=1#e, my\_file"


def test_in_teams_texts_are_runs_which_know_no_markdown() -> None:
    sent = message("teams", {"a": "**b** [t](javascript:x) <at>all</at>"})
    [attachment] = sent["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    kinds = {block["type"] for block in attachment["content"]["body"]}
    assert kinds == {"RichTextBlock"}
    assert "**b** [t](javascript:x) <at>all</at>" in texts(sent, ("text",))


@pytest.mark.parametrize("name", CHATS)
def test_a_message_without_fields_is_a_message(name: str) -> None:
    assert "Lead captured" in orjson.dumps(message(name, {})).decode()


@pytest.mark.parametrize("name", CHATS)
def test_messages_are_not_signed_and_say_so(name: str) -> None:
    assert FORMATS[name].signature_header is None
    with pytest.raises(BadSignature, match=f"{FORMATS[name].label} messages are not signed"):
        verify(name, "secret-secret", {}, b"{}", 0)
