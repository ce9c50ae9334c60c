"""Objects that the examples of the API's document can be about."""

import json
import re
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import Any

Post = Callable[[str, object], Any]

CHATBOT_WEBHOOK = {
    "name": "CRM",
    "url": "https://crm.example.com/hooks",
    "eventTypes": ["LEAD_CREATED"],
}
WEBHOOK = {"name": "CRM", "url": CHATBOT_WEBHOOK["url"], "event_types": ["lead.captured"]}
TYPE = {"name": "order.paid", "sample": {"id": "ord_1"}}


def existing(post: Post, path: str) -> Mapping[str, str]:
    """The ids in the examples, and those of new objects to replace them.

    `post` makes an object below `/api/v1` and returns its JSON; `path` is what they are for. What
    no request can make is in `factories.example_rows`.
    """
    post("/event-types", TYPE)
    more = {}
    if "api-keys" in path:
        made = post("/api-keys", {"name": "Other", "preset": "read"})
        more["key_06gvpml7cj579nme4baogimovo"] = made["id"]
    if "invitations" in path:
        made = post("/invitations", {"email": f"{token_hex(4)}@example.com"})
        more["inv_06gvpml7cj579nme4baogimovo"] = made["id"]
        more["grace@"] = f"{token_hex(4)}@"
    if "listeners" in path:
        made = post("/listeners", {"url": "http://localhost:3000/", "key": token_hex(4)})
        more["whk_06gvpml7cj579nme4baogimovo"] = made["id"]
        more["lss_06gvpml7cj579nme4baogimovo"] = made["session"]
    webhook = (
        post("/chatbots/bot_1/webhooks", CHATBOT_WEBHOOK)["webhook"]
        if "chatbots" in path
        else post("/webhooks", WEBHOOK)
    )
    action_id = post("/actions", WEBHOOK)["id"]
    delivery = post(f"/webhooks/{webhook['id']}/test", {"event_type": "lead.captured"})
    event_id = post("/events", {"type": "lead.captured", "data": {"name": "Ada"}})["id"]
    replay_id = post("/replays", {"delivery_ids": [delivery["id"]]})["id"]
    return {
        "evt_06gvpml7cj579nme4baogimovo": event_id,
        "rpl_06gvpml7cj579nme4baogimovo": replay_id,
        "whk_06gvpml7cj579nme4baogimovo": webhook["id"],
        "msg_06gvpml7cj579nme4baogimovo": delivery["id"],
        "act_06gvpml7cj579nme4baogimovo": action_id,
        **more,
    }


def made_real(text: str, ids: Mapping[str, str]) -> str:
    for shown, real in ids.items():
        text = text.replace(shown, real)
    return text


def example_request(
    document: Mapping[str, Any], path: str, method: str, post: Post
) -> tuple[str, Any]:
    """A path and a body that the operation accepts; None for no body."""
    operation = document["paths"][path][method]
    examples = {
        one["name"]: one["schema"]["examples"][0]
        for one in operation.get("parameters", ())
        if one.get("in") == "path"
    }
    ids = existing(post, path)
    body = made_real(json.dumps(example_body(document, operation)), ids)
    if (path, method) == ("/event-types", "post"):
        body = body.replace(str(TYPE["name"]), f"order.a{token_hex(4)}")
    return made_real(path.format_map(examples), ids), json.loads(body)


def example_body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Any:
    if "requestBody" not in operation:
        return None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    [name] = re.findall(r"\w+$", schema.get("anyOf", [schema])[0]["$ref"])
    return document["components"]["schemas"][name]["examples"][0]
