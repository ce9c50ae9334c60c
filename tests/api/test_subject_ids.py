"""One rule for ids of subjects: every subject of an event can be reached by its path."""

from urllib.parse import quote

from tests.api.conftest import Api

GOOD = ["bot_1", "team/1", "spaces/a/rooms/b", "a/webhooks", "a/webhooks/b", "a/messages", "a b"]
GOOD += ["ü/名", "100%", "a?b#c", "...", "a.", "%2F", "whk_1"]
BAD = ["/", "a/", "/a", "a//b", ".", "..", "a/../b", "./a", "a/.", "a\n", "x" * 201]


def test_a_chatbot_of_which_an_event_came_is_reached(api: Api) -> None:
    for id_ in GOOD:
        assert api.event(chatbot_id=id_).status_code == 202, id_
        base = f"/chatbots/{quote(id_, safe='')}"
        wanted = {"name": "Hook", "url": "https://example.com/", "eventTypes": ["LEAD_CREATED"]}

        made = api.post(f"{base}/webhooks", wanted)

        assert made.status_code == 201, (id_, made.text)
        webhook = made.get_json()["webhook"]["id"]
        listed = api.get(f"{base}/webhooks").get_json()["webhooks"]
        assert [one["id"] for one in listed] == [webhook], id_
        assert api.get(f"{base}/webhooks/{webhook}").get_json()["webhook"]["id"] == webhook
        assert api.patch(f"{base}/webhooks/{webhook}", {"name": "Other"}).status_code == 200
        message = {"conversation_id": f"{id_}/", "role": "visitor", "text": "Hello"}
        assert api.post(f"{base}/messages", message).status_code == 202, id_


def test_an_id_that_a_path_cannot_hold_is_refused_everywhere(api: Api) -> None:
    for id_ in BAD:
        subject = {"type": "chatbot", "id": id_}
        webhook = {"name": "Hook", "url": "https://example.com/", "event_types": ["lead.captured"]}
        for path, body, at in (
            ("/events", {"type": "task.created", "data": {}, "chatbot_id": id_}, "#/chatbot_id"),
            ("/events", {"type": "task.created", "data": {}, "subject": subject}, "#/subject/id"),
            ("/webhooks", {**webhook, "scope": subject}, "#/scope/id"),
        ):
            answer = api.post(path, body)
            assert answer.status_code == 422, (path, id_, answer.text)
            assert answer.get_json()["errors"][0]["pointer"] == at
